import type { RowsMessage } from '@tidegate/protocol';

/** Changes a fresh builder has room for; doubled when it runs out. */
const FIRST_CHANGES = 256;

interface Columns {
  readonly handle: Uint32Array<ArrayBuffer>;
  readonly generation: Uint32Array<ArrayBuffer>;
  readonly commitTs: BigUint64Array<ArrayBuffer>;
  readonly rows: Uint32Array<ArrayBuffer>;
  readonly offset: Uint32Array<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What was gathered. A lane that has copied it says so (`copied`), and its memory is used for the next. */
class GatheredRows implements RowsMessage {
  readonly type = 'rows';
  readonly handle: Uint32Array;
  readonly generation: Uint32Array;
  readonly commitTs: BigUint64Array;
  readonly rows: Uint32Array;
  readonly offset: Uint32Array;
  readonly bytes: Uint8Array;
  readonly #copied: () => void;

  constructor(columns: Columns, count: number, bytes: number, copied: () => void) {
    this.handle = columns.handle.subarray(0, count);
    this.generation = columns.generation.subarray(0, count);
    this.commitTs = columns.commitTs.subarray(0, count);
    this.rows = columns.rows.subarray(0, count);
    this.offset = columns.offset.subarray(0, count + 1);
    this.bytes = columns.bytes.subarray(0, bytes);
    this.#copied = copied;
  }

  copied(): void {
    this.#copied();
  }
}

/**
 * Gathers row changes for one worker into one {@link RowsMessage}. Columns and bytes are handed over with the message and
 * not written again, so the receiver may keep views of them, unless the message says that it was copied into a lane.
 */
export class RowsBuilder {
  readonly #firstBytes: number;
  #count = 0;
  #used = 0;
  #handle: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  #generation: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  #commitTs: BigUint64Array<ArrayBuffer> = new BigUint64Array(0);
  #rows: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  #offset: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  constructor(firstBytes: number) {
    this.#firstBytes = firstBytes;
  }

  /** Changes gathered. */
  get length(): number {
    return this.#count;
  }

  /** Bytes gathered. */
  get bytes(): number {
    return this.#used;
  }

  /** Commit ts of the last change, or 0 when there is none. */
  get lastCommitTs(): bigint {
    return this.#count === 0 ? 0n : (this.#commitTs[this.#count - 1] as bigint);
  }

  add(handle: number, generation: number, commitTs: bigint, rows: number, bytes: Uint8Array): void {
    if (this.#count === this.#handle.length) this.#growColumns();
    if (this.#used + bytes.length > this.#bytes.length) this.#growBytes(this.#used + bytes.length);
    const at = this.#count;
    this.#handle[at] = handle;
    this.#generation[at] = generation;
    this.#commitTs[at] = commitTs;
    this.#rows[at] = rows;
    this.#bytes.set(bytes, this.#used);
    this.#used += bytes.length;
    this.#count = at + 1;
    this.#offset[this.#count] = this.#used;
  }

  /** Takes what was gathered as a message and starts anew; undefined when there is nothing. */
  take(): RowsMessage | undefined {
    const count = this.#count;
    if (count === 0) return undefined;
    const columns: Columns = {
      handle: this.#handle,
      generation: this.#generation,
      commitTs: this.#commitTs,
      rows: this.#rows,
      offset: this.#offset,
      bytes: this.#bytes,
    };
    const message = new GatheredRows(columns, count, this.#used, () => this.#reuse(columns));
    this.#count = 0;
    this.#used = 0;
    this.#handle = new Uint32Array(0);
    this.#bytes = new Uint8Array(0);
    return message;
  }

  #reuse({ handle, generation, commitTs, rows, offset, bytes }: Columns): void {
    if (this.#handle.length > 0 || this.#bytes.length > 0) return;
    this.#handle = handle;
    this.#generation = generation;
    this.#commitTs = commitTs;
    this.#rows = rows;
    this.#offset = offset;
    this.#bytes = bytes;
  }

  #growColumns(): void {
    const capacity = Math.max(FIRST_CHANGES, this.#handle.length * 2);
    const count = this.#count;
    const handle = new Uint32Array(capacity);
    const generation = new Uint32Array(capacity);
    const commitTs = new BigUint64Array(capacity);
    const rows = new Uint32Array(capacity);
    const offset = new Uint32Array(capacity + 1);
    if (count > 0) {
      handle.set(this.#handle.subarray(0, count));
      generation.set(this.#generation.subarray(0, count));
      commitTs.set(this.#commitTs.subarray(0, count));
      rows.set(this.#rows.subarray(0, count));
      offset.set(this.#offset.subarray(0, count + 1));
    }
    this.#handle = handle;
    this.#generation = generation;
    this.#commitTs = commitTs;
    this.#rows = rows;
    this.#offset = offset;
  }

  #growBytes(needed: number): void {
    const bytes = new Uint8Array(Math.max(this.#firstBytes, this.#bytes.length * 2, needed));
    bytes.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = bytes;
  }
}
