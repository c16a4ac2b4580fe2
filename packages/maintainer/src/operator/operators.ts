import { ComponentState, type DispatcherId, type HostId, type ComponentState as State } from '@tidegate/protocol';
import { type Hosts, NO_HOST } from '../hosts.js';
import type { SpanTable } from '../span/spanTable.js';
import { TaskState } from '../span/taskState.js';
import { type Assignment, Assignments } from './assignments.js';
import { LateOperators } from './lateOperators.js';
import { MergeOperator } from './mergeOperator.js';
import { MoveOperator } from './moveOperator.js';
import { OccupyOperator } from './occupyOperator.js';
import { type FinishHook, OperatorBoard } from './operatorBoard.js';
import { OperatorKind, operatorKindName } from './operatorKind.js';
import { type Split, SplitOperator } from './splitOperator.js';
import { Strays } from './strays.js';

/** Stands for an id that is not known. */
const UNKNOWN_ID: DispatcherId = '0'.repeat(32);

/** Operators that {@link Operators.inspect} names. */
const SHOWN = 16;

/** What the operators of one mode are made with. */
export interface OperatorsOptions {
  /** Milliseconds after which an unanswered request is sent again. */
  readonly resendAfter: number;
  /** Milliseconds after which one is told of ({@link Operators.late}). Default: never. */
  readonly warnAfter?: number;
  /** Creates and removes in one message. */
  readonly batch: number;
  readonly hosts: Hosts;
  /** 32 random bits of the actor's seeded source, for the ids of new tasks. */
  readonly random: () => number;
}

/**
 * The operators of one mode (section 16). A task has at most one; it ends with a component status of the dispatcher (E-8) or
 * with the loss of a host (T-9). What cannot be begun is refused with `false` and changes nothing.
 *
 * A hook is told once how its operator ended. One of a remove is cancelled when another remove takes its place.
 */
export class Operators {
  readonly strays: Strays = new Strays();
  readonly late: LateOperators;
  readonly #board: OperatorBoard;
  readonly #table: SpanTable;
  readonly #hosts: Hosts;
  readonly #resendAfter: number;
  readonly #batch: number;
  readonly #random: () => number;
  #orphans: { host: number; handle: number; generation: number }[] = [];
  /** F-11: only the operator of this handle goes on. Undefined: all do; -1: none does. */
  #allowed: number | undefined;

