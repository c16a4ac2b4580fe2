import { isUtf8 } from 'node:buffer';

/** What a byte is inside a string: 0 plain ASCII, 1 part of a longer UTF-8 character, 2 quote, backslash or control. */
const STRING_CLASS: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x80 ? 1 : byte < 0x20 || byte === 0x22 || byte === 0x5c ? 2 : 0,
);

/** Deepest nesting of arrays and objects. */
export const MAX_DEPTH = 200;

const QUOTE = 0x22;
const MINUS = 0x2d;
const DOT = 0x2e;
const COLON = 0x3a;
const COMMA = 0x2c;
const ZERO = 0x30;
const BACKSLASH = 0x5c;
const LOWER_E = 0x65;
const LOWER_U = 0x75;

/** Not JSON. `at` is the index of the offending byte. */
export class JsonSyntaxProblem extends Error {
  readonly at: number;

  constructor(at: number, expected: string) {
    super(expected);
    this.at = at;
  }
}

/**
 * Walks over one JSON text in UTF-8 without building anything from it, and accepts exactly what `JSON.parse` accepts (up
 * to a depth of {@link MAX_DEPTH}). Allocates nothing on the way.
 */
export class JsonTokenizer {
  bytes: Uint8Array = new Uint8Array(0);
  /** Next byte to look at, and one past the last. */
  at = 0;
  end = 0;
  /** Its first byte. */
  begin = 0;
  /** Whether the last string skipped had an escape in it. */
  escaped = false;
  /** Not 0: a byte of a longer UTF-8 character was seen. */
  #high = 0;

  /** Begins with the text in `bytes[start … end)`. */
  start(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.begin = start;
    this.#high = 0;
  }

  /** No character beyond ASCII was passed so far. */
  get ascii(): boolean {
    return this.#high === 0;
  }

