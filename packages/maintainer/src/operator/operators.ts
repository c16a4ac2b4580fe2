import { ComponentState, type DispatcherId, type HostId, type ComponentState as State } from '@tidegate/protocol';
import { NO_HOST } from '../hosts.js';
import { growColumn, grownCapacity } from '../span/columns.js';
import type { SpanTable } from '../span/spanTable.js';
import { type Assignment, Assignments } from './assignments.js';
import { createConfig } from './createConfig.js';
import { HandleQueue } from './handleQueue.js';

/** What is being done to a task. Move, split and merge will be further kinds. */
export const OperatorKind = { NONE: 0, ADD: 1, REMOVE: 2 } as const;
export type OperatorKind = (typeof OperatorKind)[keyof typeof OperatorKind];

/** Stands for an id that is not known. */
const UNKNOWN_ID: DispatcherId = '0'.repeat(32);

/**
 * The operators of one mode: a byte for the kind and two for the host by handle, and a queue of those that were sent, for
 * the resend. A task has at most one; its end is a component status of the dispatcher (E-8).
 */
export class Operators {
  readonly #table: SpanTable;
  readonly #resendAfter: number;
  readonly #batch: number;
  #kind: Uint8Array = new Uint8Array(0);
  /** The host that a remove goes to, remembered: the task is gone from the table by then. */
  #host: Uint16Array = new Uint16Array(0);
  #unsent = new HandleQueue();
  #sent = new HandleQueue();
  readonly #counts = new Uint32Array(3);
  #orphans: { host: number; handle: number; generation: number }[] = [];

  constructor(table: SpanTable, options: { readonly resendAfter: number; readonly batch: number }) {
    this.#table = table;
    this.#resendAfter = options.resendAfter;
    this.#batch = options.batch;
  }

  count(kind: OperatorKind): number {
    return this.#counts[kind]!;
  }

  kindOf(handle: number): OperatorKind {
    return (this.#kind[handle] ?? OperatorKind.NONE) as OperatorKind;
  }

  /** Creates the dispatcher of an absent task on a host. */
  add(handle: number, host: number): void {
    this.#table.bind(handle, host);
    this.#set(handle, OperatorKind.ADD, host);
    this.#unsent.push(handle);
  }

  /**
   * Removes a task and its dispatcher: first the operator, then the task (B-34), so that a status in between finds one of
   * them. Takes the place of whatever was being done to the task. A task without a host just goes.
   */
  remove(handle: number): void {
    const host = this.#table.host[handle]!;
    if (host === NO_HOST) {
      this.#set(handle, OperatorKind.NONE, NO_HOST);
      this.#table.remove(handle);
      this.#table.free(handle);
      return;
    }
    this.#set(handle, OperatorKind.REMOVE, host);
    this.#table.remove(handle);
    this.#unsent.push(handle);
  }

  /** E-8: a component status of a dispatcher of the current generation, from the host it belongs to. True when an operator took it. */
  status(handle: number, state: State, host: number): boolean {
    const kind = this.kindOf(handle);
    if (kind === OperatorKind.NONE) return false;
    if (this.#host[handle] !== host) return true;
    if (kind === OperatorKind.ADD) {
      if (state === ComponentState.WORKING) {
        this.#set(handle, OperatorKind.NONE, NO_HOST);
        this.#table.markReplicating(handle);
      } else if (state === ComponentState.REMOVED) {
        this.#set(handle, OperatorKind.NONE, NO_HOST);
        this.#table.markAbsent(handle);
      }
      // A Stopped is of a former dispatcher: the create goes on.
      return true;
    }
    if (state === ComponentState.STOPPED || state === ComponentState.REMOVED) {
      this.#set(handle, OperatorKind.NONE, NO_HOST);
      this.#table.free(handle);
    }
    return true;
  }

  /**
   * E-8: a host has a Working dispatcher that is nobody's task. Its removal is asked for once; while it lives on, the next
   * complete heartbeat names it again. The id is not known here: handle and generation name it.
   */
  removeOrphan(host: number, handle: number, generation: number): void {
    this.#orphans.push({ host, handle, generation });
  }

  /** T-9: creates on a lost host make their tasks absent, removes on it are done. */
  hostLost(host: number): void {
    for (let handle = 0; handle < this.#kind.length; handle++) {
      const kind = this.kindOf(handle);
      if (kind === OperatorKind.NONE || this.#host[handle] !== host) continue;
      this.#set(handle, OperatorKind.NONE, NO_HOST);
      if (kind === OperatorKind.ADD) this.#table.markAbsent(handle);
      else this.#table.free(handle);
    }
  }

  /** What is to be sent at `now`: operators not yet sent, and those unanswered for too long; cut into messages. */
  take(now: number, committedTs: bigint): Assignment[] {
    const due: number[] = [];
    for (let rest = this.#unsent.size; rest > 0; rest--) due.push(this.#unsent.shift());
    while (this.#sent.headTime() + this.#resendAfter <= now) due.push(this.#sent.shift());
    const assignments = new Assignments(this.#batch);
    const seen = new Set<number>();
    for (const handle of due) {
      const kind = this.kindOf(handle);
      if (kind === OperatorKind.NONE || seen.has(handle)) continue;
      seen.add(handle);
      this.#sent.push(handle, now);
      const host = this.#host[handle]!;
      if (kind === OperatorKind.ADD) assignments.create(host, createConfig(this.#table, handle, committedTs));
      else assignments.remove(host, { id: this.#table.idOf(handle), handle, generation: this.#table.generation[handle]! });
    }
    for (const { host, handle, generation } of this.#orphans.splice(0)) {
      assignments.remove(host, { id: UNKNOWN_ID, handle, generation });
    }
    return assignments.all();
  }

  /** Kinds and hosts, for people. */
  inspect(hostName: (index: number) => HostId): {
    add: number;
    remove: number;
    unsent: number;
    oldest: readonly { handle: number; kind: string; host: HostId }[];
  } {
    const oldest: { handle: number; kind: string; host: HostId }[] = [];
    for (let handle = 0; handle < this.#kind.length && oldest.length < 16; handle++) {
      const kind = this.kindOf(handle);
      if (kind === OperatorKind.NONE) continue;
      oldest.push({ handle, kind: kind === OperatorKind.ADD ? 'add' : 'remove', host: hostName(this.#host[handle]!) });
    }
    return { add: this.count(OperatorKind.ADD), remove: this.count(OperatorKind.REMOVE), unsent: this.#unsent.size, oldest };
  }

  #set(handle: number, kind: OperatorKind, host: number): void {
    if (handle >= this.#kind.length) {
      const capacity = grownCapacity(this.#kind.length, handle + 1);
      this.#kind = growColumn(this.#kind, capacity);
      this.#host = growColumn(this.#host, capacity);
    }
    this.#counts[this.#kind[handle]!]!--;
    this.#counts[kind]!++;
    this.#kind[handle] = kind;
    this.#host[handle] = host;
  }
}
