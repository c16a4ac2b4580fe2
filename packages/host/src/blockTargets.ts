import type { BlockEvent } from '@tidegate/protocol';
import { grown } from './tableSlots.js';
import { BLOCK_TARGET_BYTES, type WorkerOutlets } from './workerOutlets.js';

const FIRST_TARGETS = 64;

/** Those among one worker's dispatchers for whom a block event is. */
interface Targets {
  handle: Uint32Array;
  generation: Uint32Array;
  count: number;
}

/** Gathers the dispatchers for whom a block event is, by worker; a million are some messages that fit the lane. */
export class BlockTargets {
  readonly #outlets: WorkerOutlets;
  readonly #byWorker: Targets[];
  /** One message takes so many: a lane has a largest message. */
  readonly #most: number;

  constructor(outlets: WorkerOutlets) {
    this.#outlets = outlets;
    this.#most = Math.max(1, Math.floor(outlets.maxChangeBytes / 2 / BLOCK_TARGET_BYTES));
    this.#byWorker = Array.from({ length: outlets.count }, () => ({
      handle: new Uint32Array(0),
      generation: new Uint32Array(0),
      count: 0,
    }));
  }

  add(worker: number, handle: number, generation: number, event: BlockEvent): void {
    const targets = this.#byWorker[worker] as Targets;
    if (targets.count === this.#most) this.#send(worker, targets, event);
    if (targets.count === targets.handle.length) {
      const length = Math.min(this.#most, Math.max(FIRST_TARGETS, targets.count * 2));
      targets.handle = grown(targets.handle, length);
      targets.generation = grown(targets.generation, length);
    }
    targets.handle[targets.count] = handle;
    targets.generation[targets.count++] = generation;
  }

  /** Sends the event to those who were gathered since the last time. */
  send(event: BlockEvent): void {
    for (const [worker, targets] of this.#byWorker.entries()) if (targets.count > 0) this.#send(worker, targets, event);
  }

  #send(worker: number, targets: Targets, event: BlockEvent): void {
    const handle = targets.handle.slice(0, targets.count);
    const generation = targets.generation.slice(0, targets.count);
    targets.count = 0;
    this.#outlets.push(worker, { type: 'block-event', event, target: { type: 'normal', handle, generation } });
  }
}
