import { crc32 } from 'node:zlib';
import { maxTs, minTs } from '@tidegate/protocol';
import { EVENT_HEAD, HEADER, LENGTH_SIZE, MAGIC, RECORD, ROW_HEAD, TABLE_HEAD } from './layout.js';

const SMALLEST = 16 * 1024;

/** Records that are synced together, encoded as they come, behind room for their header. */
export class Batch {
  readonly #target: number;
  #buffer: Buffer = Buffer.allocUnsafe(SMALLEST);
  #length: number = HEADER.size;
  /** Commit timestamps of its rows, DDLs and sync points; undefined while it has none. */
  first: bigint | undefined;
  last: bigint | undefined;
  /** The segment ends with it. */
  sealAfter = false;

  /** `target`: bytes from which on it is full. */
  constructor(target: number) {
    this.#target = target;
  }

  get full(): boolean {
    return this.#length >= this.#target;
  }

  get empty(): boolean {
    return this.#length === HEADER.size;
  }

  /** Bytes in the file, with the header; 0 while it is empty. */
  get size(): number {
    return this.empty ? 0 : this.#length;
  }

  row(commitTs: bigint, reference: number, rows: number, bytes: Uint8Array): void {
    const at = this.#record(RECORD.row, ROW_HEAD + bytes.length);
    const buffer = this.#buffer;
    this.#ts(at, commitTs);
    buffer.writeUInt32LE(reference, at + 13);
    buffer.writeUInt32LE(rows >>> 0, at + 17);
    buffer.set(bytes, at + ROW_HEAD);
  }

  table(reference: number, generation: number, json: string): void {
    const at = this.#record(RECORD.table, TABLE_HEAD + Buffer.byteLength(json));
    this.#buffer.writeUInt32LE(reference, at + 5);
    this.#buffer.writeUInt32LE(generation, at + 9);
    this.#buffer.write(json, at + TABLE_HEAD);
  }

  ddl(commitTs: bigint, json: string): void {
    const at = this.#record(RECORD.ddl, EVENT_HEAD + Buffer.byteLength(json));
    this.#ts(at, commitTs);
    this.#buffer.write(json, at + EVENT_HEAD);
  }

  syncPoint(commitTs: bigint): void {
    this.#ts(this.#record(RECORD.syncPoint, EVENT_HEAD), commitTs);
  }

  /** Fills in the header and answers everything, to be written at `offset`. Valid until {@link clear}. */
  finish(number: number, offset: number, session: number): Buffer {
    const buffer = this.#buffer;
    const body = buffer.subarray(HEADER.size, this.#length);
    buffer.writeUInt32LE(MAGIC, HEADER.magic);
    buffer.writeUInt32LE(number, HEADER.number);
    buffer.writeBigUInt64LE(BigInt(offset), HEADER.offset);
    buffer.writeUInt32LE(body.length, HEADER.length);
    buffer.writeUInt32LE(crc32(body), HEADER.bodyCrc);
    buffer.writeUInt32LE(session, HEADER.session);
    buffer.writeUInt32LE(crc32(buffer.subarray(0, HEADER.headerCrc)), HEADER.headerCrc);
    return buffer.subarray(0, this.#length);
  }

  /** Makes it empty again. The buffer stays, unless a large change blew it up. */
  clear(): void {
    if (this.#buffer.length > 2 * this.#target) this.#buffer = Buffer.allocUnsafe(SMALLEST);
    this.#length = HEADER.size;
    this.first = undefined;
    this.last = undefined;
    this.sealAfter = false;
  }

  #record(type: number, size: number): number {
    const at = this.#length;
    this.#reserve(at + size);
    this.#buffer.writeUInt32LE(size - LENGTH_SIZE, at);
    this.#buffer[at + LENGTH_SIZE] = type;
    this.#length = at + size;
    return at;
  }

  #reserve(size: number): void {
    if (size <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(size, Math.min(2 * this.#buffer.length, this.#target + SMALLEST)));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }

  #ts(at: number, commitTs: bigint): void {
    this.#buffer.writeBigUInt64LE(commitTs, at + 5);
    this.first = this.first === undefined ? commitTs : minTs(this.first, commitTs);
    this.last = this.last === undefined ? commitTs : maxTs(this.last, commitTs);
  }
}
