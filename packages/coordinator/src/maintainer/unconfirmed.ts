import { type ComponentStatuses, type Mode, minTs, STATUS_PART_ROWS, type Watermark } from '@tidegate/protocol';
import type { ComponentStatusRow } from './statusWindow.js';

/** What bounds the watermark on account of dispatchers that are gone, by mode. */
export interface Bound {
  readonly checkpointTs: readonly [bigint, bigint];
  readonly resolvedTs: readonly [bigint, bigint];
}

/** Dispatchers that are told in one heartbeat, until the maintainer says that it has taken it. */
interface Batch {
  readonly confirm: number;
  readonly rows: ComponentStatusRow[];
  bound: Bound;
  /** Made when it is sent first; from then on nothing is added. */
  statuses: ComponentStatuses | undefined;
  attempt: number;
  due: number;
}

export interface UnconfirmedOptions {
  /** First and longest pause before a batch is told again, in milliseconds. */
  readonly first: number;
  readonly longest: number;
}

/**
 * Dispatchers that stopped unasked: with their worker, or by themselves. Nobody would miss the news, so one lost heartbeat
 * would leave the maintainer with dispatchers that do not exist. They are told again and again until it confirms, and what
 * they had not flushed bounds the watermark until then (K-9). Bounded by the dispatchers of this host, 20 bytes each.
 */
export class Unconfirmed {
  readonly #options: UnconfirmedOptions;
  readonly #batches = new Map<number, Batch>();
  #last: Batch | undefined;
  #number = 0;

  constructor(options: UnconfirmedOptions) {
    this.#options = options;
  }

  /** Dispatchers of which the maintainer has not confirmed that it knows. */
  get size(): number {
    let size = 0;
    for (const { rows, statuses } of this.#batches.values()) size += statuses?.handle.length ?? rows.length;
    return size;
  }

  /** Nothing waits for a confirmation. */
  get isEmpty(): boolean {
    return this.#batches.size === 0;
  }

  /** Something of it was never told. */
  get hasNews(): boolean {
    return this.#last !== undefined && this.#last.statuses === undefined;
  }

  add(row: ComponentStatusRow, bound: Bound): void {
    let batch = this.#last;
    if (batch === undefined || batch.statuses !== undefined || batch.rows.length === STATUS_PART_ROWS) {
      batch = { confirm: ++this.#number, rows: [], bound, statuses: undefined, attempt: 0, due: 0 };
      this.#batches.set(batch.confirm, batch);
      this.#last = batch;
    }
    batch.rows.push(row);
    batch.bound = least(batch.bound, bound);
  }

  /** Tells, in order, what was never told or is due again, until `tell` refuses. False: it did. */
  send(now: number, tell: (statuses: ComponentStatuses, confirm: number) => boolean): boolean {
    for (const batch of this.#batches.values()) {
      if (batch.statuses !== undefined && batch.due > now) continue;
      const statuses = batch.statuses ?? columnsOf(batch.rows);
      if (!tell(statuses, batch.confirm)) return false;
      if (batch.statuses === undefined) batch.rows.length = 0;
      batch.statuses = statuses;
      batch.due = now + Math.min(this.#options.first * 2 ** Math.min(batch.attempt++, 30), this.#options.longest);
    }
    return true;
  }

  /** The maintainer has taken the heartbeat of this number. */
  taken(confirm: number): void {
    this.#batches.delete(confirm);
    if (this.#last?.confirm === confirm) this.#last = undefined;
  }

  /** The watermark without what the maintainer cannot know to be missing from it. */
  lower(mode: Mode, watermark: Watermark): Watermark {
    if (this.#batches.size === 0) return watermark;
    let { checkpointTs, resolvedTs } = watermark;
    for (const { bound } of this.#batches.values()) {
      checkpointTs = minTs(checkpointTs, bound.checkpointTs[mode]);
      resolvedTs = minTs(resolvedTs, bound.resolvedTs[mode]);
    }
    return { ...watermark, checkpointTs, resolvedTs };
  }

  /** Nobody is left to be told, or somebody who is told by a snapshot. */
  clear(): void {
    this.#batches.clear();
    this.#last = undefined;
  }
}

function least(a: Bound, b: Bound): Bound {
  const [c, r] = [a.checkpointTs, a.resolvedTs];
  return {
    checkpointTs: [minTs(c[0], b.checkpointTs[0]), minTs(c[1], b.checkpointTs[1])],
    resolvedTs: [minTs(r[0], b.resolvedTs[0]), minTs(r[1], b.resolvedTs[1])],
  };
}

function columnsOf(rows: readonly ComponentStatusRow[]): ComponentStatuses {
  return {
    handle: Uint32Array.from(rows, ({ handle }) => handle),
    generation: Uint32Array.from(rows, ({ generation }) => generation),
    state: Uint8Array.from(rows, ({ state }) => state),
    mode: Uint8Array.from(rows, ({ mode }) => mode),
    checkpointTs: BigUint64Array.from(rows, ({ checkpointTs }) => checkpointTs),
    worker: Uint16Array.from(rows, ({ worker }) => worker),
  };
}
