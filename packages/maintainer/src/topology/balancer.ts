import type { DispatcherId, TableId } from '@tidegate/protocol';
import type { FinishHook } from '../operator/operatorBoard.js';
import { OperatorKind } from '../operator/operatorKind.js';
import { TaskState } from '../span/taskState.js';
import type { TopologyParts } from './contracts.js';

/**
 * Moves dispatchers from hosts with many to the host with the fewest until they differ by at most one, so many at a time
 * as may be under way. One walk over the tasks suffices, for a host that need not give now need not later either; those
 * that could not be moved when the walk came by bring another one.
 */
export class Balancer {
  readonly #parts: TopologyParts;
  /** Next handle to look at; -1: nothing is to be done. */
  #cursor = -1;
  #hook: ((tableId: TableId) => FinishHook) | undefined;

  constructor(parts: TopologyParts) {
    this.#parts = parts;
  }

  get active(): boolean {
    return this.#cursor >= 0;
  }

  /** Begins; returns the spans whose move begins at once. `hook` makes what each move of a table tells its end to. */
  begin(hook?: (tableId: TableId) => FinishHook): DispatcherId[] {
    this.#cursor = 0;
    this.#hook = hook ?? this.#hook;
    return this.advance();
  }

  /** Goes on; returns the spans whose move begins. */
  advance(): DispatcherId[] {
    const { table, operators, options } = this.#parts;
    const moved: DispatcherId[] = [];
    while (this.#cursor >= 0 && operators.count(OperatorKind.MOVE) < options.maxMoves) {
      const handle = this.#next();
      if (handle < 0) break;
      const id = table.idOf(handle);
      if (operators.move(handle, this.#parts.scheduler.leastLoaded(), this.#hook?.(table.tableIdOf(handle)))) moved.push(id);
    }
    return moved;
  }

  /** The next task that is to leave its host; -1: none is found now. */
  #next(): number {
    const { table, operators } = this.#parts;
    for (let found = this.#walk(); ; found = this.#walk()) {
      if (found >= 0) return found;
      // What was busy when the walk came by may be free when everything under way is done.
      const underWay = operators.count(OperatorKind.ADD) + operators.count(OperatorKind.MOVE) + table.count(TaskState.ABSENT);
      if (underWay > 0) return -1;
      this.#cursor = this.#isEven() ? -1 : 0;
      if (this.#cursor >= 0) continue;
      this.#hook = undefined;
      return -1;
    }
  }

  #walk(): number {
    const { table, operators, scheduler } = this.#parts;
    const fewest = operators.loadOf(scheduler.leastLoaded());
    while (this.#cursor < table.end) {
      const handle = this.#cursor++;
      if (this.#isFree(handle) && operators.loadOf(table.host[handle]!) - fewest > 1) return handle;
    }
    return -1;
  }

  #isFree(handle: number): boolean {
    const { table, operators } = this.#parts;
    if (table.state[handle] !== TaskState.REPLICATING || handle === table.trigger) return false;
    return operators.kindOf(handle) === OperatorKind.NONE;
  }

  /** True as well when nothing can be done about it: no task is free to move and none will be soon. */
  #isEven(): boolean {
    const { table, hosts, operators } = this.#parts;
    const loads = hosts.alive().flatMap((host) => (hosts.isReady(host) ? [operators.loadOf(host)] : []));
    const fewest = Math.min(...loads);
    for (let handle = 0; handle < table.end; handle++) {
      if (this.#isFree(handle) && operators.loadOf(table.host[handle]!) - fewest > 1) return false;
    }
    return true;
  }
}
