import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { corrupt, redoError } from './errors.js';
import { HEADER, MAGIC } from './layout.js';

const READ_AHEAD = 256 * 1024;

/** A whole batch. */
export interface ReadBatch {
  /** Place of its body in the file. */
  readonly offset: number;
  /** Valid until the next batch is read. */
  readonly body: Buffer;
}

/**
 * Reads a segment from its beginning, batch by batch, as far as it was long when it was opened.
 *
 * Where a batch is not whole, the writer died before it had synced it: nobody was told that it is durable, and the
 * segment ends there. There can be nothing behind it then, because a batch is written when the one before it is synced; so in
 * a sealed segment, and where a later batch follows, it is damage, and `REDO_CORRUPT` is thrown.
 */
export class BatchReader {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #size: number;
  readonly #sealed: boolean;
  #buffer: Buffer = Buffer.allocUnsafe(READ_AHEAD);
  #bufferAt = 0;
  #buffered = 0;
  #number = 0;
  #session: number | undefined;
  #end = 0;

  private constructor(path: string, handle: FileHandle, size: number, sealed: boolean) {
    this.#path = path;
    this.#handle = handle;
    this.#size = size;
    this.#sealed = sealed;
  }

  /** Throws `REDO_UNREADABLE`, whose cause is the system's error. */
  static async open(path: string, sealed: boolean): Promise<BatchReader> {
    try {
      const handle = await open(path, 'r');
      try {
        return new BatchReader(path, handle, (await handle.stat()).size, sealed);
      } catch (error) {
        await handle.close();
        throw error;
      }
    } catch (error) {
      throw redoError('REDO_UNREADABLE', 'cannot read', path, error);
    }
  }

  /** Where the last whole batch ends. */
  get end(): number {
    return this.#end;
  }

  /** What lies behind the last whole batch is of no use. */
  get torn(): boolean {
    return this.#end < this.#size;
  }

  /** Number of the first segment of the life that wrote it; 0 before the first batch. */
  get session(): number {
    return this.#session ?? 0;
  }

  get handle(): FileHandle {
    return this.#handle;
  }

  /** The next batch; undefined at the end. Throws `REDO_CORRUPT`, `REDO_UNREADABLE`. */
  async next(): Promise<ReadBatch | undefined> {
    try {
      return await this.#next();
    } catch (error) {
      throw redoError('REDO_UNREADABLE', 'cannot read', this.#path, error);
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #next(): Promise<ReadBatch | undefined> {
    const at = this.#end;
    if (at === this.#size) return undefined;
    const header = await this.#view(at, HEADER.size);
    const length = header === undefined ? undefined : this.#bodyLength(header, at);
    if (header === undefined || length === undefined) return await this.#broken(at, 'there is no batch header');
    const crc = header.readUInt32LE(HEADER.bodyCrc);
    const session = header.readUInt32LE(HEADER.session);
    const body = await this.#view(at + HEADER.size, length);
    if (body === undefined) return await this.#broken(at, `a batch of ${length} bytes leads beyond the end of the file`);
    if (crc32(body) !== crc) return await this.#broken(at, `the checksum of a batch of ${length} bytes is wrong`);
    this.#session = session;
    this.#number++;
    this.#end = at + HEADER.size + length;
    return { offset: at + HEADER.size, body };
  }

  /** Length of the body when this is the header that belongs here. */
  #bodyLength(header: Buffer, at: number): number | undefined {
    if (!isHeader(header, at) || header.readUInt32LE(HEADER.number) !== this.#number) return undefined;
    if (this.#session !== undefined && header.readUInt32LE(HEADER.session) !== this.#session) return undefined;
    return header.readUInt32LE(HEADER.length);
  }

  async #broken(at: number, what: string): Promise<undefined> {
    if (this.#sealed) throw corrupt(this.#path, at, what);
    const later = await this.#laterBatch(at + 1);
    if (later !== undefined) throw corrupt(this.#path, at, `${what}, and there is a later batch at byte ${later}`);
    return undefined;
  }

  /** Place of a header of this life that says it comes later than what is broken. */
  async #laterBatch(from: number): Promise<number | undefined> {
    const magic = Buffer.alloc(4);
    magic.writeUInt32LE(MAGIC);
    for (let at = from; at + HEADER.size <= this.#size; ) {
      const length = Math.min(READ_AHEAD, this.#size - at);
      const piece = await this.#view(at, length);
      if (piece === undefined) return undefined;
      for (let found = piece.indexOf(magic); found >= 0; found = piece.indexOf(magic, found + 1)) {
        if (found + HEADER.size > length) break;
        const header = piece.subarray(found, found + HEADER.size);
        if (isHeader(header, at + found) && header.readUInt32LE(HEADER.number) > this.#number) return at + found;
      }
      at += Math.max(1, length - HEADER.size + 1);
    }
    return undefined;
  }

  /** Bytes of the file; undefined where it ends before. Valid until the next call. */
  async #view(at: number, length: number): Promise<Buffer | undefined> {
    if (at + length > this.#size) return undefined;
    if (at < this.#bufferAt || at + length > this.#bufferAt + this.#buffered) {
      if (length > this.#buffer.length) this.#buffer = Buffer.allocUnsafe(length);
      this.#bufferAt = at;
      this.#buffered = 0;
      const wanted = Math.min(this.#buffer.length, this.#size - at);
      while (this.#buffered < length) {
        const { bytesRead } = await this.#handle.read(this.#buffer, this.#buffered, wanted - this.#buffered, at + this.#buffered);
        if (bytesRead === 0) return undefined;
        this.#buffered += bytesRead;
      }
    }
    return this.#buffer.subarray(at - this.#bufferAt, at - this.#bufferAt + length);
  }
}

function isHeader(header: Buffer, at: number): boolean {
  return (
    header.readUInt32LE(HEADER.magic) === MAGIC &&
    header.readUInt32LE(HEADER.headerCrc) === crc32(header.subarray(0, HEADER.headerCrc)) &&
    header.readBigUInt64LE(HEADER.offset) === BigInt(at)
  );
}
