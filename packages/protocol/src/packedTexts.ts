const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** Bytes that no row uses any more before it is worth the walk to close the gaps. */
const SLACK = 64 * 1024;
/** A text up to so long is decoded without a call out of the engine, if it is ASCII. */
const SHORT = 48;

/**
 * A short text for each of many rows, in UTF-8 in one buffer: four bytes a row and its bytes, where a string costs some
 * forty. Texts that were replaced are closed up when they are half of all.
 */
export class PackedTexts {
  /** By row: one more than where its text begins, 0 for none. A text begins with its length in two bytes. */
  #at: Uint32Array = new Uint32Array(0);
  #bytes: Uint8Array = new Uint8Array(0);
  #used = 0;
  #dead = 0;

  /** Makes room for rows below `rows`. */
  grow(rows: number): void {
    if (rows <= this.#at.length) return;
    const at = new Uint32Array(rows);
    at.set(this.#at);
    this.#at = at;
  }

  /** @throws RangeError for a text of more than 65 535 bytes. */
  set(row: number, text: string): void {
    this.setBytes(row, ENCODER.encode(text));
  }

  /** The text as bytes; they are copied. */
  setBytes(row: number, text: Uint8Array): void {
    if (text.length > 0xffff) throw new RangeError(`a name of ${text.length} bytes; the longest has 65535`);
    this.clear(row);
    if (this.#used + text.length + 2 > this.#bytes.length) this.#makeRoom(text.length + 2);
    const at = this.#used;
    this.#bytes[at] = text.length & 0xff;
    this.#bytes[at + 1] = text.length >>> 8;
    this.#bytes.set(text, at + 2);
    this.#used = at + 2 + text.length;
    this.#at[row] = at + 1;
  }

  /** Empty when none was set. */
  get(row: number): string {
    const text = this.bytes(row);
    if (text.length <= SHORT) {
      let short = '';
      let at = 0;
      for (; at < text.length && text[at]! < 0x80; at++) short += String.fromCharCode(text[at]!);
      if (at === text.length) return short;
    }
    return DECODER.decode(text);
  }

  /** A view: valid until the next change. */
  bytes(row: number): Uint8Array {
    const at = this.#at[row] ?? 0;
    return at === 0 ? this.#bytes.subarray(0, 0) : this.#bytes.subarray(at + 1, at + 1 + this.#lengthAt(at));
  }

  clear(row: number): void {
    const at = this.#at[row] ?? 0;
    if (at === 0) return;
    this.#dead += this.#lengthAt(at) + 2;
    this.#at[row] = 0;
  }

  #lengthAt(at: number): number {
    return this.#bytes[at - 1]! | (this.#bytes[at]! << 8);
  }

  #makeRoom(bytes: number): void {
    const live = this.#used - this.#dead;
    const closes = this.#dead > SLACK && this.#dead > live;
    const needed = (closes ? live : this.#used) + bytes;
    const next = new Uint8Array(Math.max(1024, Math.ceil(needed * 1.25)));
    if (!closes) next.set(this.#bytes.subarray(0, this.#used));
    else {
      let used = 0;
      for (let row = 0; row < this.#at.length; row++) {
        const at = this.#at[row]!;
        if (at === 0) continue;
        const end = at + 1 + this.#lengthAt(at);
        next.set(this.#bytes.subarray(at - 1, end), used);
        this.#at[row] = used + 1;
        used += end - at + 1;
      }
      this.#used = used;
      this.#dead = 0;
    }
    this.#bytes = next;
  }
}
