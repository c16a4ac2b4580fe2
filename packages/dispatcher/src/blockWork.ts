import { Mode } from '@tidegate/protocol';
import { SinkFailure } from './errors.js';
import type { EventEntry } from './eventEntry.js';
import { Executor } from './executor.js';
import { Flag, Phase } from './rowLayout.js';
import type { EventWork, FlushWork, PassWork, SinkWork } from './sinkWork.js';
import type { GroupState } from './state.js';

const Task = { FLUSH: 0, EXECUTE: 1, WRITE: 2, PASS: 3 } as const;

/** What became of the work at a block event. */
export interface BlockWorkHooks {
  /** Everything of the row below its event is downstream. */
  flushed(row: number): void;
  /** The event is written, or passed here because it is not to be written (D-28). */
  written(row: number, entry: EventEntry): void;
  /** The sink knows of the DDL that the row passes. */
  told(row: number, entry: EventEntry): void;
  failed(row: number, error: SinkFailure): void;
  /** A removed row will not execute its DDL. */
  abandoned(row: number, entry: EventEntry): void;
}

/** The sink's share at block events: flush, write, tell of a pass. Always on the executor (D-19, D-44). */
export class BlockWork {
  #state: GroupState;
  #sink: SinkWork;
  #hooks: BlockWorkHooks;
  #executor: Executor;

  constructor(state: GroupState, sink: SinkWork, hooks: BlockWorkHooks) {
    this.#state = state;
    this.#sink = sink;
    this.#hooks = hooks;
    this.#executor = new Executor(state.options.executorSlots, (key, task) => this.#start(key, task));
  }

  get running(): number {
    return this.#executor.running;
  }

  get queued(): number {
    return this.#executor.queued;
  }

  isRunning(row: number): boolean {
    return this.#executor.isRunning(row);
  }

  /** F-12: nothing is begun any more. */
  close(): void {
    this.#executor.close();
  }

  /** Forgets what the row has not begun. True: it had not begun its task. */
  cancel(row: number): boolean {
    return this.#executor.cancel(row);
  }

  /** D-20. Nothing pending means that everything is flushed: then there is no sink work, and no task for it. */
  mustFlush(row: number): boolean {
    return this.#state.options.flushIdle || this.#state.work(row)?.progress.empty === false;
  }

  flush(row: number): void {
    this.#executor.submit(row, Task.FLUSH);
  }

  /** Flushes if need be and writes: one task (non-blocking path). */
  execute(row: number): void {
    this.#executor.submit(row, Task.EXECUTE);
  }

  write(row: number): void {
    this.#executor.submit(row, Task.WRITE);
  }

  /** Tells the sink of a DDL before `row` passes it. Once per event: later ones wait with the first. False: nothing to tell. */
  tell(row: number, entry: EventEntry): boolean {
    const { rows } = this.#state;
    if (!this.mustTell(entry) || rows.has(row, Flag.TRIGGER)) return false;
    entry.passers.push({ row, generation: rows.generation[row]! });
    if (entry.pass === 'untold') {
      entry.pass = 'telling';
      entry.refs++;
      this.#executor.submit(passKey(entry), Task.PASS);
    }
    return true;
  }

  /** The sink is yet to hear of this event before anyone but the trigger passes it. */
  mustTell(entry: EventEntry): boolean {
    if (entry.event.type !== 'ddl' || entry.event.notToSync === true) return false;
    return entry.pass !== 'told' && this.#sink.wantsPass(entry.mode);
  }

  /** Whether those who pass an event have nothing to do for it: no sink is told, and no table becomes another one. */
  isPassedPlainly(entry: EventEntry): boolean {
    return entry.event.type === 'sync-point' || (entry.event.tables.length === 0 && !this.mustTell(entry));
  }