  constructor(table: SpanTable, options: OperatorsOptions) {
    this.#table = table;
    this.#board = new OperatorBoard(table);
    this.late = new LateOperators(this.#board, options.warnAfter ?? Number.POSITIVE_INFINITY);
    this.#hosts = options.hosts;
    this.#resendAfter = options.resendAfter;
    this.#batch = options.batch;
    this.#random = options.random;
  }

  count(kind: OperatorKind): number {
    return this.#board.count(kind);
  }

  kindOf(handle: number): OperatorKind {
    return this.#board.kindOf(handle);
  }

  /** Nothing is to be sent, now or again. */
  get atRest(): boolean {
    const { active, rare, unsent } = this.#board;
    return active === 0 && rare.size === 0 && unsent.size === 0 && this.#orphans.length === 0 && this.strays.recalled === 0;
  }

  /** Dispatchers of a host, the table trigger not counted, once every move has ended. */
  loadOf(host: number): number {
    return this.#board.loadOf(host);
  }

  /** Sets who is told of tasks that wait for a host again. */
  whenAbsent(tell: (handle: number) => void): void {
    this.#board.whenAbsent = tell;
  }

  /** Creates the dispatcher of an absent task on a host. */
  add(handle: number, host: number): boolean {
    if (this.#isFrozen(handle) || this.kindOf(handle) !== OperatorKind.NONE) return false;
    if (this.#table.state[handle] !== TaskState.ABSENT) return false;
    this.#table.bind(handle, host);
    this.#board.set(handle, OperatorKind.ADD, host);
    this.#board.unsent.push(handle);
    return true;
  }

  /**
   * Removes a task and its dispatcher: first the operator, then the task (B-34), so that a status in between finds one of
   * them. Takes the place of whatever was being done to the task. A task without a host just goes.
   */
  remove(handle: number, hook?: FinishHook): boolean {
    const board = this.#board;
    if (this.#isFrozen(handle)) return false;
    if (this.kindOf(handle) === OperatorKind.REMOVE) {
      board.unhook(handle);
      board.hook(handle, hook);
      board.unsent.push(handle);
      return true;
    }
    if (!this.#table.hasTask(handle)) return false;
    board.rare.get(handle)?.taskRemoved(handle);
    const host = this.#table.host[handle]!;
    board.hook(handle, hook);
    if (host === NO_HOST) {
      board.clear(handle);
      this.#table.remove(handle);
      this.#removed(handle);
      return true;
    }
    board.set(handle, OperatorKind.REMOVE, host);
    this.#table.remove(handle);
    board.unsent.push(handle);
    return true;
  }

  /** Moves the dispatcher of a replicating task to another host, which takes dispatchers. */
  move(handle: number, to: number, hook?: FinishHook): boolean {
    if (!this.#isIdle(handle) || !this.#hosts.isReady(to) || this.#table.host[handle] === to) return false;
    this.#board.hook(handle, hook);
    new MoveOperator(this.#board, handle, this.#table.host[handle]!, to);
    return true;
  }

  /** Asks the dispatcher of a replicating task back, if there is one, so that the task can wait for a host again. */
  recall(handle: number): boolean {
    if (!this.#isIdle(handle)) return false;
    new MoveOperator(this.#board, handle, this.#table.host[handle]!, NO_HOST);
    return true;
  }

  /** A repeat of the request that created its dispatcher may still be on its way, and would create it once more. */
  mayComeBack(handle: number): boolean {
    return this.#board.wasRepeated(handle);
  }

  /** Replaces the dispatcher of a replicating task by others. */
  split(handle: number, split: Split, hook?: FinishHook): boolean {
    if (!this.#isIdle(handle)) return false;
    this.#board.hook(handle, hook);
    const place = (part: number, host: number): void => {
      if (!this.#hosts.isReady(host) || !this.add(part, host)) this.#board.whenAbsent(part);
    };
    new SplitOperator(this.#board, handle, split, { random: this.#random, place });
    return true;
  }

  /**
   * Merges tasks that lie next to each other, in key order, into `target`. All sources are on one host, without an operator
   * or just held ({@link occupy}). The target is absent, or known to be on that host (S-6).
   */
  merge(target: number, sources: readonly number[], hook?: FinishHook): boolean {
    const table = this.#table;
    const host = table.host[sources[0] ?? -1] ?? NO_HOST;
    if (this.#allowed !== undefined || host === NO_HOST || sources.length < 2) return false;
    const fits = (source: number): boolean => {
      const isFree = this.kindOf(source) === OperatorKind.NONE || this.#board.rare.get(source) instanceof OccupyOperator;
      return isFree && table.state[source] === TaskState.REPLICATING && table.host[source] === host;
    };
    if (!sources.every(fits) || this.kindOf(target) !== OperatorKind.NONE || !table.hasTask(target)) return false;
    if (table.state[target] === TaskState.ABSENT) table.bind(target, host);
    else if (table.host[target] !== host) return false;
    else if (table.state[target] === TaskState.REPLICATING) table.markScheduling(target);
    this.#board.hook(target, hook);
    new MergeOperator(this.#board, target, sources);
    return true;
  }

  /** Holds a replicating task, so that nothing is done to it until {@link release}. The hook is told when its dispatcher goes. */
  occupy(handle: number, hook?: FinishHook): boolean {
    if (!this.#isIdle(handle)) return false;
    this.#board.hook(handle, hook);
    new OccupyOperator(this.#board, handle);
    return true;
  }

  release(handle: number): void {
    if (!(this.#board.rare.get(handle) instanceof OccupyOperator)) return;
    this.#board.clear(handle);
    this.#board.ended(handle, { finished: true, text: '' });
  }

  /**
   * F-11: from now on nothing is begun, sent, answered or healed, but for the operator of `allowed`. What was being done
   * stays and bounds the checkpoint.
   */
  quiesceExcept(allowed = -1): void {
    this.#allowed = allowed;
  }

  /** E-8: a component status of a dispatcher of the current generation. True when it is the affair of an operator. */
  status(handle: number, state: State, host: number): boolean {
    const board = this.#board;
    const kind = board.kindOf(handle);
    if (kind === OperatorKind.NONE) return false;
    if (board.hostOf(handle) !== host || this.#isFrozen(handle)) return true;
    const hasEnded = state === ComponentState.STOPPED || state === ComponentState.REMOVED;
    if (kind === OperatorKind.ADD) {
      if (state === ComponentState.WORKING) {
        board.clear(handle);
        this.#table.markReplicating(handle);
      } else if (state === ComponentState.REMOVED) {
        board.clear(handle);
        board.absent(handle);
      } else if (state === ComponentState.STOPPED) {
        // It goes on asking, at once: a host that has seen this one stop answers Removed, and the next one is another.
        board.unsent.push(handle);
      }
    } else if (kind === OperatorKind.REMOVE) {
      if (hasEnded) this.#removed(handle);
    } else board.rare.get(handle)?.status(handle, state);
    return true;
  }

  /**
   * E-8: a host has a Working dispatcher that is nobody's task. Its removal is asked for once; while it lives on, the next
   * complete heartbeat names it again. The id is not known here: handle and generation name it.
   */
  removeOrphan(host: number, handle: number, generation: number): void {
    this.#orphans.push({ host, handle, generation });
  }

  /** T-9: creates on a lost host make their tasks absent, removes on it are done, the others see for themselves. */
  hostLost(host: number): void {
    if (this.#allowed !== undefined) return;
    const board = this.#board;
    this.strays.hostLost(host);
    for (const rare of new Set(board.rare.values())) rare.hostLost(host);
    for (let handle = 0; handle < board.end; handle++) {
      if (board.hostOf(handle) !== host) continue;
      const kind = board.kindOf(handle);
      if (kind === OperatorKind.REMOVE) this.#removed(handle);
      else if (kind === OperatorKind.ADD) {
        board.clear(handle);
        board.absent(handle);
      }
    }
  }

  /** What is to be sent at `now`: operators not yet sent, and those unanswered for too long; cut into messages. */
  take(now: number, committedTs: bigint): Assignment[] {
    const board = this.#board;
    const assignments = new Assignments(this.#batch);
    const seen = new Set<number>();
    for (const handle of board.takeDue(now, this.#resendAfter)) {
      const kind = board.kindOf(handle);
      if (kind === OperatorKind.NONE || kind === OperatorKind.OCCUPY || seen.has(handle) || this.#isFrozen(handle)) continue;
      seen.add(handle);
      board.sent(handle, now);
      const host = board.hostOf(handle);
      if (kind === OperatorKind.ADD) assignments.create(host, board.config(handle, committedTs));
      else if (kind === OperatorKind.REMOVE) assignments.remove(host, board.ref(handle));
      else board.rare.get(handle)?.due(assignments, committedTs);
    }
    this.#orphans.push(...this.strays.takeDue(now, this.#resendAfter));
    for (const { host, handle, generation } of this.#orphans.splice(0)) {
      if (this.#allowed === undefined) assignments.remove(host, { id: UNKNOWN_ID, handle, generation });
    }
    return assignments.all();
  }

  /** Kinds and hosts, for people. */
  inspect(hostName: (index: number) => HostId): {
    add: number;
    remove: number;
    move: number;
    split: number;
    merge: number;
    unsent: number;
    oldest: readonly { handle: number; kind: string; host: HostId }[];
  } {
    const board = this.#board;
    const oldest: { handle: number; kind: string; host: HostId }[] = [];
    for (let handle = 0; handle < board.end && oldest.length < SHOWN; handle++) {
      const kind = board.kindOf(handle);
      if (kind === OperatorKind.NONE) continue;
      oldest.push({ handle, kind: operatorKindName(kind), host: hostName(board.hostOf(handle)) });
    }
    return {
      add: this.count(OperatorKind.ADD),
      remove: this.count(OperatorKind.REMOVE),
      move: this.count(OperatorKind.MOVE),
      split: this.count(OperatorKind.SPLIT),
      merge: this.count(OperatorKind.MERGE),
      unsent: board.unsent.size,
      oldest,
    };
  }

  #isFrozen(handle: number): boolean {
    return this.#allowed !== undefined && this.#allowed !== handle;
  }

  /** Replicating, with nothing being done to it. The table trigger stays where it is. */
  #isIdle(handle: number): boolean {
    if (this.#allowed !== undefined || handle === this.#table.trigger) return false;
    return this.#table.state[handle] === TaskState.REPLICATING && this.kindOf(handle) === OperatorKind.NONE;
  }

  /** The dispatcher of a removed task is gone. */
  #removed(handle: number): void {
    this.#board.clear(handle);
    this.#table.free(handle);
    this.#board.ended(handle, { finished: true, text: '' });
  }
}
