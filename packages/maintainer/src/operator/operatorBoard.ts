import type { ComponentState, DispatcherConfig } from '@tidegate/protocol';
import { NO_HOST } from '../hosts.js';
import type { SpanTable } from '../span/spanTable.js';
import type { Assignments } from './assignments.js';
import { createConfig } from './createConfig.js';
import { HandleQueue } from './handleQueue.js';
import { OpenOperators } from './openOperators.js';
import { OperatorKind } from './operatorKind.js';

/** How an operator ended. `text` says why one was given up. */
export interface OperatorEnd {
  readonly finished: boolean;
  readonly text: string;
}

/** Told exactly once when an operator has ended. What it does may begin others. */
export type FinishHook = (end: OperatorEnd) => void;

/** An operator of a seldom kind: an object, where creates and removes are a byte in a column. */
export interface RareOperator {
  /** E-8: a component status of one of its dispatchers, of the current generation, from the host that the column names. */
  status(handle: number, state: ComponentState): void;
  /** T-9 */
  hostLost(host: number): void;
  /** One of its tasks is about to be removed, and will have a remove operator. */
  taskRemoved(handle: number): void;
  /** Says what is to be sent. */
  due(out: Assignments, committedTs: bigint): void;
}

/**
 * The operators of one mode as data: columns by handle, and a queue of those that were sent, for the resend. Seldom kinds have
 * an object besides.
 */
export class OperatorBoard {
  readonly table: SpanTable;
  readonly rare: Map<number, RareOperator> = new Map();
  readonly unsent: HandleQueue = new HandleQueue();
  /** Told of each task that waits for a host again. */
  whenAbsent: (handle: number) => void = () => undefined;
  readonly #open = new OpenOperators();
  /** Of several entries for a handle the latest counts. */
  readonly #sent = new HandleQueue();
  readonly #counts = new Uint32Array(7);
  readonly #hooks = new Map<number, FinishHook>();
  /** By host: dispatchers that moves will bring, less those that they will take away. */
  readonly #shift = new Map<number, number>();

  constructor(table: SpanTable) {
    this.table = table;
  }

  /** One more than the largest handle that ever had an operator. */
  get end(): number {
    return this.#open.end;
  }

  count(kind: OperatorKind): number {
    return this.#counts[kind]!;
  }

  /** Operators whose end depends on a host. */
  get active(): number {
    return this.count(OperatorKind.ADD) + this.count(OperatorKind.REMOVE) + this.rare.size - this.count(OperatorKind.OCCUPY);
  }

  kindOf(handle: number): OperatorKind {
    return this.#open.kindOf(handle);
  }

  hostOf(handle: number): number {
    return this.#open.hostOf(handle);
  }

  /** Dispatchers of a host, the table trigger not counted, once every move has ended. */
  loadOf(host: number): number {
    const trigger = this.table.host[this.table.trigger] === host ? 1 : 0;
    return this.table.countOfHost(host) - trigger + (this.#shift.get(host) ?? 0);
  }

  /** A move from one host to another is planned (1), or is over (-1). */
  shift(from: number, to: number, by: 1 | -1): void {
    if (from !== NO_HOST) this.#shift.set(from, (this.#shift.get(from) ?? 0) - by);
    if (to !== NO_HOST) this.#shift.set(to, (this.#shift.get(to) ?? 0) + by);
  }

  /** Gives a task an operator in place of the one that it has, whose hook is kept for {@link end}. */
  set(handle: number, kind: OperatorKind, host: number, rare?: RareOperator): void {
    this.#counts[this.kindOf(handle)]!--;
    this.#counts[kind]!++;
    this.#open.set(handle, kind, host);
    if (rare !== undefined) this.rare.set(handle, rare);
    else if (this.rare.size > 0) this.rare.delete(handle);
  }

  clear(handle: number): void {
    const kind = this.kindOf(handle);
    if (kind === OperatorKind.NONE) return;
    this.#counts[kind]!--;
    this.#open.clear(handle);
    if (this.rare.size > 0) this.rare.delete(handle);
    // With the last one all that was sent is over: a start has it by the million.
    if (this.#open.size === 0) this.#sent.clear();
  }

  /** Handles to be sent at `now`: those queued, and those sent `resendAfter` milliseconds ago or earlier. Some may be over. */
  takeDue(now: number, resendAfter: number): number[] {
    const due: number[] = [];
    for (let rest = this.unsent.size; rest > 0; rest--) due.push(this.unsent.shift());
    for (let sentAt = this.#sent.headTime(); sentAt + resendAfter <= now; sentAt = this.#sent.headTime()) {
      const handle = this.#sent.shift();
      if (this.#open.wasSentAt(handle, sentAt)) due.push(handle);
    }
    return due;
  }

  sent(handle: number, now: number): void {
    this.#open.sent(handle, now);
    this.#sent.push(handle, now);
  }

  /** For how many milliseconds the request of its operator has been unanswered; 0 when none was sent. */
  ageOf(handle: number, now: number): number {
    return this.#open.ageOf(handle, now);
  }

  /** The last request for it was sent more than once: a repeat of it may still be on its way. */
  wasRepeated(handle: number): boolean {
    return this.#open.wasRepeated(handle);
  }

  hook(handle: number, hook: FinishHook | undefined): void {
    if (hook !== undefined) this.#hooks.set(handle, hook);
  }

  /** Tells the end of the operator of `handle`, once; what was set up for it is over. */
  ended(handle: number, end: OperatorEnd): void {
    if (this.#hooks.size === 0) return;
    const hook = this.#hooks.get(handle);
    if (hook === undefined) return;
    this.#hooks.delete(handle);
    hook(end);
  }

  /** Forgets who waits for the end of the operator of `handle`. */
  unhook(handle: number): void {
    if (this.#hooks.size > 0) this.#hooks.delete(handle);
  }

  /** Its dispatcher is gone: the task waits for a host. */
  absent(handle: number): void {
    this.table.markAbsent(handle);
    this.whenAbsent(handle);
  }

  config(handle: number, committedTs: bigint): DispatcherConfig {
    return createConfig(this.table, handle, committedTs);
  }

  /** How a dispatcher is named in a request. */
  ref(handle: number): { id: string; handle: number; generation: number } {
    return { id: this.table.idOf(handle), handle, generation: this.table.generation[handle]! };
  }
}
