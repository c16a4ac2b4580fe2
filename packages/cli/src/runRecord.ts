import { type EventKey, formatEventKey, type MaintainerEvent, Mode } from '@tidegate/protocol';
import { laterSample, NO_SAMPLE, type Sample } from './sample.js';
import { Rate, type Spread, spread } from './statistics.js';

/** What a run looks like at one moment. */
export interface RunView {
  /** Milliseconds. */
  readonly elapsed: number;
  readonly rows: number;
  readonly rowsPerSecond: number;
  readonly ddls: number;
  readonly checkpointTs: bigint;
  /** The earliest barrier that is open. */
  readonly barrier:
    | { readonly name: string; readonly age: number; readonly missingCount: number; readonly missingTables: readonly number[] }
    | undefined;
  /** Statuses suppressed by all stages together. */
  readonly suppressed: number;
}

/** What a run did, all in all. */
export interface RunTotals {
  readonly rows: number;
  readonly changes: number;
  readonly ddls: number;
  readonly syncPoints: number;
  /** Barriers completed. */
  /** Of the default pipeline: with a redo log, each is one of the redo pipeline as well. */
  readonly barriers: number;
  /** Milliseconds from a barrier's first report to the choice of its writer: how long its tables waited for each other. */
  readonly alignment: Spread | undefined;
  readonly suppressed: Readonly<Record<string, number>>;
  readonly checkpointTs: bigint;
  /** Milliseconds. */
  readonly duration: number;
  readonly rowsPerSecond: number;
}

type BarrierEvent = Extract<MaintainerEvent, { type: 'barrier' }>;

interface TrackedBarrier {
  readonly key: EventKey;
  readonly openedAt: number;
}

/** Rows per second are those of the last seconds. */
const RATE_WINDOW = 3_000;
/** Alignment times kept; beyond it the older half goes, so a run without end stays small. */
const ALIGNMENTS = 65_536;

/** Gathers what a host tells while it runs. Times are milliseconds of one clock, given with each call. */
export class RunRecord {
  readonly #startedAt: number;
  readonly #rate = new Rate(RATE_WINDOW);
  readonly #open = new Map<string, TrackedBarrier>();
  #alignments: number[] = [];
  #completed = 0;
  #checkpointTs: bigint;
  #sample: Sample = NO_SAMPLE;

  constructor(startTs: bigint, now: number) {
    this.#startedAt = now;
    this.#checkpointTs = startTs;
    this.#rate.add(now, 0);
  }

  checkpoint(ts: bigint): void {
    if (ts > this.#checkpointTs) this.#checkpointTs = ts;
  }

  barrier(event: BarrierEvent, now: number): void {
    const name = nameOf(event);
    switch (event.phase) {
      case 'opened':
        this.#open.set(name, { key: event.key, openedAt: now - event.age });
        break;
      case 'selected':
        if (event.mode === Mode.REDO) break;
        if (this.#alignments.length >= ALIGNMENTS) this.#alignments = this.#alignments.slice(ALIGNMENTS / 2);
        this.#alignments.push(event.age);
        break;
      case 'written':
        break;
      case 'completed':
        this.#open.delete(name);
        if (event.mode === Mode.DEFAULT) this.#completed++;
    }
  }

  sample(sample: Sample, now: number): void {
    this.#sample = laterSample(this.#sample, sample);
    this.#rate.add(now, this.#sample.rows);
  }

  view(now: number): RunView {
    return {
      elapsed: now - this.#startedAt,
      rows: this.#sample.rows,
      rowsPerSecond: this.#rate.perSecond,
      ddls: this.#sample.ddls,
      checkpointTs: this.#checkpointTs,
      barrier: this.#earliestBarrier(now),
      suppressed: sum(this.#sample.suppressed),
    };
  }

  totals(now: number): RunTotals {
    const { rows, changes, ddls, syncPoints, suppressed } = this.#sample;
    const duration = now - this.#startedAt;
    return {
      rows,
      changes,
      ddls,
      syncPoints,
      barriers: this.#completed,
      alignment: spread(this.#alignments),
      suppressed,
      checkpointTs: this.#checkpointTs,
      duration,
      rowsPerSecond: duration > 0 ? (rows * 1_000) / duration : 0,
    };
  }

  #earliestBarrier(now: number): RunView['barrier'] {
    let earliest: TrackedBarrier | undefined;
    for (const barrier of this.#open.values()) {
      if (earliest === undefined || barrier.key.commitTs < earliest.key.commitTs) earliest = barrier;
    }
    if (earliest === undefined) return undefined;
    const { commitTs, isSyncPoint } = earliest.key;
    const explained = this.#sample.barriers.find((open) => open.commitTs === commitTs && open.isSyncPoint === isSyncPoint);
    return {
      name: formatEventKey(earliest.key),
      age: now - earliest.openedAt,
      missingCount: explained?.missingCount ?? 0,
      missingTables: explained?.missingTables ?? [],
    };
  }
}

/** The redo pipeline has barriers of its own at the same events. */
function nameOf(event: BarrierEvent): string {
  return `${event.mode}:${formatEventKey(event.key)}`;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