  #start(key: number, task: number): void {
    if (task === Task.PASS) {
      const entry = this.#state.entries.at(-1 - key) as EventEntry;
      if (entry.event.type === 'ddl') this.#sink.pass(entry.mode, { type: 'pass', entry }, entry.event);
    } else if (task === Task.WRITE || (task === Task.EXECUTE && !this.mustFlush(key))) this.#write(key);
    else this.#flush(key);
  }

  #flush(row: number): void {
    const { rows } = this.#state;
    const work: FlushWork = { type: 'flush', row, generation: rows.generation[row]! };
    this.#sink.flush(rows.mode[row]! as Mode, work, rows.tableOf(row));
  }

  #write(row: number): void {
    const entry = this.#state.entryOf(row) as EventEntry;
    const { event, mode } = entry;
    if (event.type === 'ddl' && event.notToSync === true) {
      this.#executor.finish(row);
      this.#hooks.written(row, entry);
      return;
    }
    // D-30: it enters progress, then the sink writes.
    const ticket = this.#state.needWork(row).progress.add(event.commitTs);
    const work: EventWork = { type: 'write', row, generation: this.#state.rows.generation[row]!, entry, ticket };
    this.#state.settle(row);
    if (event.type === 'ddl') this.#sink.execute(mode, work, event);
    else this.#sink.syncPoint(mode, work, event);
  }

  /** The sink has flushed. Confirmations of single writes may still be on their way: WAITING needs all of them. */
  flushed(work: FlushWork): void {
    const pending = this.#state.isLive(work.row, work.generation) ? this.#state.work(work.row) : undefined;
    if (pending !== undefined && !pending.progress.empty && this.#state.rows.phase[work.row] !== Phase.FAILED) {
      pending.flushed = true;
    } else if (this.#state.isLive(work.row, work.generation)) this.allFlushed(work.row);
    else this.#executor.finish(work.row);
  }

  /** The flush is back and every write before it is confirmed. */
  allFlushed(row: number): void {
    const { rows } = this.#state;
    const entry = this.#state.entryOf(row);
    const removing = rows.has(row, Flag.REMOVING);
    if (rows.phase[row] === Phase.EXECUTING && !removing) {
      this.#write(row);
      return;
    }
    this.#executor.finish(row);
    if (rows.phase[row] === Phase.EXECUTING && entry !== undefined) this.#hooks.abandoned(row, entry);
    else if (rows.phase[row] === Phase.FLUSHING && !removing) this.#hooks.flushed(row);
  }

  flushFailed(work: FlushWork, error: unknown): void {
    this.#executor.finish(work.row);
    if (!this.#state.isLive(work.row, work.generation)) return;
    const ts = this.#state.entryOf(work.row)?.event.commitTs;
    this.#hooks.failed(work.row, new SinkFailure(`the flush before the block event at ${ts}`, error));
  }

  /** Rows of a dispatcher failed while it flushed: the flush will not be waited for. */
  flushLost(row: number): void {
    this.#executor.finish(row);
  }

  wrote(work: EventWork): void {
    const { entry } = work;
    this.#executor.finish(work.row);
    if (!this.#state.isLive(work.row, work.generation)) return;
    this.#state.needWork(work.row).progress.flush(work.ticket);
    if (entry.mode === Mode.DEFAULT && entry.event.commitTs > this.#state.lastSyncedTs) {
      this.#state.lastSyncedTs = entry.event.commitTs;
    }
    this.#hooks.written(work.row, entry);
  }

  writeFailed(work: EventWork, error: unknown): void {
    const { event } = work.entry;
    this.#executor.finish(work.row);
    if (!this.#state.isLive(work.row, work.generation)) return;
    const what = event.type === 'ddl' ? `the DDL at ${event.commitTs} (${event.query})` : `the sync point at ${event.commitTs}`;
    this.#hooks.failed(work.row, new SinkFailure(what, error));
  }

  told(work: PassWork): void {
    work.entry.pass = 'told';
    for (const row of this.#takePassers(work.entry)) this.#hooks.told(row, work.entry);
    this.#state.entries.release(work.entry);
  }

  tellFailed(work: PassWork, error: unknown): void {
    const failure = new SinkFailure(`the pass at ${work.entry.event.commitTs}`, error);
    for (const row of this.#takePassers(work.entry)) this.#hooks.failed(row, failure);
    this.#state.entries.release(work.entry);
  }

  #takePassers(entry: EventEntry): number[] {
    this.#executor.finish(passKey(entry));
    const here = ({ row, generation }: { row: number; generation: number }): boolean =>
      this.#state.isLive(row, generation) && this.#state.entryOf(row) === entry;
    return entry.passers
      .splice(0)
      .filter(here)
      .map(({ row }) => row);
  }
}

// Telling the sink belongs to no row: negative keys of the executor are events.
function passKey(entry: EventEntry): number {
  return -1 - entry.index;
}
