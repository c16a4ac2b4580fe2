import type { ThreadSpec } from './scenario.js';
import { mix } from './sharedMemory.js';

/** Not started; able to go on; asleep until woken; at its end; killed. */
export type Status = 'unborn' | 'ready' | 'asleep' | 'finished' | 'dead';

const STATUS_CODES: Readonly<Record<Status, number>> = { unborn: 1, ready: 2, asleep: 3, finished: 4, dead: 5 };

export interface ThreadSnapshot {
  readonly length: number;
  readonly hash: number;
  readonly secondHash: number;
  readonly status: Status;
  readonly sleepsAt: number;
  readonly notes: readonly number[];
}

/**
 * One thread of a scenario. Its state is the results of its operations so far: to go on, its course is run again from
 * the start and is given them, and only then reaches shared memory.
 */
export class Thread {
  readonly index: number;
  readonly spec: ThreadSpec;
  status: Status;
  /** The place that it waits at, while asleep. */
  sleepsAt = -1;
  notes: number[] = [];
  /** How many of the results the course that runs now has been given. */
  position = 0;
  readonly #results: number[] = [];
  readonly #operations: number[] = [];
  #hash = 0;
  #secondHash = 0;

  constructor(index: number, spec: ThreadSpec) {
    this.index = index;
    this.spec = spec;
    this.status = spec.succeeds === undefined ? 'ready' : 'unborn';
  }

  /** Before the course runs again. */
  rewind(): void {
    this.position = 0;
    this.notes = [];
  }

  get steps(): number {
    return this.#results.length;
  }

  get isReplaying(): boolean {
    return this.position < this.#results.length;
  }

  /** The result that this operation had. */
  replay(operation: number, place: number): number {
    const at = this.position++;
    if (this.#operations[at] !== operation * 2 ** 20 + place) {
      throw new Error(`${this.spec.name} is not determined by the results of its operations: explore nothing but shared memory`);
    }
    return this.#results[at]!;
  }

  /** The result of an operation that was performed now; of a wait, when it is over. */
  record(operation: number, place: number, result: number): void {
    this.#operations.push(operation * 2 ** 20 + place);
    this.#results.push(result);
    this.#hash = mix(this.#hash ^ mix(result ^ (operation << 24) ^ (place << 12)) ^ 0x2545f491);
    this.#secondHash = (Math.imul(this.#secondHash, 0x9e3779b1) + mix(result + operation + place * 64)) | 0;
  }

  /** Of all that its next steps depend on. */
  hash(seed: number): number {
    const status = STATUS_CODES[this.status] + 8 * this.sleepsAt;
    return mix(seed ^ mix(this.#hash + status) ^ Math.imul(this.#secondHash, 0x85ebca6b + seed));
  }

  snapshot(): ThreadSnapshot {
    const { status, sleepsAt } = this;
    const hashes = { hash: this.#hash, secondHash: this.#secondHash };
    return { length: this.#results.length, ...hashes, status, sleepsAt, notes: this.notes.slice() };
  }

  restore(snapshot: ThreadSnapshot): void {
    this.#results.length = snapshot.length;
    this.#operations.length = snapshot.length;
    this.#hash = snapshot.hash;
    this.#secondHash = snapshot.secondHash;
    this.status = snapshot.status;
    this.sleepsAt = snapshot.sleepsAt;
    this.notes = snapshot.notes.slice();
  }
}
