import { compareTsWords, Mode, type RedoGate, tsHigh, tsLow } from '@tidegate/protocol';
import { Bitset } from './bitset.js';
import { Phase } from './rowLayout.js';
import type { GroupState } from './state.js';

/**
 * D-46: with redo on, a default dispatcher takes rows and block events only up to the gate, the ts to which the redo log is
 * durable everywhere. What lies above waits, in order: a block event in the row's hand, rows at the front of its inbox.
 *
 * The gate stands before events, not before marks, so progress needs no rule of its own (D-15, D-17):
 *
 * - A row that waits is closed, and takes no mark that lies behind what it waits for. Its resolved ts, and with it its
 *   checkpoint, stays below the event.
 * - A row for which nothing waits goes on following the lane, beyond the gate as well. Its checkpoint then says "nothing up
 *   to here is missing downstream", which is true: there was nothing. Holding marks back would gain no safety, would cost
 *   every idle dispatcher a step per move of the gate, and would leave the checkpoint behind for good once changes stop.
 * - So a default checkpoint C above the gate G says that the default pipeline has no event in (G, C]. Everything that it has
 *   applied lies at or below G: the redo log never knows less than the sink (D-47).
 *
 * Up to its start ts the gate is open for a dispatcher: what lies there is downstream already (T-1), and in the log.
 *
 * A move costs the rows that wait, no others. What waits is bounded by the byte budget; a row that waits for a block event
 * costs a bit.
 */
export class Gate {
  readonly enabled: boolean;
  #state: GroupState;
  #high = 0;
  #low = 0;
  #waiting = new Bitset();
  #open: (row: number) => void;

  /** `open` is called for each row that has waited and may try again. */
  constructor(state: GroupState, enabled: boolean, open: (row: number) => void) {
    this.#state = state;
    this.enabled = enabled;
    this.#open = open;
  }

  /** Rows that wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  get resolvedTs(): bigint {
    return (BigInt(this.#high) << 32n) | BigInt(this.#low);
  }

  /** True when an event at this ts is not to be taken by the row yet. */
  holds(row: number, high: number, low: number): boolean {
    if (!this.enabled || compareTsWords(high, low, this.#high, this.#low) <= 0) return false;
    const { rows } = this.#state;
    if (rows.mode[row] !== Mode.DEFAULT) return false;
    return rows.start.compareTo(row, high, low) > 0;
  }

  /** Closes the stream of a row until the gate has moved. */
  wait(row: number): void {
    this.#state.rows.phase[row] = Phase.GATED;
    this.#waiting.add(row);
  }

  /** The row is gone, or goes on. */
  leave(row: number): void {
    this.#waiting.delete(row);
  }

  /** It never goes back: an older one that comes late changes nothing. */
  move({ resolvedTs }: RedoGate): void {
    const [high, low] = [tsHigh(resolvedTs), tsLow(resolvedTs)];
    if (compareTsWords(high, low, this.#high, this.#low) <= 0) return;
    this.#high = high;
    this.#low = low;
    for (let row = this.#waiting.next(0); row >= 0; row = this.#waiting.next(row + 1)) this.#open(row);
  }
}
