import type { BlockEventMessage, Mode } from '@tidegate/protocol';
import type { EventEntry } from './eventEntry.js';
import type { InboxItem } from './inbox.js';
import type { GroupState } from './state.js';

/** One block event on its way to many rows: what they share is made once. */
export class EventDelivery {
  #state: GroupState;
  #message: BlockEventMessage;
  #entries: [EventEntry | undefined, EventEntry | undefined] = [undefined, undefined];
  #items: (InboxItem | undefined)[] = [];

  constructor(state: GroupState, message: BlockEventMessage) {
    this.#state = state;
    this.#message = message;
  }

  /** The entry of the event in a mode. The delivery keeps a reference of its own until {@link close}. */
  entryFor(mode: Mode): EventEntry {
    let entry = this.#entries[mode];
    if (entry === undefined) {
      entry = this.#state.entries.open(mode, this.#message.event);
      entry.refs++;
      this.#entries[mode] = entry;
    }
    return entry;
  }

  itemFor(entry: EventEntry, fresh: boolean): InboxItem {
    const slot = entry.mode * 2 + Number(fresh);
    let item = this.#items[slot];
    if (item === undefined) {
      item = { type: 'event', entry, mark: fresh ? 0n : this.#state.resolvedTs };
      this.#items[slot] = item;
    }
    return item;
  }

  close(): void {
    for (const entry of this.#entries) if (entry !== undefined) this.#state.entries.release(entry);
  }
}
