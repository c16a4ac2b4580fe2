import type { SourceToWorker } from '@tidegate/protocol';
import type { ActorContext, Address } from '@tidegate/runtime';
import type { Catalogue } from './catalogue.js';
import { RowsBuilder } from './rowsBuilder.js';
import { StreamStartsBuilder } from './streamStarts.js';

/** Bytes of a change beside its payload: its place in the columns, rounded up. */
export const CHANGE_OVERHEAD = 64;
/** Bytes of one dispatcher among the targets of a block event. */
export const BLOCK_TARGET_BYTES = 8;

export interface WorkerOutletsOptions {
  readonly workers: readonly Address[];
  /** Row bytes gathered for one worker before they are sent. */
  readonly batchBytes: number;
  /** Largest message that the lane to a worker takes. */
  readonly maxMessageBytes: number;
}

/** The ways to the workers: gathers rows, keeps per-worker order, and keeps what a full lane refuses until it has room. */
export class WorkerOutlets {
  readonly #context: ActorContext<SourceToWorker>;
  readonly #options: WorkerOutletsOptions;
  readonly #builders: RowsBuilder[];
  readonly #starts: StreamStartsBuilder[];
  readonly #unsent: SourceToWorker[][];
  #blocked = 0;

  constructor(context: ActorContext<SourceToWorker>, options: WorkerOutletsOptions) {
    this.#context = context;
    this.#options = options;
    // A transaction is not cut, so a batch ends a little behind its bound.
    this.#builders = options.workers.map(() => new RowsBuilder(options.batchBytes + (options.batchBytes >>> 2)));
    this.#starts = options.workers.map(() => new StreamStartsBuilder());
    this.#unsent = options.workers.map(() => []);
  }

  get count(): number {
    return this.#options.workers.length;
  }

  /** Workers whose lane refused a message that has not left yet. */
  get blocked(): number {
    return this.#blocked;
  }

  /** Largest change that fits a message. */
  get maxChangeBytes(): number {
    return this.#options.maxMessageBytes - CHANGE_OVERHEAD;
  }

  indexOf(worker: Address): number {
    return this.#options.workers.indexOf(worker);
  }

  /** Gathers a row change. A transaction stays in one message unless it exceeds the largest one. */
  addRows(worker: number, handle: number, generation: number, commitTs: bigint, rows: number, bytes: Uint8Array): void {
    const builder = this.#builders[worker] as RowsBuilder;
    this.#flushStarts(worker);
    const size = builder.bytes + builder.length * CHANGE_OVERHEAD;
    const full = size >= this.#options.batchBytes && builder.lastCommitTs !== commitTs;
    if (full || size + bytes.length + CHANGE_OVERHEAD > this.#options.maxMessageBytes) this.flush(worker);
    builder.add(handle, generation, commitTs, rows, bytes);
  }

  /** Gathers the start of a stream that has caught up, of the table of a slot as it is now. */
  addStart(worker: number, handle: number, generation: number, resolvedTs: bigint, catalogue: Catalogue, slot: number): void {
    const starts = this.#starts[worker] as StreamStartsBuilder;
    if (starts.empty) this.flush(worker);
    starts.add(handle, generation, resolvedTs, catalogue, slot);
    if (starts.full) this.#flushStarts(worker);
  }

  #flushStarts(worker: number): void {
    const starts = this.#starts[worker] as StreamStartsBuilder;
    if (starts.empty) return;
    for (const message of starts.take()) this.#send(worker, message);
  }

  /** Sends what was gathered for one worker. */
  flush(worker: number): void {
    this.#flushStarts(worker);
    const message = this.#builders[worker]?.take();
    if (message !== undefined) this.#send(worker, message);
  }

  flushAll(): void {
    for (let worker = 0; worker < this.#builders.length; worker++) this.flush(worker);
  }

  /** Sends a message behind everything gathered before. */
  push(worker: number, message: SourceToWorker): void {
    this.flush(worker);
    this.#send(worker, message);
  }

  pushAll(message: SourceToWorker): void {
    for (let worker = 0; worker < this.#builders.length; worker++) this.push(worker, message);
  }

  /** Tries again to send what was refused. */
  retry(): void {
    if (this.#blocked === 0) return;
    for (const [worker, unsent] of this.#unsent.entries()) {
      if (unsent.length === 0) continue;
      let sent = 0;
      while (sent < unsent.length && this.#context.send(this.#address(worker), unsent[sent] as SourceToWorker)) sent++;
      unsent.splice(0, sent);
      if (unsent.length === 0) this.#blocked--;
    }
  }

  #send(worker: number, message: SourceToWorker): void {
    const unsent = this.#unsent[worker] as SourceToWorker[];
    if (unsent.length === 0) {
      if (this.#context.send(this.#address(worker), message)) return;
      this.#blocked++;
    }
    unsent.push(message);
  }

  #address(worker: number): Address {
    return this.#options.workers[worker] as Address;
  }
}
