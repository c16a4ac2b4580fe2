import { hasScheduleChanges, sameEventKey } from '@tidegate/protocol';
import type { EventEntry, NoneReport } from './eventEntry.js';
import type { Posting } from './posting.js';
import type { Retry } from './retry.js';
import { Flag } from './rowLayout.js';
import type { GroupState } from './state.js';

interface OpenReport {
  readonly entry: EventEntry;
  readonly report: NoneReport;
}

/**
 * Reports of executed non-blocking DDLs (NONE): who needs one (D-24), what is counted for it before the write (D-26), and
 * its life from the write to the acknowledgement. Bounded by `maxReports`; at the bound a stream waits with its next DDL.
 */
export class Reports {
  #state: GroupState;
  #posting: Posting;
  #retry: Retry;
  #counted = 0;
  #byRow = new Map<number, OpenReport[]>();

  constructor(state: GroupState, posting: Posting, retry: Retry) {
    this.#state = state;
    this.#posting = posting;
    this.#retry = retry;
  }

  /** Reports that are about to be made, or made and not acknowledged. */
  get counted(): number {
    return this.#counted;
  }

  get full(): boolean {
    return this.#counted >= this.#state.options.maxReports;
  }

  /** D-24: something to schedule, or (from the trigger) routes to change. */
  needed(row: number, entry: EventEntry): boolean {
    const { event } = entry;
    if (event.type !== 'ddl') return false;
    return hasScheduleChanges(event) || (event.admissions.length > 0 && this.#state.rows.has(row, Flag.TRIGGER));
  }

  /** D-26: synchronously, before the write begins; on the trigger, adds hold back the checkpoint from now on (D-40). */
  count(row: number, entry: EventEntry): void {
    this.#counted++;
    const trigger = this.#state.triggers.get(row);
    if (trigger === undefined || entry.event.type !== 'ddl') return;
    trigger.countReport();
    if (entry.event.adds.length > 0) trigger.block(entry.key);
  }

  /** D-26: the write failed or will not be; nothing is reported. */
  uncount(row: number, entry: EventEntry): void {
    this.#counted--;
    const trigger = this.#state.triggers.get(row);
    trigger?.unblock(entry.key);
    trigger?.uncountReport();
  }

  /** Makes the report of a DDL that has just been executed. The caller offers it once the stream is awake (D-25). */
  make(row: number, entry: EventEntry): NoneReport {
    const { rows, now } = this.#state;
    const facts = entry.noneFacts(rows.has(row, Flag.TRIGGER));
    const report: NoneReport = { row, generation: rows.generation[row]!, facts, attempts: 0, retryAt: now, owed: false };
    entry.reports.push(report);
    entry.refs++;
    const open = this.#byRow.get(row);
    if (open === undefined) this.#byRow.set(row, [{ entry, report }]);
    else open.push({ entry, report });
    return report;
  }

  offer(entry: EventEntry, report: NoneReport): void {
    this.#retry.beginReport(entry, report);
    this.#posting.oweReport(entry, report);
  }

  /** The unacknowledged report of a row at `entry`. */
  of(row: number, entry: EventEntry): NoneReport | undefined {
    return this.#byRow.get(row)?.find((open) => open.entry === entry)?.report;
  }

  /** How many reports of a row are unacknowledged. */
  ofRow(row: number): number {
    return this.#byRow.get(row)?.length ?? 0;
  }

  /** D-35.1: ends the retry task; blocker and count go with it. */
  settle(row: number, entry: EventEntry, report: NoneReport): void {
    report.owed = false;
    entry.reports.splice(entry.reports.indexOf(report), 1);
    const open = (this.#byRow.get(row) ?? []).filter((other) => other.report !== report);
    if (open.length === 0) this.#byRow.delete(row);
    else this.#byRow.set(row, open);
    this.uncount(row, entry);
    this.#state.entries.release(entry);
  }

  /**
   * D-49: ends the reports of a row that is being removed. Those whose adds still hold back the trigger's checkpoint stay:
   * without their acknowledgement it could never be closed (D-42), and the maintainer would never learn of the tables.
   */
  abandon(row: number): void {
    const blockers = this.#state.triggers.get(row)?.blockers ?? [];
    for (const { entry, report } of [...(this.#byRow.get(row) ?? [])]) {
      if (!blockers.some((key) => sameEventKey(key, entry.key))) this.settle(row, entry, report);
    }
  }

  /** Forgets everything of a row that is closed. */
  forget(row: number): void {
    for (const { entry, report } of [...(this.#byRow.get(row) ?? [])]) this.settle(row, entry, report);
  }
}
