/** Shorter bytes travel within their message. */
const LEAST_BYTES = 4 * 1_024;
/** Memory is kept in powers of two from the first to the last of these sizes. */
const LEAST_BLOCK = 64 * 1_024;
const LARGEST_BLOCK = 4 * 1_024 * 1_024;
/** Most that is kept for later. What is in use is bounded by its users. */
const MOST_KEPT = 8 * 1_024 * 1_024;
const NONE = new Uint8Array(0);

/** A message most of which is its `bytes`. These travel beside it, copied once into the lane and once out of it. */
export interface BulkMessage {
  bytes: Uint8Array;
  /** The sender's, on a prototype: told when it was copied into a lane, so that its memory is the sender's again. */
  copied?(): void;
  /**
   * The receiver's, set on what came over a lane: nobody looks at the bytes any more, so their memory may hold the next ones. A
   * receiver that never says so finds them unchanged for as long as it likes.
   */
  release?(): void;
}

/** The message if it is one of bulk. */
export function asBulk(message: unknown): BulkMessage | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { bytes } = message as Partial<BulkMessage>;
  return bytes instanceof Uint8Array && bytes.length >= LEAST_BYTES ? (message as BulkMessage) : undefined;
}

/** What travels within the message: everything else. */
export function withoutBulk(message: BulkMessage): BulkMessage {
  return { ...message, bytes: NONE };
}

/** Memory for bulk that arrives, used again once it is released. Memory outside the heap makes V8 collect all of it. */
export class BulkMemory {
  readonly #free = new Map<number, ArrayBuffer[]>();
  #kept = 0;

  /** Gives a message that was decoded a copy of its bytes. */
  restore(message: unknown, bytes: Uint8Array): void {
    const block = this.#take(bytes.length);
    const copy = new Uint8Array(block, 0, bytes.length);
    copy.set(bytes);
    const bulk = message as BulkMessage;
    bulk.bytes = copy;
    let isOurs = false;
    Object.defineProperty(bulk, 'release', {
      value: () => {
        if (!isOurs) this.#give(block);
        isOurs = true;
      },
    });
  }

  #take(length: number): ArrayBuffer {
    if (length > LARGEST_BLOCK) return new ArrayBuffer(length);
    let size = LEAST_BLOCK;
    while (size < length) size *= 2;
    const block = this.#free.get(size)?.pop();
    if (block === undefined) return new ArrayBuffer(size);
    this.#kept -= size;
    return block;
  }

  #give(block: ArrayBuffer): void {
    const size = block.byteLength;
    if (size > LARGEST_BLOCK || this.#kept + size > MOST_KEPT) return;
    this.#kept += size;
    const free = this.#free.get(size);
    if (free === undefined) this.#free.set(size, [block]);
    else free.push(block);
  }
}
