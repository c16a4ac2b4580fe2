import { type BlockEvent, type EventKey, eventKeyOf, formatEventKey, type Mode } from '@tidegate/protocol';
import { EventEntry } from './eventEntry.js';

/**
 * The block events that anyone of this group has in hand, in an inbox, or in an unacknowledged report. Bounded by those:
 * inboxes by the byte budget, reports by `maxReports`.
 */
export class EventTable {
  #byKey = new Map<string, EventEntry>();
  #byIndex: (EventEntry | undefined)[] = [];
  #free: number[] = [];

  get size(): number {
    return this.#byKey.size;
  }

  /** The entry of an event, made on first sight. The first event of a key is the one that counts (L-10). */
  open(mode: Mode, event: BlockEvent): EventEntry {
    const name = nameOf(mode, eventKeyOf(event));
    const known = this.#byKey.get(name);
    if (known !== undefined) return known;
    const index = this.#free.pop() ?? this.#byIndex.length;
    const entry = new EventEntry(index, mode, event);
    this.#byIndex[index] = entry;
    this.#byKey.set(name, entry);
    return entry;
  }

  find(mode: Mode, key: EventKey): EventEntry | undefined {
    return this.#byKey.get(nameOf(mode, key));
  }

  at(index: number): EventEntry | undefined {
    return this.#byIndex[index];
  }

  /** Gives up a reference, or several; forgets the entry with the last one. */
  release(entry: EventEntry, references = 1): void {
    entry.refs -= references;
    if (entry.refs === 0) this.drop(entry);
  }

  /** Forgets an entry that nobody refers to, such as one that was opened for an event without takers. */
  drop(entry: EventEntry): void {
    if (entry.refs > 0 || this.#byIndex[entry.index] !== entry) return;
    entry.timer?.cancel();
    entry.timer = undefined;
    this.#byIndex[entry.index] = undefined;
    this.#byKey.delete(nameOf(entry.mode, entry.key));
    this.#free.push(entry.index);
  }

  values(): IterableIterator<EventEntry> {
    return this.#byKey.values();
  }
}

function nameOf(mode: Mode, key: EventKey): string {
  return `${mode}:${formatEventKey(key)}`;
}
