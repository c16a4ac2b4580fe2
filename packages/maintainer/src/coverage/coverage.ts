import type { Influence, SchemaId, TableId } from '@tidegate/protocol';
import { TRIGGER_TABLE_ID } from '@tidegate/protocol';
import { areConsecutive } from '../span/columns.js';
import { HandleSet } from '../span/handleSet.js';
import type { SpanTable } from '../span/spanTable.js';
import { UNDIVIDED } from '../span/tiling.js';
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
  /** Of Normal, made when it is first asked for. */
  #listedIds: ReadonlySet<TableId> | undefined;
  #checker: Checker | undefined;
  /** Slots of divided tables whose parts are others by now: they are counted anew before anybody asks. */
  readonly #stale = new Set<number>();
  /** DB and All: whether tables that appear later are required too. */
  #open = true;

  /**
   * Normal knows its tables at once; DB and All only when {@link size} says so (V-6). `before`: the phase that this one takes
   * the place of, which is of no more use. Of Normal the requirement stays what it has become, and only that is taken over.
   */
  constructor(table: SpanTable, influence: Influence, newChecker: () => Checker, before?: Coverage) {
    this.#table = table;
    this.#influence = influence;
    this.#newChecker = newChecker;
    if (influence.type !== 'normal') return;
    if (before?.sized === true) {
      this.#checker = before.#checker;
      this.#checker?.reset();
      this.#listedIds = before.#listedIds;
      for (const tableId of before.#taskless) this.#taskless.add(tableId);
    } else this.size();
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
    return (this.#counted()?.missingCount ?? 0) + this.#taskless.size;
  }

  /** With fewer marks than these it cannot become covered. */
  get leastMissing(): number {
    return this.#counted()?.leastMissing ?? Number.POSITIVE_INFINITY;
  }

  /** V-8: every required table is covered by dispatchers that still replicate. */
  get covered(): boolean {
    return this.#taskless.size === 0 && this.#counted()?.covered === true;
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
      for (const tableId of influence.tableIds) {
        const slot = tables.slotOf(tableId);
        if (slot < 0) this.#taskless.add(tableId);
        else checker.list(slot);
      }
    } else if (influence.type === 'db') {
      checker.list(tables.slotOf(TRIGGER_TABLE_ID));
      tables.forEachOfSchema(influence.schemaId, (slot) => checker.list(slot));
    } else {
      checker.listAll(tables.slots);
      tables.forEachFree((slot) => checker.unlist(slot));
    }
    this.#checker = checker;
    this.#stale.clear();
    this.#reported.forEachPiece((handles, count) => this.#countAll(handles, count));
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

  /** {@link mark} for the first `count` of `handles`; their order is lost. Returns how many had not reported before. */
  markAll(handles: Uint32Array, count: number): number {
    const fresh = this.#reported.addAll(handles, count);
    this.#countAll(handles, fresh);
    return fresh;
  }

  /** {@link mark} for the `count` dispatchers from `first` on, if nothing has to be known of each. False: nothing has changed. */
  markNeighbours(first: number, count: number): boolean {
    const checker = this.#checker;
    const { table, tiling } = this.#table;
    const end = first + count;
    if (checker !== undefined && !(tiling.isEmpty && areConsecutive(table, first, end))) return false;
    if (!this.#reported.addRange(first, end)) return false;
    checker?.addRange(table[first]!, table[first]! + count);
    return true;
  }

  /** T-11, B-42: listed tables that have no tasks left are not waited for: nobody would report for them. */
  markGone(): void {
    this.#taskless.clear();
  }

  /** B-42: the schema has no tasks left. */
  markCovered(): void {
    this.#checker?.markCovered();
  }

  /** V-8, T-3: what a dispatcher reported counts no more when it stops replicating. */
  taskLeft(handle: number): void {
    if (!this.#reported.delete(handle) || this.#checker === undefined) return;
    const slot = this.#table.table[handle]!;
    if (this.#stale.has(slot)) return;
    const parts = this.#table.tiling.partsOf(slot);
    if (parts > UNDIVIDED && this.#checker.withdrawPart(slot)) return;
    if (parts === UNDIVIDED) this.#recount(slot);
    else this.#stale.add(slot);
  }

  /** A divided table has other parts than before. */
  partsChanged(slot: number): void {
    if (this.#checker !== undefined) this.#stale.add(slot);
  }

  tableGone(slot: number, tableId: TableId): void {
    this.#stale.delete(slot);
    this.#checker?.unlist(slot);
    if (this.#lists(tableId)) this.#taskless.add(tableId);
  }

  tableAdded(slot: number, tableId: TableId, schemaId: SchemaId): void {
    const influence = this.#influence;
    if (influence.type === 'normal') {
      if (!this.#lists(tableId)) return;
      this.#taskless.delete(tableId);
      this.#checker?.list(slot);
    } else if (this.#open && (influence.type === 'all' || influence.schemaId === schemaId)) {
      this.#checker?.list(slot);
    }
  }

  /** Visits the tasks of the tables that are required, whether they have reported or not. */
  forEachRequired(visit: (handle: number) => unknown): void {
    this.#checker?.forEachListed((slot) => this.#table.forEachOfSlot(slot, visit));
  }

  /** Visits the tasks that have to report and did not, until `visit` returns false. */
  forEachMissing(visit: (handle: number) => unknown): void {
    let going = true;
    this.#counted()?.forEachMissing((slot) => {
      this.#table.forEachOfSlot(slot, (handle) => {
        if (!this.#reported.has(handle) && visit(handle) === false) going = false;
        return going;
      });
      return going;
    });
  }

  /** How many {@link forEachMissing} visits, where that is known without a look at each. */
  get missingCount(): number | undefined {
    const checker = this.#counted();
    return checker === undefined ? 0 : this.#table.tiling.isEmpty ? checker.missingCount : undefined;
  }

  describe(): string {
    const checker = this.#counted();
    if (checker === undefined) return `${this.#reported.size} dispatchers reported; the table trigger has not`;
    const taskless = this.#taskless.size > 0 ? `, ${this.#taskless.size} listed tables have no dispatcher` : '';
    return `${checker.describe()}${taskless}`;
  }

  /** Counts the first `count` of `handles`, and overwrites them. */
  #countAll(handles: Uint32Array, count: number): void {
    const checker = this.#checker;
    if (checker === undefined || count === 0) return;
    const { table, tiling } = this.#table;
    if (tiling.isEmpty) {
      replaceEach(handles, count, table);
      checker.addAll(handles, count);
      return;
    }
    for (let from = 0; from < count; ) {
      const slot = table[handles[from]!]!;
      let end = from + 1;
      while (end < count && table[handles[end]!] === slot) end++;
      const parts = tiling.partsOf(slot);
      if (parts <= UNDIVIDED) for (let i = from; i < end; i++) this.#count(handles[i]!);
      else if (!this.#stale.has(slot)) checker.addParts(slot, end - from, parts);
      from = end;
    }
  }

  #count(handle: number): void {
    const slot = this.#table.table[handle]!;
    if (this.#stale.has(slot)) return;
    const parts = this.#table.tiling.partsOf(slot);
    if (parts > UNDIVIDED) this.#checker?.addParts(slot, 1, parts);
    else this.#checker?.add(slot, this.#table.rangeOf(handle));
  }

  #lists(tableId: TableId): boolean {
    const influence = this.#influence;
    if (influence.type !== 'normal') return false;
    this.#listedIds ??= new Set(influence.tableIds);
    return this.#listedIds.has(tableId);
  }

  /** The checker, with everything counted. */
  #counted(): Checker | undefined {
    if (this.#stale.size === 0) return this.#checker;
    const slots = [...this.#stale];
    this.#stale.clear();
    for (const slot of slots) this.#recount(slot);
    return this.#checker;
  }

  #recount(slot: number): void {
    this.#checker?.reopen(slot);
    this.#table.forEachOfSlot(slot, (handle) => {
      if (this.#reported.has(handle)) this.#count(handle);
    });
  }
}

/** Replaces each of the first `count` of `values` by what `column` has for it. */
function replaceEach(values: Uint32Array, count: number, column: Uint32Array): void {
  for (let i = 0; i < count; i++) values[i] = column[values[i]!]!;
}
