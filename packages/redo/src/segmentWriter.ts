import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { maxTs, minTs } from '@tidegate/protocol';
import type { Batch } from './batch.js';
import { syncDir } from './files.js';
import { formatSegmentName } from './segmentName.js';

/** Where the segments of one life of a worker go. */
export interface SegmentPlace {
  readonly dir: string;
  readonly worker: string;
  /** Number of the first segment of this life. */
  readonly session: number;
  readonly fsync: boolean;
}

/** The segment that is written at the moment. One call at a time. */
export class SegmentWriter {
  readonly #place: SegmentPlace;
  readonly #number: number;
  readonly #path: string;
  readonly #handle: FileHandle;
  #batches = 0;
  #size = 0;
  #first: bigint | undefined;
  #last: bigint | undefined;

  private constructor(place: SegmentPlace, number: number, path: string, handle: FileHandle) {
    this.#place = place;
    this.#number = number;
    this.#path = path;
    this.#handle = handle;
  }

  static async create(place: SegmentPlace, number: number): Promise<SegmentWriter> {
    const path = join(place.dir, formatSegmentName({ worker: place.worker, number, sealed: undefined }));
    const handle = await open(path, 'wx');
    try {
      await syncDir(place.dir, place.fsync);
    } catch (error) {
      await handle.close();
      throw error;
    }
    return new SegmentWriter(place, number, path, handle);
  }

  get path(): string {
    return this.#path;
  }

  /** Settles when the batch is durable. */
  async append(batch: Batch): Promise<void> {
    const bytes = batch.finish(this.#batches, this.#size, this.#place.session);
    for (let done = 0; done < bytes.length; ) {
      done += (await this.#handle.write(bytes, done, bytes.length - done, this.#size + done)).bytesWritten;
    }
    if (this.#place.fsync) await this.#handle.datasync();
    this.#batches++;
    this.#size += bytes.length;
    if (batch.first !== undefined && batch.last !== undefined) {
      this.#first = this.#first === undefined ? batch.first : minTs(this.#first, batch.first);
      this.#last = this.#last === undefined ? batch.last : maxTs(this.#last, batch.last);
    }
  }

  /** Gives it its final name. One that holds nothing goes. */
  async seal(): Promise<void> {
    await this.#handle.close();
    if (this.#first === undefined || this.#last === undefined) {
      await rm(this.#path);
    } else {
      const sealed = { first: this.#first, last: this.#last };
      await rename(
        this.#path,
        join(this.#place.dir, formatSegmentName({ worker: this.#place.worker, number: this.#number, sealed })),
      );
    }
    await syncDir(this.#place.dir, this.#place.fsync);
  }

  /** Leaves it as it is, for the next life to seal. */
  async abandon(): Promise<void> {
    await this.#handle.close();
  }
}
