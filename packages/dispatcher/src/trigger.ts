import { compareEventKeys, type EventKey, sameEventKey } from '@tidegate/protocol';
import { InvariantError } from './errors.js';

/** What only the table trigger keeps: unacknowledged reports (D-43) and the checkpoint blocker (D-40). */
export class TriggerState {
  #unacked = 0;
  #blockers: EventKey[] = [];
  /** Commit ts of the last DDL that changes routes (N-2). */
  #admitted: bigint | undefined;

  /** Reports sent, or about to be, and not acknowledged. */
  get unacked(): number {
    return this.#unacked;
  }

  /** Add-table DDLs that the maintainer has not acknowledged, in order. */
  get blockers(): readonly EventKey[] {
    return this.#blockers;
  }

  /** It has come to a DDL that changes routes. Answers which one came before it: undefined when it is the first. */
  admits(commitTs: bigint): bigint | undefined {
    const before = this.#admitted;
    this.#admitted = commitTs;
    return before;
  }

  countReport(): void {
    this.#unacked++;
  }

  /** Throws {@link InvariantError} below zero. */
  uncountReport(): void {
    if (this.#unacked === 0) throw new InvariantError('more acknowledgements than reports at the table trigger (D-43)');
    this.#unacked--;
  }

  block(key: EventKey): void {
    const at = this.#blockers.findIndex((other) => compareEventKeys(other, key) >= 0);
    if (at < 0) this.#blockers.push(key);
    else if (!sameEventKey(this.#blockers[at] as EventKey, key)) this.#blockers.splice(at, 0, key);
  }

  /** In any order (D-41). Does nothing for a key that is not blocked. */
  unblock(key: EventKey): void {
    const at = this.#blockers.findIndex((other) => sameEventKey(other, key));
    if (at >= 0) this.#blockers.splice(at, 1);
  }

  /** D-41: the checkpoint may not pass the smallest pending add. */
  cap(checkpointTs: bigint): bigint {
    const first = this.#blockers[0];
    return first !== undefined && first.commitTs - 1n < checkpointTs ? first.commitTs - 1n : checkpointTs;
  }
}
