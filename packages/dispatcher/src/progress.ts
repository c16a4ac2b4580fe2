/** One unflushed event or run of rows: commit ts of its first and last change. */
export interface ProgressTicket {
  readonly first: bigint;
  readonly last: bigint;
}

/** What a dispatcher has taken and not yet flushed, in order (D-13 … D-16). Bounded by the bytes that the group lets in. */
export class Progress {
  /** Largest commit ts that entered or was passed; 0 when none did. */
  maxCommitTs: bigint;
  #pending: ProgressTicket[] = [];

  constructor(maxCommitTs = 0n) {
    this.maxCommitTs = maxCommitTs;
  }

  /** Unflushed entries. */
  get length(): number {
    return this.#pending.length;
  }

  get empty(): boolean {
    return this.#pending.length === 0;
  }

  /** Enters an event at `first`, or rows from `first` to `last`. Several entries may have the same ts; each is flushed by its own ticket. */
  add(first: bigint, last: bigint = first): ProgressTicket {
    const ticket = { first, last };
    this.#pending.push(ticket);
    if (last > this.maxCommitTs) this.maxCommitTs = last;
    return ticket;
  }

  /** Removes what was flushed; usually the front. False when it was not pending. */
  flush(ticket: ProgressTicket): boolean {
    if (this.#pending[0] === ticket) {
      this.#pending.shift();
      return true;
    }
    const at = this.#pending.indexOf(ticket);
    if (at < 0) return false;
    this.#pending.splice(at, 1);
    return true;
  }

  /** D-16: a passed event moves the largest commit ts only. */
  pass(commitTs: bigint): void {
    if (commitTs > this.maxCommitTs) this.maxCommitTs = commitTs;
  }

  /** D-14: the ts below which everything taken is flushed; 0 when nothing was ever taken. */
  get checkpoint(): bigint {
    const front = this.#pending[0];
    if (front !== undefined) return front.first - 1n;
    return this.maxCommitTs === 0n ? 0n : this.maxCommitTs - 1n;
  }
}
