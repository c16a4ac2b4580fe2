import { type BlockFacts, type Mode, Stage, statusFlags, writeStatus, writeStatuses } from '@tidegate/protocol';
import type { RecordOutlet } from '@tidegate/runtime';
import type { EventEntry, NoneReport } from './eventEntry.js';
import { OldAnswers } from './oldAnswers.js';
import { Flag } from './rowLayout.js';
import type { RowTable } from './rows.js';
import type { GroupState } from './state.js';
import { advanceWaiting } from './waitingList.js';

/** Neighbours that are looked for before cells are claimed for them. */
const RUN = 256;

/**
 * Puts the statuses that dispatchers owe onto the lane, as records in place; nothing is allocated per status. What is
 * owed is marked in the row table and in the events' lists, so a full lane costs no memory: posting goes on where it
 * stopped at the next turn or as soon as there is room.
 *
 * Per dispatcher the order is that of L-7: DONE of the event behind it, then NONE, then WAITING of the next one. A WAITING
 * that was never posted when its action came is not posted any more: the DONE says all of it.
 */
export class Posting {
  #state: GroupState;
  #outlet: RecordOutlet;
  // Rows that owe a DONE for their last done key, linked by doneNext.
  #doneHead = -1;
  #doneTail = -1;
  #old: OldAnswers;
  #reports: { readonly entry: EventEntry; readonly report: NoneReport }[] = [];
  #owing = new Set<EventEntry>();
  posted = 0;

  constructor(state: GroupState) {
    this.#state = state;
    this.#outlet = state.context.records(state.options.coordinator);
    this.#old = new OldAnswers(state.options.maxOldAnswers);
  }

