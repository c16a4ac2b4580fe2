import type { KeyRange } from '@tidegate/protocol';

/**
 * Which of the listed tables have been reported. Tables are named by any small unsigned integer (their slot). O(1) and
 * free of allocation for each report of a complete span, and of a part of a table that its spans tile.
 */
export interface Checker {
  /** Every listed table is reported, or the event was marked as covered. */
  readonly covered: boolean;
  /** Tables that are listed and not yet reported. */
  readonly missingCount: number;
  /** With fewer reports than these it cannot become covered. */
  readonly leastMissing: number;
  /** Requires `table`. */
  list(table: number): void;
  /** Requires 0 … `end` − 1, before anything is reported. */
  listAll(end: number): void;
  /** Requires `table` no more. */
  unlist(table: number): void;
  /** A report for `table`, of `range` or, without one, of all of it. Ignored when it is not listed. */
  add(table: number, range?: KeyRange): void;
  /** {@link add} for the first `count` of `tables`, all of them whole. */
  addAll(tables: Uint32Array, count: number): void;
  /** {@link add} for the tables `from` … `to` − 1, all of them whole. */
  addRange(from: number, to: number): void;
  /** Reports for `count` further ones of the `parts` that tile `table`: it is covered when there were as many. */
  addParts(table: number, count: number, parts: number): void;
  /** One of the reports of {@link addParts} counts no more. False: the table is to be reopened. */
  withdrawPart(table: number): boolean;
  /** Forgets what was reported for `table`: what still counts is added again. */
  reopen(table: number): void;
  /** Forgets every report, keeps what is required (V-4). */
  reset(): void;
  /** Counts as covered until the next {@link reset} (V-4). */
  markCovered(): void;
  /** Visits the tables that are required. */
  forEachListed(visit: (table: number) => void): void;
  /** Visits the missing tables until `visit` returns false. */
  forEachMissing(visit: (table: number) => unknown): void;
  describe(): string;
}
