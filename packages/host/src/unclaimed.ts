import type { KeyRange, Mode, TableInfo } from '@tidegate/protocol';
import { type LastEvent, type TableEntry, wantsBefore } from './catalogue.js';
import { coversRange, holdsKey, WHOLE_TABLE, withoutRange } from './keyRanges.js';
import type { PlacedEvent } from './reader.js';
import type { Subscriber } from './subscribers.js';
import { CHANGE_OVERHEAD } from './workerOutlets.js';

/** An event that waits for its table's first dispatcher. `resolved` is the mark that was current when it arrived. */
interface HeldEvent {
  readonly resolved: bigint;
  readonly event: PlacedEvent;
  /** Others wait for this table's dispatcher at the event. */
  readonly isBarrier: boolean;
}

const NOTHING: readonly HeldEvent[] = [];

/** What was held for a table, as a subscriber takes it over. */
export interface Claim {
  readonly events: readonly HeldEvent[];
  /** The table as it was when the first of them arrived; as it is, when there are none. */
  readonly info: TableInfo | undefined;
}

/** What nobody has claimed of one table in one mode. */
interface Part {
  keys: KeyRange[];
  /** The last event before it was held: who wants it comes too late. */
  after: LastEvent | undefined;
  readonly events: HeldEvent[];
  readonly info: TableInfo | undefined;
}

/**
 * Events of tables whose first dispatchers are being created, a mode each. A table that is split from the start is claimed range by
 * range; what is held stays until every key is claimed. Bounded by its owner, who routes no further when `bytes` is too much.
 */
export class Unclaimed {
  readonly #modes: readonly Mode[];
  readonly #parts = new Map<number, Part>();
  /** Tables and modes of the catalogue that are not claimed completely. */
  #open = 0;
  #bytes = 0;
  #barriers = 0;

  /** Without modes nothing is ever held. */
  constructor(modes: readonly Mode[]) {
    this.#modes = modes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Held events that dispatchers which already have them wait at. */
  get barriers(): number {
    return this.#barriers;
  }

  /** Whether any table that exists still has keys that nobody has claimed. */
  get any(): boolean {
    return this.#open > 0;
  }

  /** A table has come. */
  add(_entry: TableEntry): void {
    this.#open += this.#modes.length;
  }

  /** A table is gone. What was held for it, its drop included, still is. */
  drop(entry: TableEntry): void {
    for (const mode of this.#modes) if ((entry.claimed & (1 << mode)) === 0) this.#open--;
  }

  /** Holds an event for those modes in which its table is not claimed. */
  hold(entry: TableEntry, event: PlacedEvent, resolved: bigint, isBarrier: boolean): void {
    for (const mode of this.#modes) {
      if ((entry.claimed & (1 << mode)) !== 0) continue;
      const part = this.#part(entry, mode);
      if (event.type === 'rows' && event.key !== undefined) {
        const { key } = event;
        if (!part.keys.some((range) => holdsKey(range, key))) continue;
      }
      part.events.push({ resolved, event, isBarrier });
      this.#bytes += heldSize(event);
      if (isBarrier) this.#barriers++;
    }
  }

  /**
   * A dispatcher has subscribed to a table, which may be gone (then `entry` is undefined). Gives what was held for it, or
   * undefined when some of its keys were claimed before: it starts from what the source says instead.
   */
  claim({ tableId, mode, startTs, range = WHOLE_TABLE }: Subscriber, entry: TableEntry | undefined): Claim | undefined {
    const bit = 1 << mode;
    const isOpen = entry !== undefined && this.#modes.includes(mode) && (entry.claimed & bit) === 0;
    if (isOpen && range === WHOLE_TABLE && !this.#parts.has(keyOf(tableId, mode))) {
      // Nothing was held: the way of nearly every table at a start.
      entry.claimed |= bit;
      this.#open--;
      return { events: NOTHING, info: entry.info };
    }
    const part = isOpen ? this.#part(entry, mode) : this.#parts.get(keyOf(tableId, mode));
    if (part === undefined) return undefined;
    const isComplete = coversRange(part.keys, range) && !wantsBefore(startTs, part.after);
    part.keys = withoutRange(part.keys, range);
    if (part.keys.length === 0) {
      this.#parts.delete(keyOf(tableId, mode));
      if (isOpen) {
        entry.claimed |= bit;
        this.#open--;
      }
      for (const { event, isBarrier } of part.events) {
        this.#bytes -= heldSize(event);
        if (isBarrier) this.#barriers--;
      }
    }
    if (!isComplete) return undefined;
    return { events: part.events.slice(), info: part.events.length === 0 ? entry?.info : part.info };
  }

  /**
   * A dispatcher has gone, and no other serves `keys`: from here on they are held again, for its successor. `last`: the last
   * event of the table that has left.
   */
  release({ mode }: Subscriber, entry: TableEntry, keys: readonly KeyRange[], last: LastEvent): void {
    const bit = 1 << mode;
    if (keys.length === 0 || !this.#modes.includes(mode)) return;
    const isNew = (entry.claimed & bit) !== 0;
    if (isNew) {
      entry.claimed &= ~bit;
      this.#open++;
    }
    const part = this.#part(entry, mode);
    part.keys = isNew ? [...keys] : [...part.keys, ...keys];
    part.after = last;
  }

  #part(entry: TableEntry, mode: Mode): Part {
    const key = keyOf(entry.tableId, mode);
    let part = this.#parts.get(key);
    if (part === undefined) {
      part = { keys: [WHOLE_TABLE], after: undefined, events: [], info: entry.info };
      this.#parts.set(key, part);
    }
    return part;
  }
}

function keyOf(tableId: number, mode: Mode): number {
  return tableId * 2 + mode;
}

function heldSize(event: PlacedEvent): number {
  return CHANGE_OVERHEAD + (event.type === 'rows' ? event.bytes.length : CHANGE_OVERHEAD);
}
