import { Action, type BlockEvent, Mode, type SchemaChange, Stage } from '@tidegate/protocol';
import type { BlockWork } from './blockWork.js';
import type { ErrorOutbox } from './errorOutbox.js';
import { type DispatcherError, NotSplittableError, SinkFailure, SourceEventError } from './errors.js';
import type { EventEntry, NoneReport } from './eventEntry.js';
import type { Posting } from './posting.js';
import type { Reports } from './reports.js';
import type { Retry } from './retry.js';
import { Flag, Phase, Place } from './rowLayout.js';
import type { GroupState } from './state.js';
import type { TriggerState } from './trigger.js';
import { appendWaiting, removeWaiting, repeatWaiting } from './waitingList.js';
import type { WrittenMemory } from './written.js';

/** What the machine works with. */
export interface MachineParts {
  readonly posting: Posting;
  readonly retry: Retry;
  readonly reports: Reports;
  readonly work: BlockWork;
  readonly errors: ErrorOutbox;
  readonly written: WrittenMemory;
  /** The stream of a row is open: take what waits in its inbox. */
  readonly wake: (row: number) => void;
  /** The response path of a row is open: handle what waits there. */
  readonly reopen: (row: number) => void;
}

/**
 * The block-event state machine of section 5, for every row of the group:
 *
 * ```
 *              ┌─ no ──▶ EXECUTING ─▶ wake, report NONE
 *  must block? │
 *              └─ yes ─▶ (HELD) ─▶ FLUSHING ─▶ PARKED, WAITING ─ write or pass ─▶ ACTING ─▶ wake, DONE
 * ```
 *
 * Which path is decided when the event is delivered (D-19); sink work runs on the executor.
 */
export class BlockMachine {
  #state: GroupState;
  #parts: MachineParts;
  #stalled: { readonly row: number; readonly generation: number }[] = [];

  constructor(state: GroupState, parts: MachineParts) {
    this.#state = state;
    this.#parts = parts;
  }

  // ---------------------------------------------------------------- delivery

  /** Takes the next event of an open stream. It may leave the stream open: a redo dispatcher drops sync points (D-45). */
  take(row: number, entry: EventEntry): void {
    const { rows } = this.#state;
    const { event } = entry;
    if (event.type === 'sync-point' && rows.mode[row] === Mode.REDO) return;
    if (event.type === 'ddl') {
      if (event.error !== undefined) {
        // D-11: to the error path, and the stream stays closed.
        this.fail(row, new SourceEventError(`the DDL at ${event.commitTs} (${event.query})`, event.error));
        return;
      }
      const after = entry.tableAfter(rows.tableId(row));
      if (after?.splittable === false && rows.has(row, Flag.SPLIT) && this.#state.options.checkSplittable) {
        const name = `${after.schema}.${after.table}`;
        this.fail(row, new NotSplittableError(rows.handle[row]!, name, event.query, event.commitTs)); // D-11
        return;
      }
      if (event.schemaChanges.length > 0) this.#changeSchema(row, event.schemaChanges);
      if (event.admissions.length > 0) entry.admissionsAfter ??= this.#state.triggers.get(row)?.admits(event.commitTs);
    }
    entry.refs++;
    rows.setEntry(row, entry.index);
    if (!this.#mustBlock(row, event)) this.#executeAlone(row, entry);
    else if (this.#mustHold(row, event)) {
      rows.phase[row] = Phase.HELD;
      this.#state.settle(row);
    } else this.#block(row, entry);
  }

  // D-18.
  #mustBlock(row: number, event: BlockEvent): boolean {
    if (event.type === 'sync-point') return true;
    const tables = event.blockTables;
    if (tables === undefined) return false;
    if (tables.type !== 'normal') return true;
    return this.#state.rows.has(row, Flag.SPLIT) || tables.tableIds.length > 1;
  }

