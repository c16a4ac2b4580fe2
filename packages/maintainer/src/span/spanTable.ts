import {
  type DispatcherId,
  type KeyRange,
  MAX_HANDLE,
  type Mode,
  NO_WORKER,
  type SchemaId,
  type TableId,
  TRIGGER_HANDLE,
  TRIGGER_SCHEMA_ID,
  TRIGGER_TABLE_ID,
} from '@tidegate/protocol';
import { TaskStateError } from '../errors.js';
import { NO_HOST } from '../hosts.js';
import { growColumn, grownCapacity } from './columns.js';
import { Handles } from './handles.js';
import { IdColumn } from './idColumn.js';
import { Positions } from './positions.js';
import { NONE, TableIndex } from './tableIndex.js';
import { TaskLinks } from './taskLinks.js';
import { TaskState, taskStateName } from './taskState.js';
import { Tiling } from './tiling.js';

/** What a task starts from. */
export interface NewTask {
  /** Its id, or where random words come from to make it of. */
  readonly id: DispatcherId | (() => number);
  readonly tableId: TableId;
  readonly schemaId: SchemaId;
  readonly splittable: boolean;
  readonly startTs: bigint;
  readonly range?: KeyRange;
}

/** A task that a host has, with the names that its dispatcher has there. */
type ReportedTask = NewTask & Record<'handle' | 'generation' | 'host', number> & { readonly worker?: number };

/** Told of changes of membership, at once and before anything else sees them. Barriers keep their coverage by it (V-8). */
export interface SpanTableObserver {
  /** The task no longer replicates, or is about to go; it is still in the table. */
  taskLeft(handle: number): void;
  /** The task replicates again with the dispatcher that it had: what that one reported last still holds (T-7). */
  taskBack(handle: number): void;
  /** The last task of the table went. */
  tableGone(slot: number, tableId: TableId): void;
  tableAdded(slot: number, tableId: TableId, schemaId: SchemaId): void;
  /** The tasks that have the table in parts are others. */
  partsChanged(slot: number): void;
}

/**
 * The tasks of one mode: one row a dispatcher, in columns indexed by the handle that this table gives out. A resting
 * task costs some 65 bytes, table and schema index included; nothing is allocated per task.
 */
export class SpanTable {
  readonly mode: Mode;
  /** Handle of the table trigger, which is always in the table and always replicating. */
  readonly trigger: number;
  readonly tables: TableIndex = new TableIndex();
  /** Checkpoint and last block state of each task (B-5, B-9, B-60). */
  readonly positions: Positions;
  /** By handle. Columns are replaced when the table grows: take them anew after an addition. */
  state: Uint8Array = new Uint8Array(0);
  generation: Uint32Array = new Uint32Array(0);
  /** By handle: slot of its table. */
  table: Uint32Array = new Uint32Array(0);
  /** By handle: index of its host, or {@link NO_HOST}. */
  host: Uint16Array = new Uint16Array(0);
  /** By handle: index of its worker on that host as reported last, or {@link NO_WORKER} (T-F). */
  worker: Uint16Array = new Uint16Array(0);
  readonly #ids = new IdColumn();
  readonly #links = new TaskLinks();
  /** Key ranges of tasks that serve a part of their table. */
  readonly tiling: Tiling = new Tiling((slot, visit) => this.forEachOfSlot(slot, visit));
  readonly #handles: Handles;
  readonly #counts = new Uint32Array(5);
  #perHost: Uint32Array = new Uint32Array(16);
  #pendingMin: bigint | undefined;
  #pendingMinStale = true;
  #observer: SpanTableObserver | undefined;

