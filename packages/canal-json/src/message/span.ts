/** A piece of a message by its place in the bytes. One object is used for many messages. */
export class Span {
  start = 0;
  end = 0;
  /** A string with escapes in it: its bytes are not its text. */
  escaped = false;
  absent = true;

  clear(): void {
    this.absent = true;
    this.escaped = false;
    this.start = 0;
    this.end = 0;
  }

  set(start: number, end: number, escaped: boolean): this {
    this.start = start;
    this.end = end;
    this.escaped = escaped;
    this.absent = false;
    return this;
  }

  /** The text of a string span (without its quotes). */
  text(bytes: Uint8Array): string {
    if (this.absent) return '';
    const raw = textOf(bytes, this.start, this.end);
    return this.escaped ? (JSON.parse(`"${raw}"`) as string) : raw;
  }

  /** The value of a span that covers a whole JSON value; undefined when absent. */
  value(bytes: Uint8Array): unknown {
    return this.absent ? undefined : JSON.parse(textOf(bytes, this.start, this.end));
  }
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString('utf8', start, end);
}
