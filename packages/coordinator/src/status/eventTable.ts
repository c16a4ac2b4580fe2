import { type BlockFacts, type EventKey, isTrigger, joinTs, type Mode, tsHigh, tsLow } from '@tidegate/protocol';
import { HashIndex, mix32 } from './hashIndex.js';

/** Flags of an event: those of a status that belong to the event's identity (`STATUS_FLAG_SYNC_POINT`, `STATUS_FLAG_REDO`). */
const EVENT_SYNC_POINT = 1;
const EVENT_REDO = 2;
export const EVENT_FLAGS = 3;

/** No event: what a lookup answers when there is none. Real events begin at 1. */
export const NO_EVENT = 0;

/** Largest event number: it shares a 32-bit word with eight stage bits. */
const MAX_EVENT = 0xff_ffff;
const FREE = 0xff;
/** Facts with more entries than this are told only when they are due. */
const LONG_FACTS = 64;

/**
 * Block events that statuses refer to, interned to small numbers: ts, sync-point flag and mode stand here once, and so do
 * the facts that all participants share (T-A).
 *
 * An event that nothing refers to is not forgotten at once: facts travel ahead of the first status of a burst, and the
 * rest of the burst may come when the first is already answered. The last `idle` of them are kept.
 */
export class EventTable {
  /** Outstanding statuses of each event; kept by the key table. */
  outstanding: Uint32Array = new Uint32Array(64);
  #high: Int32Array = new Int32Array(64);
  #low: Int32Array = new Int32Array(64);
  #flags: Uint8Array = new Uint8Array(64).fill(FREE);
  #references: Uint32Array = new Uint32Array(64);
  // The round in which the facts were told to the maintainer last; see factsDue.
  #told: Uint32Array = new Uint32Array(64);
  #long: Uint8Array = new Uint8Array(64);
  // The facts lack the admissions that the trigger tells.
  #lacking: Uint8Array = new Uint8Array(64);
  // A Write went to a dispatcher here, and no DONE has come since.
  #asked: Uint8Array = new Uint8Array(64);
  #round = 1;
  // Idle events in a ring list around entry 0, oldest first; free ones chained through #next.
  #next: Uint32Array = new Uint32Array(64);
  #previous: Uint32Array = new Uint32Array(64);
  readonly #keys: (EventKey | undefined)[] = [undefined];
  readonly #facts: (BlockFacts | undefined)[] = [undefined];
  readonly #index = new HashIndex();
  readonly #idleLimit: number;
  #idle = 0;
  #free = NO_EVENT;
  #end = 1;
  #last = NO_EVENT;

  /** `idle`: unreferenced events to remember, with their facts. */
  constructor(idle = 256) {
    this.#idleLimit = idle;
  }

  /** Events in the table, idle ones included. */
  get size(): number {
    return this.#index.size;
  }

  /** One more than the largest event number handed out so far. */
  get end(): number {
    return this.#end;
  }