  constructor(options: {
    readonly mode: Mode;
    /** Generation of the trigger and lower bound of all others: the maintainer's epoch. */
    readonly epoch: number;
    readonly triggerId: DispatcherId;
    readonly triggerStartTs: bigint;
    /** Shared with the table of the other mode; absent: its own. */
    readonly handles?: Handles;
  }) {
    this.mode = options.mode;
    this.trigger = TRIGGER_HANDLE[options.mode];
    this.positions = new Positions(this.trigger);
    this.#handles = options.handles ?? new Handles();
    this.#handles.raiseGeneration(options.epoch);
    this.#grow(64);
    this.#insert(this.trigger, {
      id: options.triggerId,
      tableId: TRIGGER_TABLE_ID,
      schemaId: TRIGGER_SCHEMA_ID,
      splittable: false,
      startTs: options.triggerStartTs,
    });
    this.generation[this.trigger] = options.epoch;
    this.bind(this.trigger, 0);
    this.markReplicating(this.trigger);
  }

  /** Sets who is told of changes of membership. */
  observe(observer: SpanTableObserver): void {
    this.#observer = observer;
  }

  /** One more than the largest handle in use so far. */
  get end(): number {
    return Math.min(this.#handles.end, this.state.length);
  }

  /** Makes room for `tasks` tasks at once. */
  reserve(tasks: number): void {
    this.tables.reserve(tasks + 1);
    if (tasks + 2 > this.state.length) this.#grow(tasks + 2);
  }

  /** Number of tasks in one state. The trigger counts as replicating. */
  count(state: TaskState): number {
    return this.#counts[state]!;
  }

  /** Tasks, the trigger included. */
  get size(): number {
    return this.count(TaskState.ABSENT) + this.count(TaskState.SCHEDULING) + this.count(TaskState.REPLICATING);
  }

  /** Tasks bound to a host, the trigger included. */
  countOfHost(host: number): number {
    return this.#perHost[host] ?? 0;
  }

  /** True when the handle names a task of that very generation: the test that every status passes first. */
  isTask(handle: number, generation: number): boolean {
    return handle < this.state.length && this.generation[handle] === generation && this.hasTask(handle);
  }

  hasTask(handle: number): boolean {
    const state = this.state[handle];
    return state !== undefined && state !== TaskState.FREE && state !== TaskState.REMOVING;
  }

  /** Adds an absent task (K-8). Throws {@link HandleSpaceError} when every handle is in use. */
  add(task: NewTask): number {
    const handle = this.#handles.take();
    if (handle >= this.state.length) this.#grow(grownCapacity(this.state.length, handle + 1));
    this.#insert(handle, task);
    return handle;
  }

  /**
   * Takes over dispatchers that hosts reported at bootstrap, under the handles and generations that they have (S-6).
   * Must come before the first {@link add}. A handle that is reported twice is taken the first time; returns those taken.
   */
  adopt(reported: readonly ReportedTask[]): number[] {
    const taken = new Set<number>();
    for (const task of reported) {
      const { handle, generation } = task;
      if (taken.has(handle) || handle > MAX_HANDLE || handle <= TRIGGER_HANDLE[1]) continue;
      taken.add(handle);
      this.#handles.claimUpTo(handle);
      if (handle >= this.state.length) this.#grow(grownCapacity(this.state.length, handle + 1));
      this.#insert(handle, task);
      this.generation[handle] = generation;
      this.#handles.raiseGeneration(generation);
      this.bind(handle, task.host);
      this.worker[handle] = task.worker ?? NO_WORKER;
      this.markReplicating(handle);
    }
    this.#handles.withdraw(taken);
    return [...taken];
  }

  /** Absent → scheduling, on a host. */
  bind(handle: number, host: number): void {
    if (this.state[handle] !== TaskState.ABSENT) throw this.#misuse(handle, 'absent');
    if (host >= this.#perHost.length) this.#perHost = growColumn(this.#perHost, grownCapacity(this.#perHost.length, host + 1));
    this.host[handle] = host;
    this.#perHost[host]!++;
    this.#setState(handle, TaskState.SCHEDULING);
  }

  markReplicating(handle: number): void {
    if (this.state[handle] !== TaskState.SCHEDULING) throw this.#misuse(handle, 'scheduling');
    this.#setState(handle, TaskState.REPLICATING);
    if (this.positions.isParked(handle)) this.#observer?.taskBack(handle);
  }

  /** A moving dispatcher does not count for barriers (T-3). */
  markScheduling(handle: number): void {
    if (this.state[handle] !== TaskState.REPLICATING) throw this.#misuse(handle, 'replicating');
    this.#observer?.taskLeft(handle);
    this.#setState(handle, TaskState.SCHEDULING);
  }

  /** Its dispatcher is gone and the next one, of the next generation, is on another host: a move (T-1). */
  rebind(handle: number, host: number): void {
    if (this.state[handle] !== TaskState.SCHEDULING) throw this.#misuse(handle, 'scheduling');
    this.markAbsent(handle);
    this.bind(handle, host);
  }

  /** Its dispatcher is gone: the task waits for a host again, under the next generation, so that late statuses show. */
  markAbsent(handle: number): void {
    if (this.state[handle] === TaskState.REPLICATING) this.#observer?.taskLeft(handle);
    else if (this.state[handle] !== TaskState.SCHEDULING) throw this.#misuse(handle, 'scheduling or replicating');
    this.#unbind(handle);
    this.#setState(handle, TaskState.ABSENT);
    this.generation[handle] = this.#handles.takeGeneration();
    this.positions.newInstance(handle);
  }

  /** Takes the task out of the table; its handle stays held until {@link free} (B-34). */
  remove(handle: number): void {
    if (!this.hasTask(handle)) throw this.#misuse(handle, 'a task');
    this.#observer?.taskLeft(handle);
    const slot = this.table[handle]!;
    this.tables.head[slot] = this.#links.unlink(handle) ?? this.tables.head[slot]!;
    if (this.host[handle] !== NO_HOST) this.#unbind(handle);
    this.#setState(handle, TaskState.REMOVING);
    const isLast = this.tables.head[slot] === NONE;
    if (this.tiling.removed(slot, handle, isLast)) this.#observer?.partsChanged(slot);
    if (isLast) {
      this.#observer?.tableGone(slot, this.tables.idOf(slot));
      this.tables.remove(slot);
    }
  }

  /** Gives the handle of a removed task back. */
  free(handle: number): void {
    if (this.state[handle] !== TaskState.REMOVING) throw this.#misuse(handle, 'removing');
    this.#setState(handle, TaskState.FREE);
    if (handle !== this.trigger) this.#handles.give(handle);
  }

  idOf(handle: number): DispatcherId {
    return this.#ids.of(handle);
  }

  tableIdOf(handle: number): TableId {
    return this.tables.idOf(this.table[handle]!);
  }

  schemaIdOf(handle: number): SchemaId {
    return this.tables.schemaOf(this.table[handle]!);
  }

  /** The key range of a split span; undefined for a complete one. */
  rangeOf(handle: number): KeyRange | undefined {
    return this.tiling.rangeOf(handle);
  }

  /** Visits the tasks of the table at `slot` until `visit` returns false. `visit` may remove the task that it is given. */
  forEachOfSlot(slot: number, visit: (handle: number) => unknown): void {
    let handle = slot < 0 ? NONE : this.tables.head[slot]!;
    while (handle !== NONE) {
      const next = this.#links.next(handle);
      if (visit(handle) === false) return;
      handle = next;
    }
  }

  /** Visits every task of this mode, the trigger included, until `visit` returns false. */
  forEachTask(visit: (handle: number) => unknown): void {
    for (let handle = 0; handle < this.end; handle++) if (this.hasTask(handle) && visit(handle) === false) return;
  }

  /** K-3: the smallest checkpoint of all absent and scheduling tasks; undefined when there are none. */
  pendingCheckpoint(): bigint | undefined {
    if (!this.#pendingMinStale) return this.#pendingMin;
    this.#pendingMin = undefined;
    if (this.count(TaskState.ABSENT) + this.count(TaskState.SCHEDULING) > 0) {
      this.#pendingMin = this.positions.minOf(this.state, this.end, TaskState.ABSENT, TaskState.SCHEDULING);
      const own = this.positions.recoveryTs(this.trigger);
      const isLost = this.state[this.trigger] !== TaskState.REPLICATING;
      if (isLost && (this.#pendingMin === undefined || own < this.#pendingMin)) this.#pendingMin = own;
    }
    this.#pendingMinStale = false;
    return this.#pendingMin;
  }

  /** Raises a task's checkpoint; a lower one is ignored (B-9). */
  raiseCheckpoint(handle: number, high: number, low: number): void {
    if (this.positions.raise(handle, high, low)) this.#pendingMinStale ||= this.state[handle] !== TaskState.REPLICATING;
  }

  #insert(handle: number, task: NewTask): void {
    const generation = this.#handles.takeGeneration();
    this.generation[handle] = generation;
    this.#ids.set(handle, task.id, generation);
    this.host[handle] = NO_HOST;
    this.worker[handle] = NO_WORKER;
    this.positions.start(handle, task.startTs);
    this.#setState(handle, TaskState.ABSENT);
    let slot = this.tables.slotOf(task.tableId);
    const isNew = slot < 0;
    if (isNew) slot = this.tables.add(task.tableId, task.schemaId, task.splittable);
    const first = this.tables.head[slot]!;
    this.table[handle] = slot;
    this.#links.link(handle, first);
    this.tables.head[slot] = handle;
    if (this.tiling.added(slot, handle, task.range) && !isNew) this.#observer?.partsChanged(slot);
    if (isNew) this.#observer?.tableAdded(slot, task.tableId, task.schemaId);
  }

  #setState(handle: number, state: TaskState): void {
    this.#counts[this.state[handle]!]!--;
    this.#counts[state]!++;
    this.state[handle] = state;
    this.#pendingMinStale = true;
  }

  #unbind(handle: number): void {
    this.#perHost[this.host[handle]!]!--;
    this.host[handle] = NO_HOST;
    this.worker[handle] = NO_WORKER;
  }

  #misuse(handle: number, wanted: string): TaskStateError {
    return new TaskStateError(handle, wanted, taskStateName(this.state[handle] ?? TaskState.FREE));
  }

  #grow(capacity: number): void {
    this.state = growColumn(this.state, capacity);
    this.generation = growColumn(this.generation, capacity);
    this.table = growColumn(this.table, capacity);
    this.host = growColumn(this.host, capacity);
    this.worker = growColumn(this.worker, capacity);
    this.#ids.grow(capacity);
    this.#links.grow(capacity);
    this.positions.grow(capacity);
  }
}
