import {
  type BlockStatusRequest,
  type EventKey,
  type HostId,
  MAX_HANDLE,
  type Mode,
  STATUS_ALREADY_BIT,
} from '@tidegate/protocol';
import { EventKeyMap } from '../eventKeyMap.js';
import { areBelow, copyTo, growColumn, grownCapacity } from '../span/columns.js';

/** A request as the gate let it through. */
export interface GatedRequest {
  /** Holds only what no equal status was waiting for. The original when nothing was suppressed. */
  readonly request: BlockStatusRequest;
  /** By event of the request: what its keys were reserved under. */
  readonly contexts: Uint32Array;
  /** Keys reserved. */
  readonly keys: number;
}

/** Bits of a slot that tell stages; above them stands the context. */
const STAGE_BITS = 5;
const STAGE_MASK = (1 << STAGE_BITS) - 1;
/** Half of the contexts that a slot has room for: the rest is for what may come before everything is free again. */
const MANY_CONTEXTS = 2 ** (30 - STAGE_BITS);

/** A stage beyond those that there are shares the bit of one that is nobody's. */
const ODD_STAGE = 2;

/**
 * Dedupe stage 3 (G-1 to G-7): of equal statuses one waits or is handled at a time. A dispatcher stands at one event at a
 * time, so its keys fit one slot by handle: (event, generation) and a bit for each stage. What does not fit, because the
 * slot is taken by another event, goes to a small hash on the side. No allocation per status.
 *
 * An event stands for (sender, mode, event key) and has a *context*, a number that grows: what was reserved under one below
 * {@link Gate.releaseAll | the last release of everything} is free, and nothing had to be visited for it.
 */
export class Gate {
  /** By handle: context and stages. */
  #slot: Int32Array = new Int32Array(0);
  #generation: Uint32Array = new Uint32Array(0);
  readonly #overflow = new Set<string>();
  /** By sender and mode: the contexts in use. */
  readonly #contexts = new Map<string, EventKeyMap<number>>();
  #nextContext = 1;
  /** Contexts below it are free. */
  #firstContext = 1;
  #reserved = 0;
  #suppressed = 0;
  #kept = new Uint32Array(2048);

  /** Keys that are reserved now. Zero when nothing waits (I-10). */
  get reserved(): number {
    return this.#reserved;
  }

  /** It has met so many events without a pause that it can take no more: true never, if it is drained at all. */
  get exhausted(): boolean {
    return this.#nextContext - this.#firstContext > MANY_CONTEXTS - 65_536;
  }

  get suppressed(): number {
    return this.#suppressed;
  }