  /** The number of an event, new if need be. {@link NO_EVENT}: the table is full (2^24 - 1 events). Allocates nothing for a known one. */
  intern(high: number, low: number, flags: number): number {
    // Signed words are never boxed numbers.
    high |= 0;
    low |= 0;
    const last = this.#last;
    if (low === this.#low[last] && high === this.#high[last] && flags === this.#flags[last]) return last;
    const known = this.find(high, low, flags);
    const event = known === NO_EVENT ? this.#add(high, low, flags) : known;
    this.#last = event;
    return event;
  }

  /** The number of an event, {@link NO_EVENT} if it is not in the table. */
  find(high: number, low: number, flags: number): number {
    high |= 0;
    low |= 0;
    const { slots, mask } = this.#index;
    for (let at = hashOf(high, low, flags) & mask; slots[at] !== 0; at = (at + 1) & mask) {
      const event = slots[at]! - 1;
      if (low === this.#low[event] && high === this.#high[event] && flags === this.#flags[event]) return event;
    }
    return NO_EVENT;
  }

  /** {@link intern} for a key in its public form. */
  internKey(mode: Mode, key: EventKey): number {
    return this.intern(tsHigh(key.commitTs), tsLow(key.commitTs), eventFlags(mode, key));
  }

  /** {@link find} for a key in its public form. */
  findKey(mode: Mode, key: EventKey): number {
    return this.find(tsHigh(key.commitTs), tsLow(key.commitTs), eventFlags(mode, key));
  }

  /** One more referrer, or several: the event stays. */
  retain(event: number, count = 1): void {
    if (this.#references[event] === 0) this.#unlink(event);
    this.#references[event]! += count;
  }

  /** One referrer less, or several. */
  release(event: number, count = 1): void {
    this.#references[event]! -= count;
    if (this.#references[event] === 0) this.#rest(event);
  }

  /**
   * Takes the facts of an event. The first stay (L-10: they are immutable and alike), but for route admissions, which only
   * the table trigger reports (N-1) and which are added when they come. `lacksAdmissions`: there are some, and not in these.
   */
  learn(mode: Mode, facts: BlockFacts, lacksAdmissions = false): number {
    const event = this.internKey(mode, facts.key);
    if (event === NO_EVENT) return NO_EVENT;
    const known = this.#facts[event];
    if (known === undefined) {
      this.#facts[event] = facts;
      this.#long[event] = lengthOf(facts) > LONG_FACTS ? 1 : 0;
      this.#lacking[event] = lacksAdmissions ? 1 : 0;
    } else if (known.admissions.length === 0 && facts.admissions.length > 0) {
      const { admissions, admissionsAfter } = facts;
      this.#facts[event] = { ...known, admissions, ...(admissionsAfter !== undefined && { admissionsAfter }) };
      this.#lacking[event] = 0;
      this.tellAgain(event);
    }
    return event;
  }

  facts(event: number): BlockFacts | undefined {
    return this.#facts[event];
  }

  /**
   * Whether what is known of the event is what a WAITING or NONE of a dispatcher has to bring along. Facts of the trigger may have
   * been forgotten, and those of others learned since: what it reports goes with its admissions or not at all, for once it
   * is acknowledged nobody tells them (N-1).
   */
  suffice(event: number, handle: number): boolean {
    return this.#facts[event] !== undefined && (this.#lacking[event] === 0 || !isTrigger(handle));
  }

  /** {@link suffice}, whoever reports. */
  sufficeAll(event: number): boolean {
    return this.#facts[event] !== undefined && this.#lacking[event] === 0;
  }

  /**
   * Whether the maintainer is to be told the facts with the next batch that has a WAITING of an event (T-A). Long ones go
   * once to each maintainer, and again when a status is resent, when the maintainer does not admit one (its reason may be
   * that it has no facts), and when they have grown. Others go with every batch.
   */
  factsDue(event: number): boolean {
    return this.#long[event] === 0 || this.#told[event] !== this.#round;
  }

  factsTold(event: number): void {
    this.#told[event] = this.#round;
  }

  tellAgain(event: number): void {
    this.#told[event] = 0;
  }

  /** Another maintainer, which has been told nothing. */
  tellAllAgain(): void {
    this.#round++;
  }

  /** A Write passed by: the next DONE of the event is that of the writer, for the others are let pass only after it. */
  askedToWrite(event: number): void {
    this.#asked[event] = 1;
  }

  /** True once after {@link askedToWrite}. */
  takeAsked(event: number): boolean {
    const isAsked = this.#asked[event] === 1;
    if (isAsked) this.#asked[event] = 0;
    return isAsked;
  }

  key(event: number): EventKey {
    const known = this.#keys[event];
    if (known !== undefined) return known;
    const key: EventKey = {
      commitTs: joinTs(this.#high[event]!, this.#low[event]!),
      isSyncPoint: (this.#flags[event]! & EVENT_SYNC_POINT) !== 0,
    };
    this.#keys[event] = key;
    return key;
  }

  mode(event: number): Mode {
    return (this.#flags[event]! & EVENT_REDO) === 0 ? 0 : 1;
  }

  #add(high: number, low: number, flags: number): number {
    if (this.#free === NO_EVENT && this.#end > MAX_EVENT) return NO_EVENT;
    let event = this.#free;
    if (event === NO_EVENT) {
      event = this.#end++;
      if (event === this.#high.length) this.#grow();
    } else {
      this.#free = this.#next[event]!;
    }
    this.#high[event] = high;
    this.#low[event] = low;
    this.#flags[event] = flags;
    this.#references[event] = 0;
    this.outstanding[event] = 0;
    this.#told[event] = 0;
    this.#long[event] = 0;
    this.#lacking[event] = 0;
    this.#asked[event] = 0;
    this.#index.insert(event, hashOf(high, low, flags));
    this.#rest(event);
    return event;
  }

  /** The event is idle: last in the list; above the limit the oldest goes. */
  #rest(event: number): void {
    const tail = this.#previous[0]!;
    this.#next[tail] = event;
    this.#previous[event] = tail;
    this.#next[event] = 0;
    this.#previous[0] = event;
    this.#idle++;
    if (this.#idle > this.#idleLimit && this.#next[0] !== event) this.#forget(this.#next[0]!);
  }

  #unlink(event: number): void {
    const before = this.#previous[event]!;
    const after = this.#next[event]!;
    this.#next[before] = after;
    this.#previous[after] = before;
    this.#idle--;
  }

  #forget(event: number): void {
    this.#unlink(event);
    this.#index.remove(event, hashOf(this.#high[event]!, this.#low[event]!, this.#flags[event]!));
    this.#flags[event] = FREE;
    this.#keys[event] = undefined;
    this.#facts[event] = undefined;
    this.#next[event] = this.#free;
    this.#free = event;
  }

  #grow(): void {
    const length = this.#high.length * 2;
    this.#high = longer(this.#high, new Int32Array(length));
    this.#low = longer(this.#low, new Int32Array(length));
    const flags = new Uint8Array(length).fill(FREE);
    flags.set(this.#flags);
    this.#flags = flags;
    this.#long = longer(this.#long, new Uint8Array(length));
    this.#lacking = longer(this.#lacking, new Uint8Array(length));
    this.#asked = longer(this.#asked, new Uint8Array(length));
    this.#references = longer(this.#references, new Uint32Array(length));
    this.outstanding = longer(this.outstanding, new Uint32Array(length));
    this.#told = longer(this.#told, new Uint32Array(length));
    this.#next = longer(this.#next, new Uint32Array(length));
    this.#previous = longer(this.#previous, new Uint32Array(length));
  }
}

function longer<Column extends Int32Array | Uint32Array | Uint8Array>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}

/** Entries in the lists of an event's facts. */
function lengthOf({ blockTables, drops, adds, schemaChanges, admissions }: BlockFacts): number {
  const ids = (influence: BlockFacts['drops']) => (influence?.type === 'normal' ? influence.tableIds.length : 0);
  return ids(blockTables) + ids(drops) + adds.length + schemaChanges.length + admissions.length;
}

function eventFlags(mode: Mode, key: EventKey): number {
  return (key.isSyncPoint ? EVENT_SYNC_POINT : 0) | (mode === 0 ? 0 : EVENT_REDO);
}

function hashOf(high: number, low: number, flags: number): number {
  return mix32(low ^ Math.imul(high, 0x9e3779b1) ^ (flags << 30));
}
