import { joinTs, type Mode, tsHigh, tsLow } from '@tidegate/protocol';
import type { BlockMachine } from './blockMachine.js';
import type { BlockWork } from './blockWork.js';
import { SinkFailure } from './errors.js';
import type { Gate } from './gate.js';
import type { Inbox } from './inbox.js';
import { Flag, Phase } from './rowLayout.js';
import type { RowsSlice } from './rowsSlice.js';
import type { RowsWork, SinkWork } from './sinkWork.js';
import type { GroupState } from './state.js';

/** What rows need of those around them. */
export interface RowsFlowParts {
  readonly sink: SinkWork;
  readonly work: BlockWork;
  readonly machine: BlockMachine;
  readonly gate: Gate;
  readonly wake: (row: number) => void;
}

/** Rows on their way through the sink: batches, hand-over, wake, confirmation. */
export class RowsFlow {
  #state: GroupState;
  #parts: RowsFlowParts;
  /** Writes that the sink has not confirmed. */
  unconfirmed = 0;
  /** Writes that were ever handed to a sink and not confirmed at once. */
  handed = 0;

  constructor(state: GroupState, parts: RowsFlowParts) {
    this.#state = state;
    this.#parts = parts;
  }

  /** The stream of a row begins: the sink is told before any of its rows (Sink.restart). */
  begin(row: number): void {
    const { rows } = this.#state;
    if (!this.#parts.sink.wantsRestart(rows.mode[row]! as Mode)) return;
    const table = rows.tableOf(row);
    if (table === undefined) return;
    try {
      this.#parts.sink.restart(rows.mode[row]! as Mode, table, rows.start.get(row));
    } catch (error) {
      this.#parts.machine.fail(row, new SinkFailure(`the start of ${table.schema}.${table.table}`, error));
    }
  }

  /** D-46: rows whose last ts lies above the redo gate wait, all of them. */
  isHeld(row: number, slice: RowsSlice): boolean {
    const { gate } = this.#parts;
    return gate.enabled && gate.holds(row, tsHigh(slice.lastTs), tsLow(slice.lastTs));
  }

  /** Hands all rows at the front of an inbox to the sink, as one batch. */
  take(row: number, inbox: Inbox, becomeWorking: () => void): void {
    const { rows } = this.#state;
    const start = rows.start.get(row);
    const { batch, mark } = this.#gather(row, inbox, start);
    // D-9: every row enters progress before the first goes to the sink.
    const progress = this.#state.needWork(row).progress;
    const works = batch.map((slice): RowsWork => {
      const ticket = progress.add(slice.firstTs, slice.lastTs);
      return { type: 'rows', row, generation: rows.generation[row]!, ticket, slice, handed: false, copied: false };
    });
    if (batch.some((slice) => slice.lastTs > start)) becomeWorking(); // D-2
    if (works.length > 0) this.#handOver(row, works);
    // D-8: resolved marks of the batch last, or progress would look empty for an instant.
    this.#state.raiseResolved(row, tsHigh(mark), tsLow(mark));
  }

  // Takes consecutive rows off the inbox, without the stale (D-4) and the skipped (D-10).
  #gather(row: number, inbox: Inbox, start: bigint): { batch: RowsSlice[]; mark: bigint } {
    const { rows, context } = this.#state;
    const skip = rows.has(row, Flag.SKIP_DML) ? start + 1n : undefined;
    const batch: RowsSlice[] = [];
    let mark = joinTs(rows.resolvedHigh[row]!, rows.resolvedLow[row]!);
    for (let front = inbox.front; front?.type === 'rows' && !this.isHeld(row, front.slice); front = inbox.front) {
      inbox.shift();
      if (front.mark > mark) mark = front.mark;
      const dropped = front.slice.filter(mark, skip);
      if (dropped > 0) context.count('dispatcher.dropped-changes', dropped);
      if (front.slice.length > 0) batch.push(front.slice);
      else front.slice.drop();
    }
    return { batch, mark };
  }

  #handOver(row: number, works: RowsWork[]): void {
    const { rows } = this.#state;
    const { sink } = this.#parts;
    const mode = rows.mode[row]! as Mode;
    const work = this.#state.needWork(row);
    const table = rows.tableOf(row);
    if (table === undefined) {
      this.#parts.machine.rowsWithoutTable(row);
      for (const item of works) item.slice.drop();
      return;
    }
    const untilFlushed = sink.wakeOn(mode) === 'flush';
    for (const item of works) {
      const outcome = sink.write(mode, item, item.slice.asTableRows(table));
      item.copied = sink.copies(mode);
      if (item.copied) item.slice.hold.readOut();
      if (outcome === 'done') {
        this.#confirmed(item);
        continue;
      }
      this.unconfirmed++;
      this.handed++;
      item.handed = outcome === 'enqueued';
      if (untilFlushed || !item.handed) work.awaiting++;
    }
    if (work.awaiting > 0) rows.phase[row] = Phase.ROWS;
    else this.#state.wakes++;
  }

  /** The sink has taken rows. */
  enqueued(item: RowsWork): void {
    if (item.handed) return;
    item.handed = true;
    const mode = this.#state.rows.mode[item.row]! as Mode;
    if (this.#state.isLive(item.row, item.generation) && this.#parts.sink.wakeOn(mode) === 'enqueue') this.#arrived(item.row);
  }

  /** Rows are durable. */
  done(item: RowsWork): void {
    this.unconfirmed--;
    if (!this.#state.isLive(item.row, item.generation)) {
      this.#over(item);
      return;
    }
    const mode = this.#state.rows.mode[item.row]! as Mode;
    const waitsForThis = this.#parts.sink.wakeOn(mode) === 'flush' || !item.handed;
    item.handed = true;
    this.#confirmed(item);
    const work = this.#state.needWork(item.row);
    if (work.flushed && work.progress.empty) {
      work.flushed = false;
      this.#parts.work.allFlushed(item.row);
    }
    if (waitsForThis) this.#arrived(item.row);
    else this.#state.settle(item.row);
  }

  /** D-33: progress keeps the rows, so the checkpoint stays below them. */
  failed(item: RowsWork, error: unknown): void {
    this.unconfirmed--;
    item.slice.hold.give();
    if (!this.#state.isLive(item.row, item.generation)) return;
    const work = this.#state.needWork(item.row);
    const table = this.#state.rows.tableOf(item.row);
    this.#parts.machine.fail(item.row, new SinkFailure(`rows of ${table?.schema}.${table?.table}`, error));
    if (!work.flushed) return;
    work.flushed = false;
    this.#parts.work.flushLost(item.row);
  }

  #confirmed(item: RowsWork): void {
    this.#state.needWork(item.row).progress.flush(item.ticket);
    this.#over(item);
    const mode = this.#state.rows.mode[item.row]!;
    if (mode === 0 && item.ticket.last > this.#state.lastSyncedTs) this.#state.lastSyncedTs = item.ticket.last;
  }

  #over(item: RowsWork): void {
    if (!item.copied) item.slice.hold.readOut();
    item.slice.hold.give();
  }

  // One completion less to wait for; with the last one the stream wakes.
  #arrived(row: number): void {
    const work = this.#state.needWork(row);
    work.awaiting--;
    if (work.awaiting > 0 || this.#state.rows.phase[row] !== Phase.ROWS) {
      this.#state.settle(row);
      return;
    }
    this.#state.rows.phase[row] = Phase.OPEN;
    this.#parts.wake(row);
  }
}