  /**
   * Takes a request in. Undefined when every status of it is represented by one that waits already (G-5). An empty request
   * passes (G-7).
   */
  admit(request: BlockStatusRequest): GatedRequest | undefined {
    const rows = request.handle.length;
    const contexts = Uint32Array.from(request.events, ({ key }) => this.#contextOf(request.from, request.mode, key));
    if (rows > this.#kept.length) this.#kept = new Uint32Array(rows);
    const before = this.#reserved;
    const count = this.#admit(request, contexts, this.#kept);
    const keys = this.#reserved - before;
    this.#suppressed += rows - count;
    if (count === 0 && rows > 0) return undefined;
    return { request: count === rows ? request : select(request, this.#kept.subarray(0, count)), contexts, keys };
  }

  /** G-6: frees the keys of a request. Its caller does so exactly once, after it was handled, also when that threw. */
  release({ request, contexts, keys }: GatedRequest): void {
    for (let row = 0; row < request.handle.length; row++) {
      const handle = request.handle[row]!;
      if (handle <= MAX_HANDLE) this.#free(handle, request.generation[row]!, contexts[request.event[row]!]!, request.stage[row]!);
    }
    this.#reserved -= keys;
    if (this.#reserved === 0) this.releaseAll();
  }

  /** G-6: frees the keys of all requests at once. */
  releaseAll(): void {
    this.#reserved = 0;
    this.#overflow.clear();
    this.#contexts.clear();
    if (this.#nextContext > MANY_CONTEXTS) {
      this.#slot.fill(0);
      this.#nextContext = 1;
    }
    this.#firstContext = this.#nextContext;
  }

  /** Returns how many rows pass, and writes them to `kept` unless all do. */
  #admit({ handle, generation, event, stage, stretches }: BlockStatusRequest, contexts: Uint32Array, kept: Uint32Array): number {
    const rows = handle.length;
    let count = 0;
    for (let row = 0, next = 0; row < rows; ) {
      const index = event[row]!;
      const code = stage[row]!;
      const context = contexts[index]!;
      const bit = bitOf(code);
      const slot = (context << STAGE_BITS) | bit;
      // Statuses of one event and stage mostly stand together, and mostly none of them finds its slot taken.
      let end = row + 1;
      if (stretches === undefined) while (end < rows && event[end] === index && stage[end] === code) end++;
      else {
        if (stretches[next]! <= row) next++;
        end = stretches[next]!;
      }
      let stop = row;
      if (this.#overflow.size === 0) {
        if (stretches !== undefined && this.#takeNeighbours(handle[row]!, generation, row, end, slot)) stop = end;
        else stop = this.#takeFree(handle, generation, row, end, slot);
      }
      if (count < row) while (row < stop) kept[count++] = row++;
      else count = row = stop;
      if (row === end) continue;
      if (!this.#take(handle[row]!, generation[row]!, context, bit)) {
        // From now on those that pass are named.
        if (count === row) for (let i = 0; i < count; i++) kept[i] = i;
      } else if (count < row) kept[count++] = row;
      else count++;
      row++;
    }
    return count;
  }

  /** Takes the slots of the rows [from, to), neighbours from `first` on, if all are free. */
  #takeNeighbours(first: number, generation: Uint32Array, from: number, to: number, slot: number): boolean {
    const slots = this.#slot;
    const end = first + to - from;
    if (end > slots.length || !areBelow(slots, first, end, this.#firstContext << STAGE_BITS)) return false;
    slots.fill(slot, first, end);
    copyTo(this.#generation, first, generation, from, to);
    this.#reserved += to - from;
    return true;
  }

  /** Takes the slots of rows from `from` on, until one is not free. Returns that row, or `end`. */
  #takeFree(handle: Uint32Array, generation: Uint32Array, from: number, end: number, slot: number): number {
    const slots = this.#slot;
    const generations = this.#generation;
    const firstTaken = this.#firstContext << STAGE_BITS;
    let row = from;
    for (; row < end; row++) {
      const one = handle[row]!;
      if (one >= slots.length || slots[one]! >= firstTaken) break;
      slots[one] = slot;
      generations[one] = generation[row]!;
    }
    this.#reserved += row - from;
    return row;
  }

  /** False when an equal status waits. */
  #take(handle: number, generation: number, context: number, bit: number): boolean {
    if (handle > MAX_HANDLE) return true; // G-4: nobody's; passes, reserves nothing
    if (handle >= this.#slot.length) this.#grow(handle + 1);
    const slot = this.#slot[handle]!;
    const taken = slot >>> STAGE_BITS;
    if (this.#overflow.size > 0 && this.#overflow.has(nameOf(handle, generation, context, bit))) return false;
    if (taken < this.#firstContext || (slot & STAGE_MASK) === 0) {
      this.#slot[handle] = (context << STAGE_BITS) | bit;
      this.#generation[handle] = generation;
    } else if (taken === context && this.#generation[handle] === generation) {
      if ((slot & bit) !== 0) return false;
      this.#slot[handle] = slot | bit;
    } else this.#overflow.add(nameOf(handle, generation, context, bit));
    this.#reserved++;
    return true;
  }

  #free(handle: number, generation: number, context: number, stage: number): void {
    const bit = bitOf(stage);
    const slot = this.#slot[handle]!;
    if ((slot & bit) !== 0 && slot >>> STAGE_BITS === context && this.#generation[handle] === generation) {
      this.#slot[handle] = slot & ~bit;
    } else this.#overflow.delete(nameOf(handle, generation, context, bit));
  }

  #contextOf(from: HostId, mode: Mode, key: EventKey): number {
    const name = `${mode} ${from}`;
    let contexts = this.#contexts.get(name);
    if (contexts === undefined) {
      contexts = new EventKeyMap();
      this.#contexts.set(name, contexts);
    }
    let context = contexts.get(key);
    if (context === undefined) {
      context = this.#nextContext++;
      contexts.set(key, context);
    }
    return context;
  }

  #grow(needed: number): void {
    const capacity = grownCapacity(this.#slot.length, needed);
    this.#slot = growColumn(this.#slot, capacity);
    this.#generation = growColumn(this.#generation, capacity);
  }
}

function bitOf(stage: number): number {
  const plain = stage & ~STATUS_ALREADY_BIT;
  return 1 << (plain < STAGE_BITS ? plain : ODD_STAGE);
}

function nameOf(handle: number, generation: number, context: number, bit: number): string {
  return `${handle} ${generation} ${context} ${bit}`;
}

/** A request of some rows of another, in storage of its own (C-5). Events that no row refers to any more stay: they are few. */
function select({ stretches: _, ...request }: BlockStatusRequest, rows: Uint32Array): BlockStatusRequest {
  return {
    ...request,
    handle: rows.map((row) => request.handle[row]!),
    generation: rows.map((row) => request.generation[row]!),
    event: rows.map((row) => request.event[row]!),
    stage: Uint8Array.from(rows, (row) => request.stage[row]!),
  };
}
