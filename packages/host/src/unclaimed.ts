import type { KeyRange, Mode, TableInfo } from '@tidegate/protocol';
import { type Catalogue, type LastEvent, wantsBefore } from './catalogue.js';
import { coversRange, holdsKey, WHOLE_TABLE, withoutRange } from './keyRanges.js';
import type { PlacedEvent } from './reader.js';
import type { Subscriber, Subscribers } from './subscribers.js';
import { CHANGE_OVERHEAD } from './workerOutlets.js';

/** An event that waits for its table's first dispatcher. `resolved` is the mark that was current when it arrived. */
interface HeldEvent {
  readonly resolved: bigint;
  readonly event: PlacedEvent;
  /** Others wait for this table's dispatcher at the event. */
  readonly isBarrier: boolean;
}

/** What was held for a table, as a subscriber takes it over. */
export interface Claim {
  readonly events: readonly HeldEvent[];
  /** The table as it was when the first of them arrived; not said when there are none: as it is. */
  readonly info: TableInfo | undefined;
}

const NOTHING: Claim = { events: [], info: undefined };

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
  readonly #catalogue: Catalogue;
  readonly #subscribers: Subscribers;
  readonly #parts = new Map<number, Part>();
  /** Tables and modes of the catalogue that are not claimed completely. */
  #open = 0;
  #bytes = 0;
  #barriers = 0;

  /** Without modes nothing is ever held. */
  constructor(modes: readonly Mode[], catalogue: Catalogue, subscribers: Subscribers) {
    this.#modes = modes;
    this.#catalogue = catalogue;
    this.#subscribers = subscribers;
    this.add(catalogue.tables + 1);
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

  /** So many tables have come. */
  add(tables: number): void {
    this.#open += tables * this.#modes.length;
  }

  /** A table is gone. What was held for it, its drop included, still is. */
  drop(slot: number): void {
    for (const mode of this.#modes) if (!this.#catalogue.isClaimed(slot, mode)) this.#open--;
  }

  /** Holds an event for those modes in which its table is not claimed. */
  hold(slot: number, event: PlacedEvent, resolved: bigint, isBarrier: boolean): void {
    let held: PlacedEvent | undefined;
    for (const mode of this.#modes) {
      if (this.#catalogue.isClaimed(slot, mode)) continue;
      const part = this.#part(slot, mode);
      if (event.type === 'rows' && event.key !== undefined) {
        const { key } = event;
        if (!part.keys.some((range) => holdsKey(range, key))) continue;
      }
      held ??= ownCopy(event);
      part.events.push({ resolved, event: held, isBarrier });
      this.#bytes += heldSize(event);
      if (isBarrier) this.#barriers++;
    }
  }

  /**
   * A dispatcher has subscribed to a table, which may be gone. Gives what was held for it, or undefined when some of its keys
   * were claimed before: it starts from what the source says instead.
   */
  claim(subscriber: Subscriber): Claim | undefined {
    const mode = this.#subscribers.mode(subscriber);
    const slot = this.#subscribers.slot(subscriber);
    const range = this.#subscribers.range(subscriber) ?? WHOLE_TABLE;
    const isOpen = this.#catalogue.has(slot) && this.#modes.includes(mode) && !this.#catalogue.isClaimed(slot, mode);
    const key = keyOf(this.#subscribers.tableId(subscriber), mode);
    if (isOpen && range === WHOLE_TABLE && !this.#parts.has(key)) {
      // Nothing was held: the way of nearly every table at a start.
      this.#setClaimed(slot, mode, true);
      return NOTHING;
    }
    const part = isOpen ? this.#part(slot, mode) : this.#parts.get(key);
    if (part === undefined) return undefined;
    const isComplete = coversRange(part.keys, range) && !wantsBefore(this.#subscribers.startTs(subscriber), part.after);
    part.keys = withoutRange(part.keys, range);
    if (part.keys.length === 0) {
      this.#parts.delete(key);
      if (isOpen) this.#setClaimed(slot, mode, true);
      for (const { event, isBarrier } of part.events) {
        this.#bytes -= heldSize(event);
        if (isBarrier) this.#barriers--;
      }
    }
    if (!isComplete) return undefined;
    return part.events.length === 0 ? NOTHING : { events: part.events.slice(), info: part.info };
  }

  /**
   * A dispatcher of a table has gone, and no other serves `keys`: from here on they are held again, for its successor. `last`:
   * the last event of the table that has left.
   */
  release(mode: Mode, slot: number, keys: readonly KeyRange[], last: LastEvent): void {
    if (keys.length === 0 || !this.#modes.includes(mode)) return;
    const isNew = this.#catalogue.isClaimed(slot, mode);
    if (isNew) this.#setClaimed(slot, mode, false);
    const part = this.#part(slot, mode);
    part.keys = isNew ? [...keys] : [...part.keys, ...keys];
    part.after = last;
  }

  #setClaimed(slot: number, mode: Mode, claimed: boolean): void {
    this.#catalogue.setClaimed(slot, mode, claimed);
    this.#open += claimed ? -1 : 1;
  }

  #part(slot: number, mode: Mode): Part {
    const key = keyOf(this.#catalogue.slots.tableId[slot]!, mode);
    let part = this.#parts.get(key);
    if (part === undefined) {
      part = { keys: [WHOLE_TABLE], after: undefined, events: [], info: this.#catalogue.info(slot) };
      this.#parts.set(key, part);
    }
    return part;
  }
}

/** Rows are views of what their source has read: the few that are held must not keep all that was read with them. A Buffer's `slice` is a view, too. */
function ownCopy(event: PlacedEvent): PlacedEvent {
  return event.type === 'rows' ? { ...event, bytes: new Uint8Array(event.bytes) } : event;
}

function keyOf(tableId: number, mode: Mode): number {
  return tableId * 2 + mode;
}

function heldSize(event: PlacedEvent): number {
  return CHANGE_OVERHEAD + (event.type === 'rows' ? event.bytes.length : CHANGE_OVERHEAD);
}
