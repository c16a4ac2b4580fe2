import type { Workload } from '../workload/workload.js';
import type { Violations } from './violation.js';

const State = { NONE: 0, BEGUN: 1, DURABLE: 2 } as const;

/** A write that is with a sink. */
export interface OpenWrite {
  readonly worker: string;
  readonly tableId: number;
  readonly rows: readonly number[];
}

/** What may come again: rows of a table and range above a ts, after a dispatcher has started there. */
interface Rewind {
  readonly number: number;
  readonly from: number;
  readonly to: number;
  readonly startTs: bigint;
}

/**
 * What the sinks have of the rows of one pipeline. Every row is written, in commit order for each key (for each table, where it
 * was never split), again only after a dispatcher was started below it, and never by two at once.
 */
export class RowLedger {
  readonly #workload: Workload;
  readonly #violations: Violations;
  readonly #state: Uint8Array;
  /** Row that was written last, for each table and key; the key is 0 where the table cannot be split. */
  readonly #last = new Map<number, number>();
  /** Where in its list the first row lies that is not durable, for each table. */
  readonly #durable = new Map<number, number>();
  readonly #open = new Map<number, OpenWrite>();
  readonly #rewinds = new Map<number, Rewind[]>();
  /** Number of the last rewind that a table and key has made use of. */
  readonly #used = new Map<number, number>();
  #started = 0;
  readonly #splittable: ReadonlySet<number>;
  /** A sink has failed: two may be at one row. */
  broken = false;
  #repeats = 0;

  constructor(workload: Workload, violations: Violations) {
    this.#workload = workload;
    this.#violations = violations;
    this.#state = new Uint8Array(workload.rows.length);
    const adds = workload.blocks.flatMap(({ event }) => (event.type === 'ddl' ? event.adds : []));
    this.#splittable = new Set(
      [...workload.initial, ...adds].filter(({ splittable }) => splittable).map(({ tableId }) => tableId),
    );
  }

  /** Rows that were written again. */
  get repeats(): number {
    return this.#repeats;
  }

  isDurable(row: number): boolean {
    return this.#state[row] === State.DURABLE;
  }

  /** The first row of a table at or below `ts` that is not durable, of keys in [from, to). */
  firstMissing(tableId: number, ts: bigint, from = 0, to = 0x1_0000): number | undefined {
    const rows = this.#workload.rowsOf.get(tableId);
    if (rows === undefined) return undefined;
    let at = this.#durable.get(tableId) ?? 0;
    while (at < rows.length && this.#state[rows[at] as number] === State.DURABLE) at++;
    this.#durable.set(tableId, at);
    for (; at < rows.length; at++) {
      const row = rows[at] as number;
      const fact = this.#workload.rows[row];
      if (fact === undefined || fact.commitTs > ts) return undefined;
      if (this.#state[row] !== State.DURABLE && fact.key >= from && fact.key < to) return row;
    }
    return undefined;
  }

  /** A dispatcher starts: rows above `startTs` may come again, and none at or below `behindTs` may be missing. */
  started(tableId: number, startTs: bigint, behindTs: bigint, from: number, to: number): void {
    const missing = this.firstMissing(tableId, behindTs, from, to);
    if (missing !== undefined) {
      const { commitTs, key } = this.#fact(missing);
      this.#violations.report(
        'I-7',
        `a dispatcher of table ${tableId} starts at ${startTs}, but its row at ${commitTs} is not durable`,
        {
          tableId,
          startTs: String(startTs),
          commitTs: String(commitTs),
          key,
        },
      );
    }
    const list = this.#rewinds.get(tableId) ?? [];
    this.#rewinds.set(tableId, list);
    list.push({ number: ++this.#started, from, to, startTs });
  }

  begin(worker: string, tableId: number, rows: readonly number[]): OpenWrite {
    const write = { worker, tableId, rows };
    for (const row of rows) this.#beginRow(write, row);
    return write;
  }

  /** The rows of a write are durable. */
  end(write: OpenWrite): void {
    for (const row of write.rows) this.#state[row] = State.DURABLE;
    this.#close(write);
  }

  /** A write came to nothing, or nobody knows: its worker has died, or the sink has failed. */
  abandon(write: OpenWrite, effective: boolean): void {
    for (const row of write.rows) {
      if (effective) this.#state[row] = State.DURABLE;
      else if (this.#state[row] === State.BEGUN) this.#state[row] = State.NONE;
    }
    this.#close(write);
  }

  /** At the end of a run: what the log has and the sinks do not, and keys whose last write is not their last row. */
  finish(): void {
    const lastOf = new Map<number, number>();
    for (const [row, fact] of this.#workload.rows.entries()) {
      lastOf.set(this.#place(fact.tableId, fact.key), row);
      if (this.#state[row] !== State.DURABLE)
        this.#violations.report(
          'LOST',
          `the row of table ${fact.tableId} at ${fact.commitTs} (key ${fact.key}) was never written`,
        );
    }
    for (const [place, row] of lastOf) {
      const last = this.#last.get(place);
      if (last === undefined || last === row || this.#fact(last).commitTs >= this.#fact(row).commitTs) continue;
      const { tableId, commitTs, key } = this.#fact(last);
      this.#violations.report(
        'ORDER',
        `the last write of table ${tableId} (key ${key}) is its row at ${commitTs}, not its last one`,
      );
    }
  }

  #beginRow(write: OpenWrite, row: number): void {
    const { tableId, commitTs, key } = this.#fact(row);
    const place = this.#place(tableId, key);
    const text = `row of table ${tableId} at ${commitTs} (key ${key})`;
    const other = this.#open.get(row);
    if (other !== undefined && !this.broken)
      this.#violations.report('ORDER', `${write.worker} writes the ${text} while ${other.worker} is writing it`);
    const last = this.#last.get(place);
    // Within one transaction rows of one table keep the order of the log.
    if (last !== undefined && row <= last) {
      this.#repeats++;
      if (!this.#mayRepeat(place, tableId, key, commitTs)) {
        const state = this.#state[row] === State.NONE ? 'is written behind a larger one' : 'is written again';
        this.#violations.report('ORDER', `the ${text} ${state}, the last was at ${this.#fact(last).commitTs}`, {
          worker: write.worker,
          tableId,
        });
      }
    }
    // The starts so far have led to this: another one is needed to go back.
    if (last === undefined) this.#used.set(place, this.#started);
    this.#last.set(place, row);
    this.#open.set(row, write);
    if (this.#state[row] === State.NONE) this.#state[row] = State.BEGUN;
  }

  /** A key goes back once for each start: from there on it is in order again. */
  #mayRepeat(place: number, tableId: number, key: number, commitTs: bigint): boolean {
    const used = this.#used.get(place) ?? 0;
    const rewind = this.#rewinds
      .get(tableId)
      ?.find((each) => each.number > used && key >= each.from && key < each.to && commitTs > each.startTs);
    if (rewind !== undefined) this.#used.set(place, rewind.number);
    return rewind !== undefined;
  }

  #close(write: OpenWrite): void {
    for (const row of write.rows) if (this.#open.get(row) === write) this.#open.delete(row);
  }

  #place(tableId: number, key: number): number {
    return tableId * 0x1_0000 + (this.#splittable.has(tableId) ? key : 0);
  }

  #fact(row: number): { readonly tableId: number; readonly commitTs: bigint; readonly key: number } {
    return this.#workload.rows[row] ?? { tableId: -1, commitTs: -1n, key: -1 };
  }
}
