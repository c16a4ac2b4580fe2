import type { EventEntry, NoneReport } from './eventEntry.js';
import type { GroupOptions } from './options.js';
import type { Posting } from './posting.js';
import { Flag } from './rowLayout.js';
import type { GroupState } from './state.js';
import { repeatWaiting } from './waitingList.js';

/** Delivered to the group itself when a repetition is due at an event. `at` tells a timer from its predecessors. */
export interface RetryTimer {
  readonly type: 'retry';
  readonly index: number;
  readonly at: number;
}

/** Timers of one event lie at least this far apart (milliseconds), so that rows that arrived one by one are repeated together. */
const SPACING = 50;

/**
 * The time from repetition `attempt` (0: the first report) to the next: `retryInterval` at first (D-34), then longer by the
 * factor up to the cap; jitter takes off a share of what back-off added (T-E). `random` is a 32-bit random number.
 */
export function retryDelay(options: GroupOptions, attempt: number, random: number): number {
  const backed = Math.min(options.retryInterval * options.retryBackoff ** attempt, options.retryIntervalMax);
  const added = backed - options.retryInterval;
  return Math.round(options.retryInterval + added * (1 - (options.retryJitter * random) / 2 ** 32));
}

/**
 * Repeats unacknowledged WAITING and NONE (D-34). When each dispatcher's turn comes stands in its row; one timer per event
 * finds those that are due, so a million that wait there cost one timer.
 */
export class Retry {
  /** Repetitions that were due while the one before still waited for room on the lane. */
  suppressed = 0;
  #state: GroupState;
  #posting: Posting;

  constructor(state: GroupState, posting: Posting) {
    this.#state = state;
    this.#posting = posting;
  }

  /** Begins the retry task of a row that has just been listed at `entry`. */
  begin(entry: EventEntry, row: number): void {
    const { rows, options, now } = this.#state;
    rows.attempts[row] = 0;
    rows.retryAt[row] = now + options.retryInterval;
    this.#wake(entry, now + options.retryInterval);
  }

  /** Begins the retry task of a NONE. */
  beginReport(entry: EventEntry, report: NoneReport): void {
    report.retryAt = this.#state.now + this.#state.options.retryInterval;
    this.#wake(entry, report.retryAt);
  }

  /** A timer has fired: has everything posted again that is due. */
  fire(timer: RetryTimer): void {
    const entry = this.#state.entries.at(timer.index);
    if (entry?.timer === undefined || entry.timerAt !== timer.at) return;
    entry.timer = undefined;
    const next = Math.min(this.#repeatRows(entry), this.#repeatReports(entry));
    if (next < Number.POSITIVE_INFINITY) this.#wake(entry, Math.max(next, this.#state.now + this.#spacing));
  }

  get #spacing(): number {
    return Math.min(SPACING, this.#state.options.retryInterval);
  }

  #wake(entry: EventEntry, at: number): void {
    if (entry.timer !== undefined) {
      if (entry.timerAt <= at) return;
      entry.timer.cancel();
    }
    entry.timerAt = at;
    const message: RetryTimer = { type: 'retry', index: entry.index, at };
    entry.timer = this.#state.context.schedule(at - this.#state.now, message);
  }

  // Answers when the next row is due. Times are modulo 2^32 and compared by their difference.
  #repeatRows(entry: EventEntry): number {
    const { rows, options, now, context } = this.#state;
    let next = Number.POSITIVE_INFINITY;
    let repeated = false;
    let row = entry.head;
    // Repeated rows move to the end: visit only as many as stood here.
    for (let left = entry.unacked; left > 0; left--) {
      const following = rows.next[row]!;
      let wait = (rows.retryAt[row]! - now) | 0;
      if (wait <= 0 && this.#state.isFrozen(row)) {
        wait = options.retryInterval; // T-7: silent
        rows.retryAt[row] = now + wait;
      } else if (wait <= 0) {
        if (rows.has(row, Flag.OWES_WAITING)) this.suppressed++;
        else repeatWaiting(rows, entry, row);
        const attempt = Math.min(255, rows.attempts[row]! + 1);
        rows.attempts[row] = attempt;
        wait = retryDelay(options, attempt, context.random());
        rows.retryAt[row] = now + wait;
        repeated = true;
      }
      if (now + wait < next) next = now + wait;
      row = following;
    }
    if (repeated) this.#posting.oweWaiting(entry);
    return next;
  }

  #repeatReports(entry: EventEntry): number {
    const { options, now, context } = this.#state;
    let next = Number.POSITIVE_INFINITY;
    for (const report of entry.reports) {
      if (report.retryAt <= now) {
        if (report.owed) this.suppressed++;
        this.#posting.oweReport(entry, report);
        report.attempts++;
        report.retryAt = now + retryDelay(options, report.attempts, context.random());
      }
      next = Math.min(next, report.retryAt);
    }
    return next;
  }
}
