import { type LaneConsumer, LaneFrameTooLargeError, type LaneHandler, type LaneProducer } from '@tidegate/ring';
import type { Address } from '../actor.js';
import { MessageTooLargeError } from '../errors.js';
import { asBulk, BulkMemory, type BulkMessage, withoutBulk } from './bulk.js';
import type { Codec } from './codec.js';
import type { LinkHandler, LinkReceiver, LinkSender, MessageKind } from './link.js';
import { messageType } from './messageType.js';

/**
 * A frame's payload:
 *
 * ```
 *  word 0  kind of message; plus BULK
 *  word 1  id of the ask that it is or answers, or 0
 *  then    the message, encoded
 *
 *  with BULK:
 *  word 2  bytes of the message without its bulk; word 3 is not used
 *  then    the message without its bulk, encoded
 *  then    its bulk, at a multiple of 8: into and out of shared memory V8 copies words where both sides are aligned, else bytes
 * ```
 */
const FRAME_HEADER_BYTES = 8;
const BULK_HEADER_BYTES = 16;
const BULK = 0x100;

/** Where the bulk begins behind an encoded message of so many bytes. */
function bulkOffset(encoded: number): number {
  return (BULK_HEADER_BYTES + encoded + 7) & ~7;
}

/** The producer's end of a link that is a lane to another thread. */
export class LaneSender implements LinkSender {
  readonly words: Uint32Array;
  readonly #producer: LaneProducer;
  readonly #codec: Codec;
  readonly #from: Address;
  readonly #to: Address;
  /** Room worth waking for: one cell at a time, the two sides would wake each other for every one. */
  readonly #worthwhile: number;
  /** Cells that must be free before the next try. */
  #needed = 1;

  constructor(producer: LaneProducer, codec: Codec, from: Address, to: Address) {
    this.words = producer.words;
    this.#producer = producer;
    this.#codec = codec;
    this.#from = from;
    this.#to = to;
    this.#worthwhile = (producer.capacityCells - producer.reserveCells) >>> 2;
  }

  claimRecord(): number {
    const at = this.#producer.claimRecord();
    if (at === -1) this.#needed = this.#worthwhile;
    return at;
  }

  claimRecords(most: number): number {
    const count = this.#producer.claimRecords(most);
    if (count === 0) this.#needed = this.#worthwhile;
    return count;
  }

  get runAt(): number {
    return this.#producer.runAt;
  }

  offer(kind: MessageKind, id: number, message: unknown, control: boolean): boolean {
    const producer = this.#producer;
    const bulk = asBulk(message);
    const encoded = this.#codec.encode(bulk === undefined ? message : withoutBulk(bulk));
    const header = bulk === undefined ? FRAME_HEADER_BYTES : BULK_HEADER_BYTES;
    const length = bulk === undefined ? header + encoded.length : bulkOffset(encoded.length) + bulk.bytes.length;
    const at = this.#claim(length, control, message);
    if (at === -1) {
      const cells = producer.frameCells(length);
      this.#needed = control ? cells : Math.max(cells, this.#worthwhile);
      return false;
    }
    this.words[at >>> 2] = bulk === undefined ? kind : kind | BULK;
    this.words[(at >>> 2) + 1] = id;
    producer.bytes.set(encoded, at + header);
    if (bulk !== undefined) {
      this.words[(at >>> 2) + 2] = encoded.length;
      producer.bytes.set(bulk.bytes, at + bulkOffset(encoded.length));
    }
    (message as Partial<BulkMessage> | null | undefined)?.copied?.();
    return true;
  }

  hasRoom(control: boolean): boolean {
    return this.#producer.free(control) >= this.#needed || this.#producer.wantRoom(this.#needed, control);
  }

  publish(): void {
    this.#producer.publish();
  }

  abort(): void {
    this.#producer.abort();
  }

  #claim(length: number, control: boolean, message: unknown): number {
    try {
      return this.#producer.claimFrame(length, control);
    } catch (error) {
      if (!(error instanceof LaneFrameTooLargeError)) throw error;
      throw new MessageTooLargeError(this.#from, this.#to, messageType(message), length, this.#producer.maxFrameBytes);
    }
  }
}

/** Thrown before an entry that is not to be delivered now: the lane then keeps it, and releases what went before. */
const STOP = new Error('stop');

/** The consumer's end. */
export class LaneReceiver implements LinkReceiver, LaneHandler {
  readonly capacity: number;
  readonly #consumer: LaneConsumer;
  readonly #codec: Codec;
  readonly #bulk = new BulkMemory();
  #handler: LinkHandler | undefined;
  #handled = 0;
  #goOn = true;

  constructor(consumer: LaneConsumer, codec: Codec) {
    this.capacity = consumer.capacityCells;
    this.#consumer = consumer;
    this.#codec = codec;
  }

  get empty(): boolean {
    return this.#consumer.empty;
  }

  drain(limit: number, handler: LinkHandler): number {
    this.#handler = handler;
    this.#handled = 0;
    this.#goOn = true;
    try {
      this.#consumer.drain(limit, this);
    } catch (error) {
      if (error !== STOP) throw error;
    }
    return this.#handled;
  }

  record(words: Uint32Array, at: number): void {
    this.records(words, at, 1);
  }

  records(words: Uint32Array, at: number, count: number): number {
    if (!this.#goOn) throw STOP;
    const handler = this.#handler as LinkHandler;
    this.#goOn = handler.records(words, at, count);
    this.#handled += handler.taken;
    return handler.taken;
  }

  frame(bytes: Uint8Array, offset: number, length: number): void {
    if (!this.#goOn) throw STOP;
    this.#handled++;
    const words = this.#consumer.words;
    const kind = (words[offset >>> 2]! & ~BULK) as MessageKind;
    const id = words[(offset >>> 2) + 1] as number;
    const handler = this.#handler as LinkHandler;
    let message: unknown;
    try {
      if ((words[offset >>> 2]! & BULK) === 0) {
        message = this.#codec.decode(bytes, offset + FRAME_HEADER_BYTES, length - FRAME_HEADER_BYTES);
      } else {
        const encoded = words[(offset >>> 2) + 2]!;
        message = this.#codec.decode(bytes, offset + BULK_HEADER_BYTES, encoded);
        this.#bulk.restore(message, bytes.subarray(offset + bulkOffset(encoded), offset + length));
      }
    } catch (error) {
      this.#goOn = handler.undecodable(error as Error);
      return;
    }
    this.#goOn = handler.message(kind, id, message);
  }
}
