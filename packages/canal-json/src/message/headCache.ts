import type { Span } from './span.js';

/** Slots; a power of two. */
const SLOTS = 1024;
/** Longer heads are not remembered: {@link SLOTS} of at most so many bytes. */
const MAX_BYTES = 4096;
/** Bytes of a message that tell its slot: names and type stand among them in what TiCDC writes. */
const HASHED = 128;
/** New heads in a row after which it is left alone for a while: a log whose heads differ must not pay for it. */
const PATIENCE = 1024;
const PAUSE = 16 * PATIENCE;

/** What the head of a message said. */
export interface HeadFields {
  readonly database: Span;
  readonly table: Span;
  readonly type: Span;
  readonly sql: Span;
  readonly pkNames: Span;
  readonly mysqlType: Span;
  isDdl: boolean | undefined;
}

/** A head that was validated before. */
interface Head {
  readonly bytes: Buffer;
  /** Its spans, counted from the begin of the message: start, end, escaped; start -1: absent. */
  readonly spans: Int32Array;
  readonly isDdl: boolean | undefined;
}

const FIELDS = ['database', 'table', 'type', 'sql', 'pkNames', 'mysqlType'] as const;

/**
 * Heads of row messages: everything from the first brace up to the value of `data`. All messages of one type of one table
 * have the same, byte for byte, and it is more than half of their bytes: comparing it costs a tenth of reading it. What
 * is remembered was validated, is plain ASCII, and ends where a value is due, so bytes that begin with it mean the same.
 */
export class HeadCache {
  readonly #slots: (Head | undefined)[] = new Array<Head | undefined>(SLOTS).fill(undefined);
  /** The rows of a transaction come in runs. */
  #last: Head | undefined;
  #misses = 0;
  /** Messages that are not looked at. */
  #pause = 0;

  /** Where the value of `data` begins in the message at `bytes[start … end)`, and what stands before it; -1: its head is a new one. */
  match(fields: HeadFields, bytes: Uint8Array, start: number, end: number): number {
    if (this.#pause > 0) {
      this.#pause--;
      return -1;
    }
    let head = this.#last;
    if (head === undefined || !isHeadOf(head, bytes, start, end)) {
      head = this.#slots[slotOf(bytes, start, end)];
      if (head === undefined || !isHeadOf(head, bytes, start, end)) {
        if (++this.#misses > PATIENCE) this.#rest();
        return -1;
      }
      this.#last = head;
    }
    this.#misses = 0;
    const { spans } = head;
    for (let index = 0, at = 0; index < FIELDS.length; index++, at += 3) {
      const span = fields[FIELDS[index] as (typeof FIELDS)[number]];
      const from = spans[at] as number;
      if (from >= 0) span.set(start + from, start + (spans[at + 1] as number), spans[at + 2] === 1);
    }
    fields.isDdl = head.isDdl;
    return start + head.bytes.length;
  }

  /** Remembers what stands in `bytes[start … data)`; `end` is that of the message. */
  remember(fields: HeadFields, bytes: Uint8Array, start: number, data: number, end: number): void {
    if (data - start > MAX_BYTES || this.#pause > 0) return;
    const spans = new Int32Array(FIELDS.length * 3).fill(-1);
    FIELDS.forEach((name, index) => {
      const span = fields[name];
      if (!span.absent) spans.set([span.start - start, span.end - start, span.escaped ? 1 : 0], index * 3);
    });
    this.#last = { bytes: Buffer.from(bytes.subarray(start, data)), spans, isDdl: fields.isDdl };
    this.#slots[slotOf(bytes, start, end)] = this.#last;
  }

  #rest(): void {
    this.#misses = 0;
    this.#pause = PAUSE;
  }
}

function isHeadOf({ bytes: head }: Head, bytes: Uint8Array, start: number, end: number): boolean {
  return start + head.length < end && head.compare(bytes, start, start + head.length) === 0;
}

function slotOf(bytes: Uint8Array, start: number, end: number): number {
  const to = Math.min(end, start + HASHED);
  let value = 0x811c9dc5;
  for (let at = start; at < to; at++) value = Math.imul(value ^ (bytes[at] as number), 0x01000193);
  return (value ^ (value >>> 15)) & (SLOTS - 1);
}
