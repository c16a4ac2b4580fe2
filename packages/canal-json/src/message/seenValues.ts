/** Slots; a power of two. */
const SLOTS = 64;
/** Longer values are not remembered: 64 slots of at most this many bytes. */
const MAX_BYTES = 4096;

/**
 * Objects that were validated before and mostly come again byte for byte: every row message carries the types of its
 * table's columns. Comparing costs a quarter of validating. An object ends with its own brace, so bytes that begin with a
 * remembered one begin with that value, whatever follows.
 */
export class SeenValues {
  readonly #slots: (Buffer | undefined)[] = new Array<Buffer | undefined>(SLOTS).fill(undefined);

  /** Length of the remembered value that stands at `bytes[at]` and ends before `end`; 0 when it is another one. */
  match(slot: number, bytes: Uint8Array, at: number, end: number): number {
    const seen = this.#slots[slot & (SLOTS - 1)];
    if (seen === undefined || at + seen.length > end) return 0;
    return seen.compare(bytes, at, at + seen.length) === 0 ? seen.length : 0;
  }

  /** Remembers a validated object, which is plain ASCII. */
  remember(slot: number, bytes: Uint8Array, start: number, end: number): void {
    if (end - start <= MAX_BYTES) this.#slots[slot & (SLOTS - 1)] = Buffer.from(bytes.subarray(start, end));
  }
}
