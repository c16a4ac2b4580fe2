import { LineTooLongError, type Where } from '../errors.js';

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * Cuts a stream of byte chunks into lines. After `next()` has answered true the line is `bytes[start … end)`, without its
 * line break; the fields also say where it stands, so the splitter itself is the place that errors name. A line that lies
 * within one chunk is not copied. Holds at most one chunk and `maxLineBytes` of an unfinished line.
 */
export class LineSplitter implements Where {
  readonly file: string;
  readonly maxLineBytes: number;
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** Number of the current line, from 1. */
  line = 0;
  /** Byte at which the current line begins. */
  offset = 0;

  #chunk: Uint8Array = new Uint8Array(0);
  /** Next byte of the chunk to look at, and the place of the chunk's first byte in the whole. */
  #at = 0;
  #chunkOffset = 0;
  /** Begin of a line whose end has not come yet. */
  #pieces: Uint8Array[] = [];
  #pieceBytes = 0;

  constructor(file: string, maxLineBytes: number) {
    this.file = file;
    this.maxLineBytes = maxLineBytes;
  }

  /** Gives the next chunk, once `next()` has answered false. Its bytes must not change afterwards. */
  push(chunk: Uint8Array): void {
    this.#chunkOffset += this.#chunk.length;
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** Moves to the next complete line that is not blank. False: the chunk is used up. Throws {@link LineTooLongError}. */
  next(): boolean {
    for (;;) {
      const begin = this.#at;
      const end = this.#chunk.indexOf(NEWLINE, begin);
      if (end < 0) {
        this.#keep(begin);
        return false;
      }
      this.#at = end + 1;
      this.#place(begin, end);
      if (this.#trim()) return true;
    }
  }

  /** After the last chunk: moves to a last line that has no line break. False: there is none. */
  finish(): boolean {
    if (this.#pieceBytes === 0) return false;
    this.#place(this.#chunk.length, this.#chunk.length);
    return this.#trim();
  }

  /** Sets the line fields to what was kept plus `chunk[begin … end)`. */
  #place(begin: number, end: number): void {
    const length = this.#pieceBytes + (end - begin);
    this.line++;
    this.offset = this.#chunkOffset + begin - this.#pieceBytes;
    if (length > this.maxLineBytes) throw this.#tooLong();
    if (this.#pieceBytes === 0) {
      this.bytes = this.#chunk;
      this.start = begin;
      this.end = end;
      return;
    }
    this.#pieces.push(this.#chunk.subarray(begin, end));
    this.bytes = Buffer.concat(this.#pieces, length);
    this.start = 0;
    this.end = length;
    this.#pieces = [];
    this.#pieceBytes = 0;
  }

  #keep(begin: number): void {
    const rest = this.#chunk.length - begin;
    if (rest === 0) return;
    this.#pieces.push(this.#chunk.subarray(begin));
    this.#pieceBytes += rest;
    this.#at = this.#chunk.length;
    if (this.#pieceBytes <= this.maxLineBytes) return;
    this.line++;
    this.offset = this.#chunkOffset + this.#chunk.length - this.#pieceBytes;
    throw this.#tooLong();
  }

  /** Takes the return of a CR LF away. False: the line is blank. */
  #trim(): boolean {
    if (this.end > this.start && this.bytes[this.end - 1] === RETURN) this.end--;
    return this.end > this.start;
  }

  #tooLong(): LineTooLongError {
    return new LineTooLongError(
      this,
      `the line is longer than ${this.maxLineBytes} bytes. Raise maxLineBytes if the log really holds such lines.`,
    );
  }
}
