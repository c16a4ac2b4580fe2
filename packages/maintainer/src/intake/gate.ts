import { type BlockStatusRequest, formatEventKey, MAX_HANDLE, STATUS_ALREADY_BIT } from '@tidegate/protocol';
import { growColumn, grownCapacity } from '../span/columns.js';

/** A request as the gate let it through. */
export interface GatedRequest {
  /** Holds only what no equal status was waiting for. The original when nothing was suppressed. */
  readonly request: BlockStatusRequest;
  /** By event of the request: what its keys were reserved under. */
  readonly contexts: Uint32Array;
  /** Keys reserved. */
  readonly keys: number;
}

interface Context {
  readonly name: string;
  readonly id: number;
  /** Keys reserved under it. */
  keys: number;
}

/**
 * Dedupe stage 3 (G-1 to G-7): of equal statuses one waits or is handled at a time. A dispatcher stands at one event at a
 * time, so its keys fit one slot by handle: (event, generation) and a bit for each stage. What does not fit, because the
 * slot is taken by another event, goes to a small hash on the side. No allocation per status.
 *
 * An event stands for (sender, mode, event key): interned once per request.
 */
export class Gate {
  #context: Uint32Array = new Uint32Array(0);
  #generation: Uint32Array = new Uint32Array(0);
  #stages: Uint8Array = new Uint8Array(0);
  readonly #overflow = new Set<string>();
  readonly #contexts = new Map<string, Context>();
  readonly #byId = new Map<number, Context>();
  #nextContext = 1;
  #reserved = 0;
  #suppressed = 0;

  /** Keys that are reserved now. Zero when nothing waits (I-10). */
  get reserved(): number {
    return this.#reserved;
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
    const contexts = Uint32Array.from(request.events, (event) => {
      return this.#intern(`${request.from}\n${request.mode}\n${formatEventKey(event.key)}`).id;
    });
    const kept = new Uint32Array(rows);
    let count = 0;
    for (let row = 0; row < rows; row++) {
      const handle = request.handle[row]!;
      if (handle > MAX_HANDLE)
        kept[count++] = row; // G-4: nobody's; passes, reserves nothing
      else if (this.#reserve(handle, request.generation[row]!, contexts[request.event[row]!]!, request.stage[row]!)) {
        kept[count++] = row;
      }
    }
    this.#suppressed += rows - count;
    const passed = count === rows ? request : select(request, kept.subarray(0, count));
    const keys = this.#account(passed, contexts, 1);
    this.#forgetUnused(contexts);
    return count === 0 && rows > 0 ? undefined : { request: passed, contexts, keys };
  }

  /** G-6: frees the keys of a request. Its caller does so exactly once, after it was handled, also when that threw. */
  release({ request, contexts }: GatedRequest): void {
    for (let row = 0; row < request.handle.length; row++) {
      const handle = request.handle[row]!;
      if (handle <= MAX_HANDLE) this.#free(handle, request.generation[row]!, contexts[request.event[row]!]!, request.stage[row]!);
    }
    this.#account(request, contexts, -1);
    this.#forgetUnused(contexts);
  }

  /** Adds the keys of a request to its contexts, or takes them off. Returns how many they are. */
  #account(request: BlockStatusRequest, contexts: Uint32Array, sign: number): number {
    const perEvent = new Uint32Array(contexts.length);
    for (let row = 0; row < request.handle.length; row++)
      if (request.handle[row]! <= MAX_HANDLE) perEvent[request.event[row]!]!++;
    let keys = 0;
    perEvent.forEach((count, event) => {
      keys += count;
      if (count > 0) (this.#byId.get(contexts[event]!) as Context).keys += sign * count;
    });
    this.#reserved += sign * keys;
    return keys;
  }

  #reserve(handle: number, generation: number, context: number, stage: number): boolean {
    if (handle >= this.#context.length) this.#grow(handle + 1);
    const bit = 1 << (stage & ~STATUS_ALREADY_BIT);
    const stages = this.#stages[handle]!;
    if (stages === 0) {
      this.#context[handle] = context;
      this.#generation[handle] = generation;
    } else if (this.#context[handle] !== context || this.#generation[handle] !== generation) {
      const name = `${handle} ${generation} ${context} ${bit}`;
      if (this.#overflow.has(name)) return false;
      this.#overflow.add(name);
      return true;
    } else if ((stages & bit) !== 0) return false;
    // The slot may have become free while an equal key lies in the overflow.
    if (this.#overflow.size > 0 && this.#overflow.has(`${handle} ${generation} ${context} ${bit}`)) return false;
    this.#stages[handle] = stages | bit;
    return true;
  }

  #free(handle: number, generation: number, context: number, stage: number): void {
    const bit = 1 << (stage & ~STATUS_ALREADY_BIT);
    const stages = this.#stages[handle]!;
    if ((stages & bit) !== 0 && this.#context[handle] === context && this.#generation[handle] === generation) {
      this.#stages[handle] = stages & ~bit;
    } else this.#overflow.delete(`${handle} ${generation} ${context} ${bit}`);
  }

  #intern(name: string): Context {
    let context = this.#contexts.get(name);
    if (context === undefined) {
      context = { name, id: this.#nextContext, keys: 0 };
      this.#nextContext = (this.#nextContext % 0xffff_fffe) + 1;
      this.#contexts.set(name, context);
      this.#byId.set(context.id, context);
    }
    return context;
  }

  #forgetUnused(ids: Uint32Array): void {
    for (const id of ids) {
      const context = this.#byId.get(id);
      if (context === undefined || context.keys > 0) continue;
      this.#byId.delete(id);
      this.#contexts.delete(context.name);
    }
  }

  #grow(needed: number): void {
    const capacity = grownCapacity(this.#context.length, needed);
    this.#context = growColumn(this.#context, capacity);
    this.#generation = growColumn(this.#generation, capacity);
    this.#stages = growColumn(this.#stages, capacity);
  }
}

/** A request of some rows of another, in storage of its own (C-5). Events that no row refers to any more stay: they are few. */
function select(request: BlockStatusRequest, rows: Uint32Array): BlockStatusRequest {
  return {
    ...request,
    handle: rows.map((row) => request.handle[row]!),
    generation: rows.map((row) => request.generation[row]!),
    event: rows.map((row) => request.event[row]!),
    stage: Uint8Array.from(rows, (row) => request.stage[row]!),
  };
}
