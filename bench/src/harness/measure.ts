import { VerificationError } from './errors.js';
import type { Case, Measurement, PlotSpec, Point, Sample, Scale, Timeline, Unit } from './measurement.js';
import { median, type Summary, summarize } from './statistics.js';

interface FigureSummary extends Summary {
  readonly unit: Unit;
}

/** What is known of one case after its runs. */
export interface CaseResult {
  readonly name: string;
  /** Items a second; absent where a rate says nothing. */
  readonly rate?: Summary;
  /** Median over the runs of (rate of this case / rate of the baseline in the same round). */
  readonly ratio?: number;
  readonly baseline?: string;
  /** Processor time of all threads for one item, in nanoseconds; median. */
  readonly cpuNanoseconds?: number;
  readonly counts?: Readonly<Record<string, number>>;
  readonly figures?: Readonly<Record<string, FigureSummary>>;
  readonly point?: Point;
  /** Of the last run. */
  readonly timeline?: Timeline;
}

export interface MeasurementResult {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly plot?: PlotSpec;
  /** What all of it took, setting up and warming up included. */
  readonly seconds?: number;
  readonly cases: readonly CaseResult[];
}

/** Runs every case of a measurement in turns, warm-up rounds first. */
export async function measure(measurement: Measurement, scale: Scale): Promise<MeasurementResult> {
  const { runs, warmups } = measurement.repeat?.(scale) ?? scale;
  const began = performance.now();
  const open = await measurement.open(scale);
  try {
    const samples = new Map<string, Sample[]>(open.cases.map(({ name }) => [name, []]));
    for (let round = 0; round < warmups + runs; round++) {
      for (const one of inTurn(open.cases, round)) {
        if (round >= warmups + (one.runs ?? runs)) continue;
        const sample = await one.run();
        if (isEmpty(sample)) throw new VerificationError(one.name, 'a run handled nothing');
        if (round >= warmups) samples.get(one.name)?.push(sample);
      }
    }
    const { name, title, unit, plot } = measurement;
    const seconds = (performance.now() - began) / 1_000;
    return { name, title, unit, ...(plot && { plot }), seconds, cases: open.cases.map((one) => resultOf(one, samples)) };
  } finally {
    await open.close();
  }
}

/** Another case is first in each round: what one leaves behind (garbage, a warm cache) meets each of the others. */
function inTurn(cases: readonly Case[], round: number): readonly Case[] {
  const first = round % cases.length;
  return [...cases.slice(first), ...cases.slice(0, first)];
}

/** A rate of nothing, or neither a rate nor a figure. */
function isEmpty({ items, seconds, figures }: Sample): boolean {
  if (items === undefined && seconds === undefined) return Object.keys(figures ?? {}).length === 0;
  return !((items ?? 0) > 0 && (seconds ?? 0) > 0);
}

function resultOf({ name, baseline, point }: Case, all: ReadonlyMap<string, readonly Sample[]>): CaseResult {
  const samples = all.get(name) ?? [];
  const rates = samples.flatMap(rateOf);
  const others = (baseline === undefined ? [] : (all.get(baseline) ?? [])).flatMap(rateOf);
  const cpu = samples.flatMap(({ cpuSeconds, items }) =>
    cpuSeconds === undefined || items === undefined ? [] : [(cpuSeconds / items) * 1e9],
  );
  const counts = sumCounts(samples);
  const figures = summarizeFigures(samples);
  const timeline = samples.at(-1)?.timeline;
  return {
    name,
    ...(rates.length > 0 && { rate: summarize(rates) }),
    ...(baseline !== undefined &&
      others.length > 0 &&
      others.length === rates.length && { baseline, ratio: median(rates.map((rate, run) => rate / others[run]!)) }),
    ...(cpu.length > 0 && { cpuNanoseconds: median(cpu) }),
    ...(counts && { counts }),
    ...(figures && { figures }),
    ...(point && { point }),
    ...(timeline && { timeline }),
  };
}

function rateOf({ items, seconds }: Sample): readonly number[] {
  return items === undefined || seconds === undefined ? [] : [items / seconds];
}

function sumCounts(samples: readonly Sample[]): Record<string, number> | undefined {
  const sums = new Map<string, number>();
  for (const { counts } of samples) {
    for (const [name, count] of Object.entries(counts ?? {})) sums.set(name, (sums.get(name) ?? 0) + count);
  }
  return sums.size === 0 ? undefined : Object.fromEntries(sums);
}

function summarizeFigures(samples: readonly Sample[]): Record<string, FigureSummary> | undefined {
  const all = new Map<string, { readonly unit: Unit; readonly values: number[] }>();
  for (const { figures } of samples) {
    for (const [name, { value, unit }] of Object.entries(figures ?? {})) {
      const known = all.get(name);
      if (known === undefined) all.set(name, { unit, values: [value] });
      else known.values.push(value);
    }
  }
  if (all.size === 0) return undefined;
  return Object.fromEntries([...all].map(([name, { unit, values }]) => [name, { ...summarize(values), unit }]));
}
