import { DEFAULTS, type Stage } from '@tidegate/protocol';
import { requireInteger } from '../checks.js';
import { EventTable } from './eventTable.js';
import { ABSENT, KeyTable } from './keyTable.js';
import { type BlockStatus, Offered, type PendingMap } from './pendingMap.js';
import { isKeyed, PENDING, RESERVED, stageShift } from './stageBits.js';
import {
  BatchBuilder,
  releaseEvents,
  STAGE_COLUMN_MASK,
  type StatusBatch,
  selectRows,
  splitBatch,
  withFacts,
} from './statusBatch.js';

export interface RequestQueueOptions {
  /** Requests that the queue holds, 1 … 2^24. Default 10 000. */
  readonly capacity?: number;
  /** Whose requests share `keys`; requests to others have key spaces of their own. Default the empty text. */
  readonly target?: string;
  readonly events?: EventTable;
  readonly keys?: KeyTable;
}

/**
 * Dedupe stage Q: requests that wait to be sent. A WAITING or DONE that is queued or in flight to the same target does not
 * enter again; its key is free when the send is complete, however it went.
 */
export class RequestQueue {
  readonly events: EventTable;
  readonly capacity: number;
  /** Statuses suppressed here so far. */
  suppressed = 0;
  /** Requests refused because the queue was full. */
  refused = 0;
  #target: string;
  readonly #keys: KeyTable;
  readonly #otherKeys = new Map<string, KeyTable>();
  readonly #inFlight = new Set<StatusBatch>();
  #queue: StatusBatch[] = [];
  #head = 0;

  constructor(options: RequestQueueOptions = {}) {
    this.capacity = requireInteger('capacity', options.capacity ?? DEFAULTS.requestQueueCapacity, 1, 2 ** 24);
    this.events = options.events ?? new EventTable();
    this.#keys = options.keys ?? new KeyTable(this.events);
    this.#target = options.target ?? '';
  }

  /** Requests that wait. */
  get length(): number {
    return this.#queue.length - this.#head;
  }

