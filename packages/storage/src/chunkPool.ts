const LEAST_CHUNK = 16 * 1024;
/** Largest chunk, in bytes. */
export const LARGEST_CHUNK: number = 1024 * 1024;

/**
 * Memory of files that were written, for files to come: chunks of powers of two. Memory outside the heap that is asked for anew
 * for every file makes V8 collect its whole heap, again and again.
 */
export class ChunkPool {
  readonly #most: number;
  /** Memory that can be given back. */
  readonly #ours = new WeakSet<ArrayBufferLike>();
  readonly #free = new Map<number, Uint8Array[]>();
  #kept = 0;

  /** Keeps at most `most` bytes. What is in use is bounded by its users. */
  constructor(most: number) {
    this.#most = most;
  }

  /** At least `size` bytes, whatever was in them. */
  take(size: number): Uint8Array {
    let rounded = size;
    if (size <= LARGEST_CHUNK) {
      rounded = 256;
      while (rounded < size) rounded *= 2;
    }
    const chunk = this.#free.get(rounded)?.pop();
    if (chunk !== undefined) {
      this.#kept -= rounded;
      return chunk;
    }
    if (rounded < LEAST_CHUNK || rounded > LARGEST_CHUNK) return Buffer.allocUnsafe(rounded);
    const fresh = Buffer.allocUnsafeSlow(rounded);
    this.#ours.add(fresh.buffer);
    return fresh;
  }

  /** Nobody looks at `part`, the beginning of a chunk, any more. */
  give(part: Uint8Array): void {
    const size = part.buffer.byteLength;
    // Smaller ones share their memory, larger ones are rare.
    if (!this.#ours.has(part.buffer) || this.#kept + size > this.#most) return;
    this.#kept += size;
    const chunk = new Uint8Array(part.buffer, 0, size);
    const free = this.#free.get(size);
    if (free === undefined) this.#free.set(size, [chunk]);
    else free.push(chunk);
  }
}
