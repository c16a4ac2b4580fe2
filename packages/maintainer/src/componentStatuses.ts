import {
  type ComponentState,
  type ComponentStatuses,
  joinTs,
  type Mode,
  NO_WORKER,
  ComponentState as State,
} from '@tidegate/protocol';
import { contains } from './coverage/keyOrder.js';
import type { Operators } from './operator/operators.js';
import type { Scheduler } from './operator/scheduler.js';
import { HandleSet } from './span/handleSet.js';
import type { SpanTable } from './span/spanTable.js';
import { TaskState } from './span/taskState.js';

/** What a host's component statuses act upon. */
export interface ComponentStatusParts {
  readonly table: SpanTable;
  readonly operators: Operators;
  readonly scheduler: Scheduler;
  readonly count: (name: string) => void;
  /** The trigger's own heartbeat names its checkpoint (W-14). */
  readonly triggerReported: (checkpointTs: bigint) => void;
  /** K-9: this dispatcher of a host counts from now on. */
  readonly include: (host: number, checkpointTs: bigint) => void;
  /** No other mode is run: a dispatcher of another one is nobody's, left by a maintainer that ran it. Default false. */
  readonly alone?: boolean;
}

/** Complete heartbeats of a host that do not name a task before it is asked back. */
const MISSED_ROUNDS = 3;

/** A task that was not named, for so many rounds. */
interface Missed {
  readonly generation: number;
  readonly rounds: number;
}

/** What hosts say of their dispatchers (E-8), in one mode. */
export class ComponentStatusIntake {
  readonly #parts: ComponentStatusParts;
  readonly #mode: Mode;
  /** By host: tasks named since its last complete heartbeat, and those that the ones before did not name. */
  readonly #named = new Map<number, HandleSet>();
  readonly #missed = new Map<number, ReadonlyMap<number, Missed>>();

  constructor(parts: ComponentStatusParts) {
    this.#parts = parts;
    this.#mode = parts.table.mode;
  }

  /** T-9 */
  forget(host: number): void {
    this.#named.delete(host);
    this.#missed.delete(host);
  }

  /**
   * Takes the statuses of one heartbeat. `accounted`: the watermark that came with them was taken. With `heal` false they
   * are recorded and nothing is done about them (E-6). Checkpoints are read as pairs of words: a complete heartbeat lists
   * every dispatcher.
   */
  take(host: number, statuses: ComponentStatuses, flags: { readonly accounted: boolean; readonly heal: boolean }): void {
    const { handle: handles, generation: generations, state: states, mode: modes, checkpointTs, worker: workers } = statuses;
    const words = new Int32Array(checkpointTs.buffer, checkpointTs.byteOffset, checkpointTs.length * 2);
    const { table, operators } = this.#parts;
    const named = host === 0 ? undefined : this.#namedBy(host);
    for (let row = 0; row < handles.length; row++) {
      const handle = handles[row]!;
      const state = states[row] as ComponentState;
      if (hasEnded(state)) operators.strays.gone(host, handle, generations[row]!);
      const isCurrent =
        handle < table.state.length && table.generation[handle] === generations[row] && table.state[handle] !== TaskState.FREE;
      // D-49: a host does not know the mode of a dispatcher that it does not have. Handles are of one space, so it is ours.
      const isOurs = modes[row] === this.#mode || (isCurrent ? hasEnded(state) : this.#parts.alone === true);
      if (!isOurs) continue;
      if (!isCurrent) {
        if (flags.heal && state === State.WORKING) this.#orphan(host, handle, generations[row]!);
        continue;
      }
      named?.add(handle);
      // T-F. What has ended is nowhere, and the task may have gone to another host meanwhile.
      const worker = hasEnded(state) ? NO_WORKER : (workers?.[row] ?? NO_WORKER);
      if (worker !== NO_WORKER && table.host[handle] === host) table.worker[handle] = worker;
      this.#status(host, handle, state, words[row * 2 + 1]!, words[row * 2]!, flags);
    }
  }

  /**
   * H-1: the host has listed every dispatcher since its last complete heartbeat. A Stopped is told once and may be lost on
   * the way from another host: of a task that several rounds did not name nobody knows whether it has a dispatcher. It is
   * asked back, which is safe if it has one. On the way from the own host nothing is lost.
   */
  complete(host: number, heal: boolean): void {
    if (host === 0) return;
    const { table, operators, count } = this.#parts;
    const named = this.#namedBy(host);
    const before = this.#missed.get(host);
    const missed = new Map<number, Missed>();
    const end = table.countOfHost(host) > 0 ? table.end : 0;
    for (let handle = 0; handle < end; handle++) {
      if (table.host[handle] !== host || table.state[handle] !== TaskState.REPLICATING || named.has(handle)) continue;
      const generation = table.generation[handle]!;
      const last = before?.get(handle);
      const rounds = last?.generation === generation ? last.rounds + 1 : 1;
      if (rounds < MISSED_ROUNDS || !heal || !operators.recall(handle)) missed.set(handle, { generation, rounds });
      else count('maintainer.recalled');
    }
    this.#missed.set(host, missed);
    named.clear();
  }

  #status(
    host: number,
    handle: number,
    state: ComponentState,
    high: number,
    low: number,
    { accounted, heal }: { readonly accounted: boolean; readonly heal: boolean },
  ): void {
    const { table, operators } = this.#parts;
    const isTask = table.hasTask(handle);
    // B-9, before an operator sees it: the next dispatcher of the task starts there. "No constraint" is no position.
    if (isTask && table.host[handle] === host && (high !== -1 || low !== -1)) {
      table.raiseCheckpoint(handle, high, low);
      if (handle === table.trigger) this.#parts.triggerReported(joinTs(high, low));
    }
    if (!heal) return;
    const before = table.state[handle];
    if (operators.status(handle, state, host)) {
      if (before !== TaskState.REPLICATING && table.state[handle] === TaskState.REPLICATING && !accounted) {
        this.#parts.include(host, table.positions.recoveryTs(handle));
      }
      return;
    }
    if (!isTask || table.host[handle] !== host) return;
    if (hasEnded(state) && table.state[handle] === TaskState.REPLICATING) this.#gone(handle);
  }

  /** E-8: a dispatcher has gone by itself, as when its worker died. */
  #gone(handle: number): void {
    const { table, operators, scheduler, count } = this.#parts;
    // The host has taken every repeat when it answers a removal; till then nobody else may have the range.
    if (operators.mayComeBack(handle) && operators.recall(handle)) return;
    if (handle === table.trigger) count('maintainer.trigger-lost');
    else if (this.#isServedByAnother(handle)) {
      table.remove(handle);
      table.free(handle);
      return;
    }
    table.markAbsent(handle);
    scheduler.reschedule(handle);
  }

  #isServedByAnother(handle: number): boolean {
    const { table } = this.#parts;
    const range = table.rangeOf(handle);
    let found = false;
    table.forEachOfSlot(table.table[handle]!, (other) => {
      found = other !== handle && table.state[other] === TaskState.REPLICATING && contains(table.rangeOf(other), range);
      return !found;
    });
    return found;
  }

  #orphan(host: number, handle: number, generation: number): void {
    const { operators, count } = this.#parts;
    count('maintainer.orphans');
    operators.removeOrphan(host, handle, generation);
  }

  #namedBy(host: number): HandleSet {
    let named = this.#named.get(host);
    if (named === undefined) {
      named = new HandleSet();
      this.#named.set(host, named);
    }
    return named;
  }
}

function hasEnded(state: ComponentState): boolean {
  return state === State.STOPPED || state === State.REMOVED;
}