  /** Requests that still fit. */
  get room(): number {
    return this.capacity - this.length;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** (dispatcher, event) pairs with a key of this queue, all targets but those whose table is shared. */
  get reserved(): number {
    let reserved = 0;
    for (const keys of this.#otherKeys.values()) reserved += keys.size;
    return reserved + this.#keys.size;
  }

  /** Whom {@link reserve} reserves for. */
  get target(): string {
    return this.#target;
  }

  /**
   * Enqueues a request without what is queued or in flight already, duplicates within it included; the order of the rest is
   * kept. `FULL`: no room, nothing has changed. `IGNORED`: null or empty. `SUPPRESSED`: nothing was left of it.
   */
  enqueue(request: StatusBatch | null | undefined): Offered {
    if (request === null || request === undefined || request.handle.length === 0) return Offered.IGNORED;
    if (this.room <= 0) {
      this.refused++;
      return Offered.FULL;
    }
    const keys = this.#keysOf(request.target);
    const rows = new Uint32Array(request.handle.length);
    let kept = 0;
    for (let row = 0; row < rows.length; row++) {
      const stage = request.stage[row]! & STAGE_COLUMN_MASK;
      const event = request.eventIndex[request.event[row]!]!;
      if (this.#reserve(keys, request.handle[row]!, request.generation[row]!, event, stage, 0)) rows[kept++] = row;
    }
    if (kept === 0) {
      releaseEvents(this.events, request);
      return Offered.SUPPRESSED;
    }
    this.push(kept === rows.length ? request : selectRows(request, rows.subarray(0, kept)));
    return Offered.ACCEPTED;
  }

  /**
   * Reserves the key of one status for the queue's own target and, in the same step, clears the bits `release` of earlier
   * stages. False: an equal one is queued or in flight. What is no WAITING or DONE reserves nothing and always passes.
   */
  reserve(handle: number, generation: number, event: number, stage: Stage, release: number): boolean {
    return this.#reserve(this.#keys, handle, generation, event, stage, release);
  }

  /** Adds a request whose keys are reserved. */
  push(request: StatusBatch): void {
    this.#queue.push(request);
  }

  /** Adds a request made of what comes first in the pending map: its keys go from stage L to stage Q. Only while the queue is empty. */
  takeFrom(pending: PendingMap, request: StatusBatch): void {
    const { length } = request.handle;
    for (let row = 0; row < length && pending.shift(); row++) {
      const { handle, generation, event, stage } = pending;
      if (isKeyed(stage)) this.reserve(handle, generation, event, stage, PENDING << stageShift(stage));
      else pending.release();
    }
    this.push(request);
  }

  /** The next request, without taking it. */
  peek(): StatusBatch | undefined {
    return this.#queue[this.#head];
  }

  /** Takes the next request; its keys are in flight from now on, without a gap. */
  dequeue(): StatusBatch | undefined {
    const request = this.#queue[this.#head];
    if (request === undefined) return undefined;
    this.#inFlight.add(request);
    this.#head++;
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    } else if (this.#head >= 1024 && this.#head * 2 >= this.#queue.length) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
    return request;
  }

  /** Frees the keys of a request, whether its send succeeded or failed. Does nothing for one that is not in flight. */
  sendComplete(request: StatusBatch | null | undefined): void {
    if (request === null || request === undefined || !this.#inFlight.delete(request)) return;
    const keys = this.#keysOf(request.target);
    for (let row = 0; row < request.handle.length; row++) {
      const stage = request.stage[row]! & STAGE_COLUMN_MASK;
      if (!isKeyed(stage)) continue;
      const event = request.eventIndex[request.event[row]!]!;
      keys.clear(request.handle[row]!, request.generation[row]!, event, RESERVED << stageShift(stage));
    }
    releaseEvents(this.events, request);
    if (keys.size === 0 && keys !== this.#keys) this.#otherKeys.delete(request.target);
  }

  /**
   * Takes the next request as delivered, keys and all: the outstanding table frees or keeps each of them in one step, so
   * that there is no moment at which a delivered status is in no stage (T-I).
   */
  handOver(): StatusBatch | undefined {
    const request = this.dequeue();
    if (request !== undefined) this.#inFlight.delete(request);
    return request;
  }

  /** Cuts the next request in two, if it has more than one status. It stays where it is in the order, and so do its keys. */
  splitHead(): boolean {
    const request = this.#queue[this.#head];
    if (request === undefined || request.handle.length < 2) return false;
    this.#queue.splice(this.#head, 1, ...splitBatch(this.events, request));
    return true;
  }

  /** The requests that wait go to another target from now on, and so do their keys. Only while nothing is in flight. */
  retarget(target: string): void {
    this.#target = target;
    this.events.tellAllAgain();
    for (let at = this.#head; at < this.#queue.length; at++) {
      const request = this.#queue[at] as StatusBatch;
      this.#queue[at] = { ...withFacts(this.events, request), target };
    }
  }

  #reserve(keys: KeyTable, handle: number, generation: number, event: number, stage: number, release: number): boolean {
    if (!isKeyed(stage)) return true;
    const bit = RESERVED << stageShift(stage);
    const reference = keys.locate(handle, generation, event);
    if (reference === ABSENT) {
      keys.add(handle, generation, event, bit, 0, 0);
      return true;
    }
    const bits = keys.bits(reference);
    keys.setBits(reference, (bits & ~release) | bit);
    if ((bits & bit) === 0) return true;
    this.suppressed++;
    return false;
  }

  #keysOf(target: string): KeyTable {
    if (target === this.#target) return this.#keys;
    let keys = this.#otherKeys.get(target);
    if (keys === undefined) {
      keys = new KeyTable(this.events);
      this.#otherKeys.set(target, keys);
    }
    return keys;
  }
}

/** Makes a request for a {@link RequestQueue} from statuses of one mode, in order. Enqueue it once; what is refused may be tried again. */
export function batchOf(events: EventTable, target: string, statuses: readonly BlockStatus[]): StatusBatch {
  const builder = new BatchBuilder(events, statuses[0]?.mode ?? 0, Math.max(1, statuses.length));
  for (const status of statuses) {
    const event =
      status.facts === undefined ? events.internKey(status.mode, status.key) : events.learn(status.mode, status.facts);
    builder.push(status.handle, status.generation, event, status.stage, status.already ?? false);
  }
  return builder.finish(target);
}
