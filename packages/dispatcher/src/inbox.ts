import type { EventEntry } from './eventEntry.js';
import type { RowsSlice } from './rowsSlice.js';

/**
 * What waits in the stream of a dispatcher whose stream is closed. `mark` is the lane's resolved ts that preceded it: it
 * becomes the dispatcher's when the item is taken, never earlier (D-8). One item may stand in many inboxes.
 */
export type InboxItem =
  | { readonly type: 'rows'; readonly slice: RowsSlice; readonly mark: bigint }
  | { readonly type: 'event'; readonly entry: EventEntry; readonly mark: bigint }
  | { readonly type: 'mark'; readonly mark: bigint };

/** A FIFO of inbox items. Its bound is the group's byte budget. */
export class Inbox {
  #items: InboxItem[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  get front(): InboxItem | undefined {
    return this.#items[this.#head];
  }

  push(item: InboxItem): void {
    this.#items.push(item);
  }

  shift(): InboxItem | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head++;
    if (this.#head > 32 && this.#head * 2 > this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
    return item;
  }
}
