import { VerificationError } from './errors.js';
import type { Case, Measurement, Sample, Scale } from './measurement.js';
import { median, type Summary, summarize } from './statistics.js';

/** What is known of one case after its runs. */
export interface CaseResult {
  readonly name: string;
  /** Items a second. */
  readonly rate: Summary;
  /** Median over the runs of (rate of this case / rate of the baseline in the same round). */
  readonly ratio?: number;
  readonly baseline?: string;
  /** Processor time of all threads for one item, in nanoseconds; median. */
  readonly cpuNanoseconds?: number;
  readonly counts?: Readonly<Record<string, number>>;
}

export interface MeasurementResult {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly cases: readonly CaseResult[];
}

/** Runs every case of a measurement in turns, warm-up rounds first. */
export async function measure(measurement: Measurement, scale: Scale): Promise<MeasurementResult> {
  const open = await measurement.open(scale);
  try {
    const samples = new Map<string, Sample[]>(open.cases.map(({ name }) => [name, []]));
    for (let round = 0; round < scale.warmups + scale.runs; round++) {
      for (const one of inTurn(open.cases, round)) {
        const sample = await one.run();
        if (!(sample.items > 0 && sample.seconds > 0)) throw new VerificationError(one.name, 'a run handled nothing');
        if (round >= scale.warmups) samples.get(one.name)?.push(sample);
      }
    }
    const { name, title, unit } = measurement;
    return { name, title, unit, cases: open.cases.map((one) => resultOf(one, samples)) };
  } finally {
    await open.close();
  }
}

/** Another case is first in each round: what one leaves behind (garbage, a warm cache) meets each of the others. */
function inTurn(cases: readonly Case[], round: number): readonly Case[] {
  const first = round % cases.length;
  return [...cases.slice(first), ...cases.slice(0, first)];
}

function resultOf({ name, baseline }: Case, all: ReadonlyMap<string, readonly Sample[]>): CaseResult {
  const samples = all.get(name) ?? [];
  const rates = samples.map(rateOf);
  const others = baseline === undefined ? undefined : all.get(baseline);
  const cpu = samples.flatMap(({ cpuSeconds, items }) => (cpuSeconds === undefined ? [] : [(cpuSeconds / items) * 1e9]));
  const counts = sumCounts(samples);
  return {
    name,
    rate: summarize(rates),
    ...(baseline !== undefined &&
      others !== undefined && { baseline, ratio: median(rates.map((rate, run) => rate / rateOf(others[run]!))) }),
    ...(cpu.length > 0 && { cpuNanoseconds: median(cpu) }),
    ...(counts && { counts }),
  };
}

function rateOf({ items, seconds }: Sample): number {
  return items / seconds;
}

function sumCounts(samples: readonly Sample[]): Record<string, number> | undefined {
  const sums = new Map<string, number>();
  for (const { counts } of samples) {
    for (const [name, count] of Object.entries(counts ?? {})) sums.set(name, (sums.get(name) ?? 0) + count);
  }
  return sums.size === 0 ? undefined : Object.fromEntries(sums);
}
