import type { LinkHandler, LinkReceiver, LinkSender, MessageKind } from './link.js';

const CELL_BYTES = 32;
const CELL_WORDS = CELL_BYTES / 4;
/** Low byte of a record's first word, which belongs to the link. */
const RECORD_MARK = 1;
const RECORD = 0xff;

/**
 * A link between two actors of one thread: a bounded ring of cells, each a record (in place) or a reference to a message.
 * It keeps a lane's manners (refuses when full, a reserve for control, visible only when published), so that what holds
 * stepped holds on threads.
 */
export class MemoryLink implements LinkSender, LinkReceiver {
  readonly capacity: number;
  runAt = 0;
  readonly #mask: number;
  readonly #ordinary: number;
  readonly #kinds: Uint8Array;
  readonly #ids: Uint32Array;
  readonly #messages: unknown[];
  // Most links carry no records: their words are made when first asked for.
  #words: Uint32Array | undefined;
  #head = 0;
  #published = 0;
  #claimed = 0;

  constructor(capacityBytes: number, reserveBytes: number) {
    this.capacity = capacityBytes / CELL_BYTES;
    this.#mask = this.capacity - 1;
    this.#ordinary = this.capacity - Math.ceil(reserveBytes / CELL_BYTES);
    this.#kinds = new Uint8Array(this.capacity);
    this.#ids = new Uint32Array(this.capacity);
    this.#messages = new Array(this.capacity).fill(undefined);
  }

  get words(): Uint32Array {
    this.#words ??= new Uint32Array(this.capacity * CELL_WORDS);
    return this.#words;
  }

  get empty(): boolean {
    return this.#head === this.#published;
  }

  /** Records and messages on the link, published or not. */
  get size(): number {
    return this.#claimed - this.#head;
  }

  /** Counts what is published and not taken. */
  contents(): { records: number; messages: number } {
    let records = 0;
    for (let i = this.#head; i !== this.#published; i++) if (this.#kinds[i & this.#mask] === RECORD) records++;
    return { records, messages: this.#published - this.#head - records };
  }

  claimRecords(most: number): number {
    const cell = this.#claimed & this.#mask;
    const count = Math.min(most, this.#ordinary - this.size, this.capacity - cell);
    if (count <= 0) return 0;
    this.#kinds.fill(RECORD, cell, cell + count);
    this.runAt = cell * CELL_WORDS;
    for (let next = 0; next < count; next++) this.words[this.runAt + next * CELL_WORDS] = RECORD_MARK;
    this.#claimed += count;
    return count;
  }

  claimRecord(): number {
    if (this.#claimed - this.#head >= this.#ordinary) return -1;
    const cell = this.#claimed++ & this.#mask;
    this.#kinds[cell] = RECORD;
    const at = cell * CELL_WORDS;
    this.words[at] = RECORD_MARK;
    return at;
  }

  offer(kind: MessageKind, id: number, message: unknown, control: boolean): boolean {
    if (this.#claimed - this.#head >= (control ? this.capacity : this.#ordinary)) return false;
    const cell = this.#claimed++ & this.#mask;
    this.#kinds[cell] = kind;
    this.#ids[cell] = id;
    this.#messages[cell] = message;
    return true;
  }

  hasRoom(control: boolean): boolean {
    return control ? this.size < this.capacity : this.#ordinary - this.size >= this.#ordinary >>> 2;
  }

  publish(): void {
    this.#published = this.#claimed;
  }

  abort(): void {
    while (this.#claimed !== this.#published) this.#messages[--this.#claimed & this.#mask] = undefined;
  }

  drain(limit: number, handler: LinkHandler): number {
    let handled = 0;
    let goOn = true;
    // A handler may publish to this very link (an actor linked to itself): the end is fixed before.
    const end = this.#published;
    while (goOn && handled < limit && this.#head !== end) {
      const cell = this.#head & this.#mask;
      const kind = this.#kinds[cell]!;
      if (kind === RECORD) {
        const count = this.#recordsFrom(cell, Math.min(limit - handled, end - this.#head));
        // Freed only after the call: the records are read in place.
        goOn = handler.records(this.words, cell * CELL_WORDS, count) && handler.taken === count;
        handled += handler.taken;
        this.#head += handler.taken;
      } else {
        handled++;
        const message = this.#messages[cell];
        this.#messages[cell] = undefined;
        this.#head++;
        goOn = handler.message(kind as MessageKind, this.#ids[cell]!, message);
      }
    }
    return handled;
  }

  /** How many of `most` cells from `cell`, which is a record, are records side by side. */
  #recordsFrom(cell: number, most: number): number {
    const end = Math.min(cell + most, this.capacity);
    let next = cell + 1;
    while (next < end && this.#kinds[next] === RECORD) next++;
    return next - cell;
  }
}