  /** Requires that nothing but blanks is left, and that what was passed is UTF-8. */
  finish(): void {
    if (this.at > this.end) throw new JsonSyntaxProblem(this.end, 'more');
    if (this.peek() !== -1) throw this.expected('the end of the line');
    if (
      this.#high !== 0 &&
      !isUtf8(new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + this.begin, this.end - this.begin))
    ) {
      throw new JsonSyntaxProblem(this.begin, 'text in UTF-8');
    }
  }

  /** Skips blanks and answers the next byte without taking it; -1 at the end. */
  peek(): number {
    const { bytes, end } = this;
    let at = this.at;
    while (at < end) {
      const byte = bytes[at] as number;
      if (byte > 0x20) {
        this.at = at;
        return byte;
      }
      if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) throw this.expected('no control character');
      at++;
    }
    this.at = at;
    return -1;
  }

  /** Takes the byte that `peek` would answer, which must be `byte`. */
  take(byte: number): void {
    if (this.peek() !== byte) throw this.expected(`'${String.fromCharCode(byte)}'`);
    this.at++;
  }

  /** After a value in an array or object: takes a comma (true) or `close` (false). */
  more(close: number): boolean {
    const byte = this.peek();
    if (byte !== COMMA && byte !== close) throw this.expected(`',' or '${String.fromCharCode(close)}'`);
    this.at++;
    return byte === COMMA;
  }

  /** Skips one value of any kind. */
  skipValue(depth = 0): void {
    const byte = this.peek();
    if (byte === QUOTE) this.skipString();
    else if (byte === 0x7b) this.#skipObject(depth + 1);
    else if (byte === 0x5b) this.#skipArray(depth + 1);
    else if (byte === MINUS || (byte >= ZERO && byte <= 0x39)) this.skipNumber();
    else if (byte === 0x6e) this.#skipWord('null');
    else if (byte === 0x74) this.#skipWord('true');
    else if (byte === 0x66) this.#skipWord('false');
    else throw this.expected('a value');
  }

  /** Skips a string; its content is `bytes[at + 1 … at - 1)` of the places before and after. */
  skipString(): void {
    if (this.peek() !== QUOTE) throw this.expected('a string');
    const { bytes, end } = this;
    let at = this.at + 1;
    let high = 0;
    let escaped = false;
    for (;;) {
      let kind = STRING_CLASS[bytes[at] as number] as number;
      while (kind < 2) {
        high |= kind;
        kind = STRING_CLASS[bytes[++at] as number] as number;
      }
      if (at >= end) throw new JsonSyntaxProblem(end, 'the end of a string');
      const byte = bytes[at] as number;
      if (byte === QUOTE) break;
      if (byte !== BACKSLASH) throw new JsonSyntaxProblem(at, 'no bare control character in a string');
      escaped = true;
      at = this.#skipEscape(at + 1);
    }
    this.at = at + 1;
    this.escaped = escaped;
    this.#high |= high;
  }

  /** Skips a number. */
  skipNumber(): void {
    const { bytes, end } = this;
    let at = this.at;
    if (bytes[at] === MINUS) at++;
    if (at < end && bytes[at] === ZERO) at++;
    else at = this.#skipDigits(at);
    if (at < end && bytes[at] === DOT) at = this.#skipDigits(at + 1);
    if (at < end && ((bytes[at] as number) | 0x20) === LOWER_E) {
      at++;
      if (at < end && (bytes[at] === 0x2b || bytes[at] === MINUS)) at++;
      at = this.#skipDigits(at);
    }
    this.at = at;
  }

  /** The problem to throw when something else stands here. */
  expected(what: string): JsonSyntaxProblem {
    return new JsonSyntaxProblem(this.at, what);
  }

  #skipEscape(at: number): number {
    const byte = at < this.end ? (this.bytes[at] as number) : -1;
    if (byte === LOWER_U) {
      for (let digit = at + 1; digit <= at + 4; digit++) {
        if (digit >= this.end || !isHex(this.bytes[digit] as number))
          throw new JsonSyntaxProblem(digit, 'four hexadecimal digits');
      }
      return at + 5;
    }
    // " \ / b f n r t
    const known =
      byte === QUOTE ||
      byte === BACKSLASH ||
      byte === 0x2f ||
      byte === 0x62 ||
      byte === 0x66 ||
      byte === 0x6e ||
      byte === 0x72 ||
      byte === 0x74;
    if (!known) throw new JsonSyntaxProblem(at, 'an escape that JSON knows');
    return at + 1;
  }

  #skipDigits(from: number): number {
    const { bytes, end } = this;
    let at = from;
    while (at < end && (bytes[at] as number) >= ZERO && (bytes[at] as number) <= 0x39) at++;
    if (at === from) throw new JsonSyntaxProblem(at, 'a digit');
    return at;
  }

  #skipWord(word: 'null' | 'true' | 'false'): void {
    for (let index = 0; index < word.length; index++) {
      if (this.at + index >= this.end || this.bytes[this.at + index] !== word.charCodeAt(index)) throw this.expected('a value');
    }
    this.at += word.length;
  }

  /**
   * Most bytes of a log are objects of short strings, written without blanks; those are passed here without a call per
   * token. Whatever else comes goes the general way. A quote beyond the end may be passed by: `finish` finds out.
   */
  #skipObject(depth: number): void {
    this.#checkDepth(depth);
    this.at++;
    if (this.peek() === 0x7d) {
      this.at++;
      return;
    }
    const { bytes } = this;
    let at = this.at;
    let high = 0;
    for (;;) {
      const key = at;
      let kind = 0;
      if (bytes[at] === QUOTE) {
        do {
          high |= kind;
          kind = STRING_CLASS[bytes[++at] as number] as number;
        } while (kind < 2);
      }
      if (bytes[at] === QUOTE && at > key && bytes[at + 1] === COLON) at += 2;
      else {
        this.at = key;
        this.skipString();
        this.take(COLON);
        at = this.at;
      }
      const value = at;
      kind = 0;
      if (bytes[at] === QUOTE) {
        do {
          high |= kind;
          kind = STRING_CLASS[bytes[++at] as number] as number;
        } while (kind < 2);
      }
      if (bytes[at] === QUOTE && at > value) at++;
      else {
        this.at = value;
        this.skipValue(depth);
        at = this.at;
      }
      if (bytes[at] === COMMA) {
        at++;
        continue;
      }
      this.at = at;
      if (!this.more(0x7d)) break;
      at = this.at;
    }
    this.#high |= high;
  }

  #skipArray(depth: number): void {
    this.#checkDepth(depth);
    this.at++;
    if (this.peek() === 0x5d) {
      this.at++;
      return;
    }
    do this.skipValue(depth);
    while (this.more(0x5d));
  }

  #checkDepth(depth: number): void {
    if (depth > MAX_DEPTH) throw this.expected(`no nesting beyond ${MAX_DEPTH} levels`);
  }
}

function isHex(byte: number): boolean {
  return (byte >= ZERO && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
}
