import { BackwardsTsError, BrokenPromiseError, SharedDdlTsError, type Where } from './errors.js';

/** Holds the log to its order: changes in commit order, watermarks that are kept, a commit ts of its own for each DDL. */
export class OrderCheck {
  /** Largest ts seen, of a change or a watermark. */
  largest = 0n;
  #lastCommitTs = 0n;
  #lastDdlTs = 0n;
  #watermark = 0n;

  /** A row at `ts`. */
  row(ts: bigint, where: Where): void {
    this.#change(ts, 'a row change', where);
    // Rows at the ts of a DDL come before it (its own table would otherwise start behind them), so none may follow.
    if (ts === this.#lastDdlTs)
      throw new SharedDdlTsError(where, `a row change at commitTs ${ts} follows a DDL at the same ts. ${MEND}`);
  }

  /** A DDL at `ts`. */
  ddl(ts: bigint, where: Where): void {
    this.#change(ts, 'a DDL', where);
    if (ts === this.#lastDdlTs)
      throw new SharedDdlTsError(where, `two DDLs have the commitTs ${ts}; a DDL is known by its ts. ${MEND}`);
    this.#lastDdlTs = ts;
  }

  /** A watermark at `ts`. True: it says something new. */
  watermark(ts: bigint, where: Where): boolean {
    if (ts < this.#watermark) {
      throw new BackwardsTsError(where, `the watermark goes back from ${this.#watermark} to ${ts}. ${MEND}`);
    }
    this.#watermark = ts;
    // Behind a change already seen it promises less than the order of the log does.
    const news = ts >= this.largest;
    if (news) this.largest = ts;
    return news;
  }

  #change(ts: bigint, what: string, where: Where): void {
    if (ts <= this.#watermark) {
      throw new BrokenPromiseError(
        where,
        `${what} at commitTs ${ts} comes after a watermark of ${this.#watermark}, which promised that none at or below it would. ${MEND}`,
      );
    }
    if (ts < this.#lastCommitTs) {
      throw new BackwardsTsError(where, `the commitTs goes back from ${this.#lastCommitTs} to ${ts}. ${MEND}`);
    }
    this.#lastCommitTs = ts;
    if (ts > this.largest) this.largest = ts;
  }
}

const MEND = 'The log must be in commit order: sort it, or record it again from one partition';
