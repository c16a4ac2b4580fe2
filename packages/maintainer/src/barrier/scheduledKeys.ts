import { type EventKey, formatEventKey } from '@tidegate/protocol';

/**
 * Keys of events that are dealt with and may come again, kept until the committed checkpoint passes them. W-14: reports that
 * were scheduled, so that a repeat (its ACK was lost) is acknowledged and not scheduled again; that the trigger is beyond them
 * is not enough, for a table's dispatcher that is created again below one opens it once more. And events that were
 * completed. At the bound the smallest goes first: it is the least likely to come again.
 */
export class ScheduledKeys {
  readonly #keys = new Map<string, bigint>();
  readonly #bound: number;
  #evicted = 0;

  constructor(bound: number) {
    this.#bound = bound;
  }

  get size(): number {
    return this.#keys.size;
  }

  /** Keys that were dropped at the bound. */
  get evicted(): number {
    return this.#evicted;
  }

  has(key: EventKey): boolean {
    return this.#keys.has(formatEventKey(key));
  }

  add(key: EventKey): void {
    this.#keys.set(formatEventKey(key), key.commitTs);
    if (this.#keys.size <= this.#bound) return;
    let smallest: [string, bigint] | undefined;
    for (const entry of this.#keys) if (smallest === undefined || entry[1] < smallest[1]) smallest = entry;
    if (smallest !== undefined) this.#keys.delete(smallest[0]);
    this.#evicted++;
  }

  /** What lies below this checkpoint does not come again. */
  passed(checkpointTs: bigint): void {
    for (const [name, commitTs] of this.#keys) if (commitTs < checkpointTs) this.#keys.delete(name);
  }
}
