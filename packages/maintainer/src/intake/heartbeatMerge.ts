import { type HeartbeatRequest, maxTs, type Watermark } from '@tidegate/protocol';
import { supersedes } from '../checkpoint/watermarks.js';
import { StatusRows } from './statusRows.js';

/**
 * Several heartbeats of one host as one: the watermark that would have been accepted in the end (E-5), every *transition*
 * of a dispatcher in order (only equal repeats coalesce, for operators depend on Stopped-then-Working and its opposite),
 * the first error, the complete flag if any had it. One heartbeat alone passes as it is, whatever it holds.
 */
export class HeartbeatMerge {
  #single: HeartbeatRequest | undefined;
  #from: Pick<HeartbeatRequest, 'from' | 'epoch'>;
  #watermark: Watermark | undefined;
  #redoWatermark: Watermark | undefined;
  #complete = false;
  #error: HeartbeatRequest['error'];
  readonly #rows: StatusRows;
  readonly #capacity: number;
  #dropped = 0;

  constructor(first: HeartbeatRequest, capacity: number) {
    this.#single = first;
    this.#from = { from: first.from, epoch: first.epoch };
    this.#capacity = capacity;
    this.#rows = new StatusRows();
  }

  /** Component statuses dropped at the bound; the next complete heartbeat brings them again. */
  get dropped(): number {
    return this.#dropped;
  }

  add(heartbeat: HeartbeatRequest): void {
    if (this.#single !== undefined) {
      const first = this.#single;
      this.#single = undefined;
      this.#take(first);
    }
    this.#take(heartbeat);
  }

  result(): HeartbeatRequest {
    if (this.#single !== undefined) return this.#single;
    return {
      type: 'heartbeat',
      ...this.#from,
      ...(this.#watermark && { watermark: this.#watermark }),
      ...(this.#redoWatermark && { redoWatermark: this.#redoWatermark }),
      ...(this.#rows.length > 0 && { statuses: this.#rows.columns() }),
      // H-1: a list with holes names nobody as missing.
      complete: this.#complete && this.#dropped === 0,
      ...(this.#error && { error: this.#error }),
    };
  }

  #take({ watermark, redoWatermark, statuses, complete, error }: HeartbeatRequest): void {
    if (watermark !== undefined) this.#watermark = mergeWatermarks(this.#watermark, watermark);
    if (redoWatermark !== undefined) this.#redoWatermark = mergeWatermarks(this.#redoWatermark, redoWatermark);
    this.#complete ||= complete;
    this.#error ??= error;
    if (statuses === undefined) return;
    for (let row = 0; row < statuses.handle.length; row++) if (!this.#rows.take(statuses, row, this.#capacity)) this.#dropped++;
  }
}

/** lastSyncedTs counts even from a watermark that is refused (E-5). */
function mergeWatermarks(current: Watermark | undefined, next: Watermark): Watermark {
  if (current === undefined) return next;
  const lastSyncedTs = maxTs(current.lastSyncedTs, next.lastSyncedTs);
  return { ...(supersedes(next, current) ? next : current), lastSyncedTs };
}
