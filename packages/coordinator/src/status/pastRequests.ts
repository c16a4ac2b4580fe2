import { Stage } from '@tidegate/protocol';
import type { EventTable } from './eventTable.js';
import type { KeyRuns } from './keyRuns.js';
import { OUTSTANDING } from './stageBits.js';
import { releaseEvents, STAGE_COLUMN_MASK, type StatusBatch } from './statusBatch.js';
import { runEnd } from './statusRuns.js';

/** Requests that were sent again and whose late reply still counts. */
const LIMIT = 1024;

/** Requests that were sent again: a late reply to one of them still settles its DONE. */
export class PastRequests {
  readonly #events: EventTable;
  readonly #runs: KeyRuns;
  readonly #batches = new Map<number, StatusBatch>();

  constructor(events: EventTable, runs: KeyRuns) {
    this.#events = events;
    this.#runs = runs;
  }

  /** Takes over a request that was sent again. Only its DONE matter for a late reply; without any it is over. */
  remember(seq: number, batch: StatusBatch): void {
    if (batch.stage.some((stage) => (stage & STAGE_COLUMN_MASK) === Stage.DONE)) this.#batches.set(seq, batch);
    else releaseEvents(this.#events, batch);
    if (this.#batches.size > LIMIT) this.forget(Math.min(...this.#batches.keys()) + 1);
  }

  /** A reply to request `seq`. Replies keep order: what is older will not be replied to any more. */
  settle(seq: number): void {
    if (this.#batches.size === 0) return;
    const batch = this.#batches.get(seq);
    if (batch !== undefined) {
      const { handle, generation, event, stage, eventIndex } = batch;
      for (let from = 0, to = 0; from < handle.length; from = to) {
        to = runEnd(batch, from);
        if ((stage[from]! & STAGE_COLUMN_MASK) !== Stage.DONE) continue;
        this.#runs.settle(handle, generation, from, to, eventIndex[event[from]!]!, OUTSTANDING << 4, 0, 0);
      }
    }
    this.forget(seq + 1);
  }

  /** Forgets the requests below `seq`. */
  forget(seq: number): void {
    for (const [past, batch] of this.#batches) {
      if (past >= seq) continue;
      this.#batches.delete(past);
      releaseEvents(this.#events, batch);
    }
  }
}
