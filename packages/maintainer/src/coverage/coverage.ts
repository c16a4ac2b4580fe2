import type { Influence, KeyRange, SchemaId, TableId } from '@tidegate/protocol';
import { TRIGGER_TABLE_ID } from '@tidegate/protocol';
import { HandleSet } from '../span/handleSet.js';
import type { SpanTable } from '../span/spanTable.js';
import type { Checker } from './checker.js';

/**
 * Who has reported in one phase of one event, and whether that is everybody. An event has two of them, one for WAITING
 * and one for DONE, and they never share a mark (W-4).
 *
 * The parent re-verifies its reporters whenever coverage is reached (V-8). Here the span table says who leaves at the
 * moment that it happens, so what is marked is always what is true, and asking costs nothing.
 */
export class Coverage {
  readonly #table: SpanTable;
  readonly #influence: Influence;
  readonly #newChecker: () => Checker;
  readonly #reported = new HandleSet();
  /** Normal only: listed tables that have no task at the moment. Required until {@link markGone} (B-42). */
  readonly #taskless = new Set<TableId>();
  #listedIds: ReadonlySet<TableId> | undefined;
  #checker: Checker | undefined;
  /** DB and All: whether tables that appear later are required too. */
  #open = true;

  /** Normal knows its tables at once; DB and All only when {@link size} says so (V-6). */
  constructor(table: SpanTable, influence: Influence, newChecker: () => Checker) {
    this.#table = table;
    this.#influence = influence;
    this.#newChecker = newChecker;
    if (influence.type === 'normal') this.size();
  }

  /** The requirement is known. */
  get sized(): boolean {
    return this.#checker !== undefined;
  }

  get reportedCount(): number {
    return this.#reported.size;
  }

  /** Normal only: listed tables that have no task at the moment. */
  get taskless(): number {
    return this.#taskless.size;
  }

  get missingTables(): number {
    return (this.#checker?.missingCount ?? 0) + this.#taskless.size;
  }

  /** V-8: every required table is covered by dispatchers that still replicate. */
  get covered(): boolean {
    return this.#checker?.covered === true && this.#taskless.size === 0;
  }

  hasReported(handle: number): boolean {
    return this.#reported.has(handle);
  }

  /** The dispatchers that have reported, ascending. */
  reported(): number[] {
    return this.#reported.toArray();
  }

  /** V-6: takes the requirement from the tasks as they are now, and counts those who reported before. */
  size(): void {
    const checker = this.#newChecker();
    const { tables } = this.#table;
    const influence = this.#influence;
    if (influence.type === 'normal') {
      this.#listedIds = new Set(influence.tableIds);
      for (const tableId of this.#listedIds) {
        const slot = tables.slotOf(tableId);
        if (slot < 0) this.#taskless.add(tableId);
        else checker.list(slot);
      }
    } else if (influence.type === 'db') {
      checker.list(tables.slotOf(TRIGGER_TABLE_ID));
      tables.forEachOfSchema(influence.schemaId, (slot) => checker.list(slot));
    } else {
      checker.listAll(tables.slots);
      for (let slot = 0; slot < tables.slots; slot++) if (!tables.isLive(slot)) checker.unlist(slot);
    }
    this.#checker = checker;
    this.#reported.forEach((handle) => {
      this.#count(handle);
    });
  }

  /** From now on tables that appear are not required: they start beyond the event. */
  freeze(): void {
    this.#open = false;
  }

  /** V-7. False when the dispatcher had reported before. */
  mark(handle: number): boolean {
    if (!this.#reported.add(handle)) return false;
    this.#count(handle);
    return true;
  }

  /** B-42: the listed table has no tasks left, so nobody will report for it. */
  markGone(tableId: TableId): void {
    this.#taskless.delete(tableId);
  }

  /** B-42: the schema has no tasks left. */
  markCovered(): void {
    this.#checker?.markCovered();
  }

  /** V-8, T-3: what a dispatcher reported counts no more when it stops replicating. */
  taskLeft(handle: number): void {
    if (!this.#reported.delete(handle) || this.#checker === undefined) return;
    const slot = this.#table.table[handle]!;
    const remaining: (KeyRange | undefined)[] = [];
    this.#table.forEachOfSlot(slot, (other) => {
      if (this.#reported.has(other)) remaining.push(this.#table.rangeOf(other));
    });
    this.#checker.reopen(slot, remaining);
  }

  tableGone(slot: number, tableId: TableId): void {
    this.#checker?.unlist(slot);
    if (this.#listedIds?.has(tableId) === true) this.#taskless.add(tableId);
  }

  tableAdded(slot: number, tableId: TableId, schemaId: SchemaId): void {
    const influence = this.#influence;
    if (influence.type === 'normal') {
      if (this.#listedIds?.has(tableId) !== true) return;
      this.#taskless.delete(tableId);
      this.#checker?.list(slot);
    } else if (this.#open && (influence.type === 'all' || influence.schemaId === schemaId)) {
      this.#checker?.list(slot);
    }
  }

  /** Visits the tasks that have to report and did not, until `visit` returns false. */
  forEachMissing(visit: (handle: number) => unknown): void {
    let going = true;
    this.#checker?.forEachMissing((slot) => {
      this.#table.forEachOfSlot(slot, (handle) => {
        if (!this.#reported.has(handle) && visit(handle) === false) going = false;
        return going;
      });
      return going;
    });
  }

  describe(): string {
    if (this.#checker === undefined) return `${this.#reported.size} dispatchers reported; the table trigger has not`;
    const taskless = this.#taskless.size > 0 ? `, ${this.#taskless.size} listed tables have no dispatcher` : '';
    return `${this.#checker.describe()}${taskless}`;
  }

  #count(handle: number): void {
    this.#checker?.add(this.#table.table[handle]!, this.#table.rangeOf(handle));
  }
}
