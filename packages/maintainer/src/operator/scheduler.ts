import type { AddedTable, SchemaChange, SchemaId, TableId } from '@tidegate/protocol';
import type { Scheduling } from '../barrier/contracts.js';
import type { Hosts } from '../hosts.js';
import type { SpanTable } from '../span/spanTable.js';
import { TaskState } from '../span/taskState.js';
import { HandleQueue } from './handleQueue.js';
import { OperatorKind, type Operators } from './operators.js';

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

  /** Gives absent tasks to the host with the fewest, as many as may be under way at a time. */
  place(): void {
    for (let rest = this.#absent.size; rest > 0 && this.#operators.count(OperatorKind.ADD) < this.#maxScheduling; rest--) {
      const handle = this.#absent.shift();
      if (this.#table.state[handle] === TaskState.ABSENT) this.#operators.add(handle, this.#leastLoaded());
    }
  }

  #leastLoaded(): number {
    let best = 0;
    for (let host = 1; host < this.#hosts.size; host++) {
      if (this.#table.countOfHost(host) < this.#table.countOfHost(best)) best = host;
    }
    return best;
  }

  #dropSlot(slot: number): void {
    this.#table.forEachOfSlot(slot, (handle) => {
      this.#operators.remove(handle);
    });
  }
}