  // D-43: the maintainer sizes DB and All by its task table, which lacks what is reported and not yet acknowledged.
  #mustHold(row: number, event: BlockEvent): boolean {
    if ((this.#state.triggers.get(row)?.unacked ?? 0) === 0) return false;
    return event.type === 'sync-point' || event.blockTables?.type !== 'normal';
  }

  // D-29: at once, on every path. The trigger belongs to no schema that changes.
  #changeSchema(row: number, changes: readonly SchemaChange[]): void {
    const { rows, context } = this.#state;
    if (rows.has(row, Flag.TRIGGER)) return;
    const change = changes.find((candidate) => candidate.tableId === rows.tableId(row));
    if (change === undefined) return;
    if (change.oldSchemaId === rows.schemaId(row)) rows.setSchemaId(row, change.newSchemaId);
    else context.log('warn', 'schema change ignored: the table is not in the schema that it names', { ...change });
  }

  // ---------------------------------------------------------------- blocking path

  #block(row: number, entry: EventEntry): void {
    if (!this.#parts.work.mustFlush(row)) {
      this.#park(row, entry);
      return;
    }
    this.#state.rows.phase[row] = Phase.FLUSHING;
    this.#parts.work.flush(row);
    this.#state.settle(row);
  }

  /** The flush before the event in hand is over: only now WAITING (D-20, D-21). */
  flushed(row: number): void {
    if (this.#state.isFrozen(row)) {
      this.#state.rows.phase[row] = Phase.HELD; // Freezing: it reports when it is thawed.
      this.#state.settle(row);
    } else this.#park(row, this.#state.entryOf(row) as EventEntry);
  }

  /** T-7: a row that was frozen goes on with the event in hand. False: there is none that it could go on with by itself. */
  thaw(row: number): boolean {
    const { rows } = this.#state;
    const entry = this.#state.entryOf(row);
    const phase = rows.phase[row];
    if (entry === undefined || phase === Phase.GATED || phase === Phase.OPEN) return false;
    if (phase === Phase.HELD) this.#block(row, entry);
    else if (phase === Phase.STALLED) this.#executeAlone(row, entry);
    else if (phase === Phase.PARKED) {
      // An acknowledged report too: the maintainer has dropped it with the task that was not replicating (V-8).
      if (rows.has(row, Flag.UNACKED)) repeatWaiting(rows, entry, row);
      else appendWaiting(rows, entry, row);
      this.#parts.retry.begin(entry, row);
      this.#parts.posting.oweWaiting(entry);
    }
    return true;
  }

  // D-23: count, set the slot, register the retry task, offer.
  #park(row: number, entry: EventEntry): void {
    const { rows } = this.#state;
    if (rows.has(row, Flag.TRIGGER)) {
      (this.#state.triggers.get(row) as TriggerState).countReport();
      entry.triggerReports = true;
    }
    rows.phase[row] = Phase.PARKED;
    rows.setStage(row, Stage.WAITING);
    appendWaiting(rows, entry, row);
    this.#parts.retry.begin(entry, row);
    this.#parts.posting.oweWaiting(entry);
    this.#state.settle(row);
  }

  /** D-35b: takes an action for the event in hand, which is in WAITING. The path stays closed until it is done. */
  accept(row: number, action: Action): void {
    const { rows } = this.#state;
    const entry = this.#state.entryOf(row) as EventEntry;
    this.cancelRetry(row, entry); // W-3: an accepted action is an acknowledgement.
    this.#state.leave(row);
    rows.setStage(row, Stage.WRITING);
    rows.phase[row] = Phase.ACTING;
    rows.set(row, Flag.PATH_CLOSED);
    const notToSync = entry.event.type === 'ddl' && entry.event.notToSync === true;
    if (action === Action.WRITE && notToSync)
      this.written(row, entry); // D-28
    else if (action === Action.WRITE) this.#parts.work.write(row);
    else if (!this.#parts.work.tell(row, entry)) this.passed(row, entry);
    // Still in hand: with the executor or the sink, and the row accounts for itself.
    if (rows.place[row] === Place.NOWHERE) this.#state.enter(row, Place.ACTIVE);
  }

  /** Ends the retry task of a row in WAITING; answers whether it had one. On the trigger one report less is unacknowledged. */
  cancelRetry(row: number, entry: EventEntry): boolean {
    const { rows } = this.#state;
    if (!rows.has(row, Flag.UNACKED)) return false;
    removeWaiting(rows, entry, row);
    this.#state.triggers.get(row)?.uncountReport();
    return true;
  }

  /** D-31: the largest commit ts, then as for a write. */
  passed(row: number, entry: EventEntry): void {
    this.#state.raiseMax(row, entry.tsHigh, entry.tsLow);
    this.#finish(row, entry);
  }

  /** The event in hand is written; its progress entry is gone (D-30.1). */
  written(row: number, entry: EventEntry): void {
    const { rows } = this.#state;
    this.#state.raiseMax(row, entry.tsHigh, entry.tsLow);
    if (rows.phase[row] === Phase.EXECUTING) {
      this.#executed(row, entry);
      return;
    }
    this.#parts.written.add(rows.handle[row]!, rows.generation[row]!, entry.key);
    this.#finish(row, entry);
  }

  // D-30 from (2) on.
  #finish(row: number, entry: EventEntry): void {
    const { rows } = this.#state;
    if (rows.has(row, Flag.OWES_DONE)) this.#parts.posting.keepOwedDone(row);
    this.#clearSlot(row, entry);
    rows.doneHigh[row] = entry.tsHigh;
    rows.doneLow[row] = entry.tsLow;
    if (entry.isSyncPoint) rows.set(row, Flag.LAST_DONE_SYNC);
    else rows.clear(row, Flag.LAST_DONE_SYNC);
    this.#parts.wake(row);
    this.#parts.posting.oweDone(row);
    rows.clear(row, Flag.PATH_CLOSED);
    this.#parts.reopen(row);
  }

  // D-32: before the stream wakes, or the next event's slot would be wiped. The table becomes what the event made of it.
  #clearSlot(row: number, entry: EventEntry): void {
    const { rows } = this.#state;
    this.#state.leave(row);
    rows.setStage(row, Stage.NONE);
    rows.setEntry(row, -1);
    rows.phase[row] = Phase.OPEN;
    const table = rows.has(row, Flag.TRIGGER) ? undefined : entry.tableAfter(rows.tableId(row));
    if (table !== undefined) rows.setTable(row, table);
    this.#state.entries.release(entry);
  }

  // ---------------------------------------------------------------- non-blocking path

  #executeAlone(row: number, entry: EventEntry): void {
    const { rows } = this.#state;
    const { reports, work } = this.#parts;
    const needed = reports.needed(row, entry);
    if (needed && reports.full) {
      rows.phase[row] = Phase.STALLED;
      this.#stalled.push({ row, generation: rows.generation[row]! });
      this.#state.context.count('dispatcher.stalled-streams');
      this.#state.settle(row);
      return;
    }
    if (needed) reports.count(row, entry);
    rows.phase[row] = Phase.EXECUTING;
    work.execute(row);
    this.#state.settle(row);
  }

  // D-25: wake, then report. A removed row reports nothing but what holds back the trigger's checkpoint.
  #executed(row: number, entry: EventEntry): void {
    const { reports } = this.#parts;
    const report = reports.needed(row, entry) ? reports.make(row, entry) : undefined;
    this.#clearSlot(row, entry);
    this.#parts.wake(row);
    if (report === undefined) return;
    reports.offer(entry, report);
    if (this.#state.rows.has(row, Flag.REMOVING)) reports.abandon(row);
  }

  // ---------------------------------------------------------------- acknowledgements

  /** D-35.1: ends the retry task of a row at `entry`, WAITING or NONE. No such task: does nothing (D-39). */
  acknowledge(row: number, entry: EventEntry): void {
    const waiting = this.#state.rows.entry(row) === entry.index && this.cancelRetry(row, entry);
    const report = waiting ? undefined : this.#parts.reports.of(row, entry);
    if (report !== undefined) this.#settleReport(row, entry, report);
  }

  #settleReport(row: number, entry: EventEntry, report: NoneReport): void {
    this.#parts.reports.settle(row, entry, report);
    this.#releaseHeld(row);
    this.#resumeStalled();
  }

  // D-43: the count has reached zero.
  #releaseHeld(row: number): void {
    const { rows } = this.#state;
    if (rows.phase[row] !== Phase.HELD || rows.has(row, Flag.REMOVING)) return;
    if (this.#state.triggers.get(row)?.unacked === 0) this.#block(row, this.#state.entryOf(row) as EventEntry);
  }

  #resumeStalled(): void {
    const { rows } = this.#state;
    while (!this.#parts.reports.full) {
      const next = this.#stalled.shift();
      if (next === undefined) return;
      const { row, generation } = next;
      if (!this.#state.isLive(row, generation) || rows.phase[row] !== Phase.STALLED || rows.has(row, Flag.REMOVING)) continue;
      if (this.#state.isFrozen(row)) continue; // It tries again when it is thawed.
      this.#executeAlone(row, this.#state.entryOf(row) as EventEntry);
    }
  }

  // ---------------------------------------------------------------- errors and removal

  /** D-22, D-33: the row is stuck by design: no report, no DONE, no wake, no way for answers. */
  fail(row: number, error: DispatcherError): void {
    const { rows } = this.#state;
    const { reports } = this.#parts;
    if (error instanceof SinkFailure) this.#state.sinkBroken[rows.mode[row]! as Mode] = true;
    this.#parts.errors.report(rows.handle[row]!, rows.generation[row]!, error);
    const entry = this.#state.entryOf(row);
    if (rows.phase[row] === Phase.EXECUTING && entry !== undefined && reports.needed(row, entry)) reports.uncount(row, entry);
    this.#setAside(row);
  }

  /** Rows came for a dispatcher whose stream named no table: the source broke its contract. */
  rowsWithoutTable(row: number): void {
    const rows = `rows for dispatcher ${this.#state.rows.handle[row]}`;
    this.fail(row, new SourceEventError(rows, 'its stream began without a table'));
  }

  /** A removed row will not execute the DDL in hand. */
  abandoned(row: number, entry: EventEntry): void {
    if (this.#parts.reports.needed(row, entry)) this.#parts.reports.uncount(row, entry);
    this.#setAside(row);
  }

  // Nothing more becomes of the event in hand.
  #setAside(row: number): void {
    this.#state.leave(row);
    this.#state.rows.phase[row] = Phase.FAILED;
    this.#state.settle(row);
  }

  /** D-49: ends the retry tasks of a row and what it has not begun. */
  abandon(row: number): void {
    const { rows } = this.#state;
    const { reports, work } = this.#parts;
    const entry = this.#state.entryOf(row);
    if (entry !== undefined) {
      this.cancelRetry(row, entry);
      if (rows.phase[row] === Phase.EXECUTING && !work.isRunning(row)) this.abandoned(row, entry);
    }
    // A write that waits for its turn will not come: the next dispatcher is told to write.
    if (work.cancel(row) && rows.phase[row] === Phase.ACTING) this.#setAside(row);
    reports.abandon(row);
    this.#resumeStalled();
  }

  /** Forgets what a closed row still has in hand. To be called before the row is freed. */
  forget(row: number): void {
    const entry = this.#state.entryOf(row);
    this.#parts.reports.forget(row);
    this.#state.leave(row);
    this.#state.rows.setEntry(row, -1);
    if (entry !== undefined) this.#state.entries.release(entry);
  }
}