  /** DONE for the event that the row has just finished, or has finished last. */
  oweDone(row: number): void {
    const rows = this.#state.rows;
    if (rows.has(row, Flag.OWES_DONE)) return;
    rows.set(row, Flag.OWES_DONE);
    rows.needEvents();
    rows.doneNext[row] = -1;
    if (this.#doneTail >= 0) rows.doneNext[this.#doneTail] = row;
    else this.#doneHead = row;
    this.#doneTail = row;
  }

  /** The row is about to finish its next event while its DONE for the last one waits for room: that one leaves its place in the row. */
  keepOwedDone(row: number): void {
    const { rows } = this.#state;
    this.oweOld(row, Stage.DONE, rows.has(row, Flag.LAST_DONE_SYNC), false, rows.doneHigh[row]!, rows.doneLow[row]!);
  }

  /** DONE or UNKNOWN for an old action (T-C). */
  oweOld(row: number, stage: Stage, isSyncPoint: boolean, already: boolean, tsHigh: number, tsLow: number): void {
    const rows = this.#state.rows;
    const flags = statusFlags(isSyncPoint, rows.mode[row]! as Mode, already);
    if (this.#old.push(rows.handle[row]!, rows.generation[row]!, stage | (flags << 8), tsHigh, tsLow)) return;
    this.#state.context.count('dispatcher.old-answers-dropped');
  }

  oweReport(entry: EventEntry, report: NoneReport): void {
    if (report.owed) return;
    report.owed = true;
    this.#reports.push({ entry, report });
  }

  /** Rows of `entry` owe their WAITING. */
  oweWaiting(entry: EventEntry): void {
    this.#owing.add(entry);
  }

  /** True when nothing is left to post. */
  get idle(): boolean {
    return this.#doneHead < 0 && this.#old.length === 0 && this.#reports.length === 0 && this.#owing.size === 0;
  }

  /** Posts what is owed. False: the lane is full and some is left. */
  post(): boolean {
    return this.#postOld() && this.#postDone() && this.#postReports() && this.#postWaiting();
  }

  #postDone(): boolean {
    const rows = this.#state.rows;
    const { words } = this.#outlet;
    while (this.#doneHead >= 0) {
      const row = this.#doneHead;
      const count = this.#outlet.claimRun(alikeDone(rows, row));
      if (count === 0) return false;
      const flags = statusFlags(rows.has(row, Flag.LAST_DONE_SYNC), rows.mode[row]! as Mode, false);
      const [high, low] = [rows.doneHigh[row]!, rows.doneLow[row]!];
      writeStatuses(words, this.#outlet.runAt, count, Stage.DONE, flags, rows.handle, rows.generation, row, high, low);
      const last = row + count - 1;
      for (let done = row; done <= last; done++) rows.clear(done, Flag.OWES_DONE);
      this.#doneHead = rows.doneNext[last]!;
      if (this.#doneHead < 0) this.#doneTail = -1;
      this.posted += count;
    }
    return true;
  }

  #postOld(): boolean {
    const { words } = this.#outlet;
    const old = this.#old;
    while (old.length > 0) {
      const at = this.#outlet.claim();
      if (at < 0) return false;
      const packed = old.front(2);
      writeStatus(words, at, (packed & 0xff) as Stage, packed >>> 8, old.front(0), old.front(1), old.front(3), old.front(4));
      old.shift();
      this.posted++;
    }
    return true;
  }

  // NONE is lossless and keeps its order.
  #postReports(): boolean {
    let posted = 0;
    for (const { entry, report } of this.#reports) {
      if (report.owed && !this.#postReport(entry, report)) break;
      posted++;
    }
    if (posted > 0) this.#reports.splice(0, posted);
    return this.#reports.length === 0;
  }

  #postReport(entry: EventEntry, report: NoneReport): boolean {
    if (!this.#sendFacts(entry, report.facts)) return false;
    const at = this.#outlet.claim();
    if (at < 0) return false;
    const handle = this.#state.rows.handle[report.row]!;
    const flags = statusFlags(false, entry.mode, false);
    writeStatus(this.#outlet.words, at, Stage.NONE, flags, handle, report.generation, entry.tsHigh, entry.tsLow);
    report.owed = false;
    this.posted++;
    return true;
  }

  #postWaiting(): boolean {
    for (const entry of this.#owing) {
      if (entry.owed >= 0 && !this.#postEntry(entry)) return false;
      this.#owing.delete(entry);
    }
    return true;
  }

  #postEntry(entry: EventEntry): boolean {
    if (!this.#sendFacts(entry, entry.facts(entry.triggerReports))) return false;
    const rows = this.#state.rows;
    const { words } = this.#outlet;
    const flags = statusFlags(entry.isSyncPoint, entry.mode, false);
    while (entry.owed >= 0) {
      const row = entry.owed;
      const count = this.#outlet.claimRun(neighbours(rows.next, row));
      if (count === 0) return false;
      const { runAt } = this.#outlet;
      writeStatuses(words, runAt, count, Stage.WAITING, flags, rows.handle, rows.generation, row, entry.tsHigh, entry.tsLow);
      advanceWaiting(rows, entry, count);
      this.posted += count;
    }
    return true;
  }

  // T-A: before each burst of statuses that refer to them. Refusable: on a full lane they must not pile up in the outbox.
  #sendFacts({ mode, event }: EventEntry, facts: BlockFacts): boolean {
    const lacksAdmissions = event.type === 'ddl' && event.admissions.length > facts.admissions.length;
    const message = { type: 'facts', mode, facts, ...(lacksAdmissions && { lacksAdmissions }) } as const;
    return this.#state.context.send(this.#state.options.coordinator, message, 'refusable');
  }
}

/** How many rows from `row` on follow each other in the list `next` as they do in the table. */
function neighbours(next: Int32Array, row: number): number {
  let count = 1;
  while (count < RUN && next[row + count - 1] === row + count) count++;
  return count;
}

/** The same for rows that owe their DONE, as long as it is one and the same. */
function alikeDone(rows: RowTable, row: number): number {
  const { doneNext, doneHigh, doneLow, mode } = rows;
  const [high, low, ofMode] = [doneHigh[row], doneLow[row], mode[row]];
  const isSyncPoint = rows.has(row, Flag.LAST_DONE_SYNC);
  let next = row + 1;
  while (
    next < row + RUN &&
    doneNext[next - 1] === next &&
    doneLow[next] === low &&
    doneHigh[next] === high &&
    mode[next] === ofMode &&
    rows.has(next, Flag.LAST_DONE_SYNC) === isSyncPoint
  ) {
    next++;
  }
  return next - row;
}
