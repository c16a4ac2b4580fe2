import type { AddedTable, SchemaChange, SchemaId, TableId } from '@tidegate/protocol';
import type { Scheduling } from '../barrier/contracts.js';
import type { Hosts } from '../hosts.js';
import type { SpanTable } from '../span/spanTable.js';
import { TaskState } from '../span/taskState.js';
import { HandleQueue } from './handleQueue.js';
import { OperatorKind } from './operatorKind.js';
import type { Operators } from './operators.js';

/** Adds, drops and moves tables (B-33), and finds hosts for tasks that have none. */
export class Scheduler implements Scheduling {
  readonly #table: SpanTable;
  readonly #hosts: Hosts;
  readonly #operators: Operators;
  readonly #random: () => number;
  readonly #maxScheduling: number;
  readonly #absent = new HandleQueue();

  constructor(parts: {
    readonly table: SpanTable;
    readonly hosts: Hosts;
    readonly operators: Operators;
    readonly random: () => number;
    readonly maxScheduling: number;
  }) {
    this.#table = parts.table;
    this.#hosts = parts.hosts;
    this.#operators = parts.operators;
    this.#random = parts.random;
    this.#maxScheduling = parts.maxScheduling;
    parts.operators.whenAbsent((handle) => this.#absent.push(handle));
  }

  /** No task waits for a host. */
  get atRest(): boolean {
    return this.#absent.size === 0;
  }

  addTables(adds: readonly AddedTable[], startTs: bigint): void {
    for (const { tableId, schemaId, splittable } of adds) {
      if (this.#table.tables.slotOf(tableId) >= 0) continue;
      this.#absent.push(this.#table.add({ id: this.#random, tableId, schemaId, splittable, startTs }));
    }
  }

  dropTables(tableIds: readonly TableId[]): void {
    for (const tableId of tableIds) this.#dropSlot(this.#table.tables.slotOf(tableId));
  }

  dropSchema(schemaId: SchemaId): void {
    this.#table.tables.forEachOfSchema(schemaId, (slot) => this.#dropSlot(slot));
  }

  changeSchemas(changes: readonly SchemaChange[]): void {
    for (const { tableId, newSchemaId } of changes) {
      const slot = this.#table.tables.slotOf(tableId);
      if (slot >= 0) this.#table.tables.moveToSchema(slot, newSchemaId);
    }
  }

  /** Its dispatcher is gone: look for a host again. */
  reschedule(handle: number): void {
    this.#absent.push(handle);
  }

  /**
   * Gives absent tasks to the host with the fewest, as many as may be under way at a time. The table trigger is created
   * again where the maintainer lives, at its recovery point: nobody else could take its place.
   */
  place(): void {
    for (let rest = this.#absent.size; rest > 0 && this.#operators.count(OperatorKind.ADD) < this.#maxScheduling; rest--) {
      const handle = this.#absent.shift();
      // A split or a merge that was given up leaves handles here that are free, or somebody's by now.
      if (this.#table.state[handle] !== TaskState.ABSENT) continue;
      if (this.#operators.strays.holds(this.#table.tableIdOf(handle))) this.#absent.push(handle);
      else if (!this.#operators.add(handle, handle === this.#table.trigger ? 0 : this.leastLoaded())) this.#absent.push(handle);
    }
  }

  /** The host that takes dispatchers and will have the fewest; of equals one without the table trigger. */
  leastLoaded(): number {
    let best = 0;
    let fewest = Number.POSITIVE_INFINITY;
    for (let host = 0; host < this.#hosts.size; host++) {
      if (!this.#hosts.isReady(host)) continue;
      const load = this.#operators.loadOf(host);
      if (load > fewest || (load === fewest && best !== this.#table.host[this.#table.trigger])) continue;
      best = host;
      fewest = load;
    }
    return best;
  }

  /** All its tasks are listed first: removing one part of a merge brings its target out of the table too. */
  #dropSlot(slot: number): void {
    const handles: number[] = [];
    this.#table.forEachOfSlot(slot, (handle) => {
      handles.push(handle);
    });
    for (const handle of handles) if (this.#table.hasTask(handle)) this.#operators.remove(handle);
  }
}
