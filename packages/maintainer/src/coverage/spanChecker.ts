import type { KeyRange } from '@tidegate/protocol';
import { HandleSet } from '../span/handleSet.js';
import type { Checker } from './checker.js';
import { WHOLE_TABLE } from './keyOrder.js';
import { RangeCoverage } from './rangeCoverage.js';

/**
 * Covered when for every listed table the reported ranges run from its start to exactly its end without a gap (V-2): for
 * changefeeds that split tables over several dispatchers. A table reported in one piece costs a bit, one whose spans tile it a
 * number.
 */
export class SpanChecker implements Checker {
  readonly #listed = new HandleSet();
  readonly #missing = new HandleSet();
  /** Tables in uneven parts, of which some were reported. */
  readonly #partly = new Map<number, RangeCoverage>();
  /** Tables that are tiled: how many of their parts, of which some were reported, are not. */
  readonly #left = new Map<number, number>();
  /** Sum of what is left, but for one a table. */
  #further = 0;
  #marked = false;

  get covered(): boolean {
    return this.#marked || this.#missing.size === 0;
  }

  get missingCount(): number {
    return this.#missing.size;
  }

  get leastMissing(): number {
    return this.#missing.size + this.#further;
  }

  list(table: number): void {
    if (this.#listed.add(table)) this.#missing.add(table);
  }

  listAll(end: number): void {
    this.#listed.fill(end);
    this.#missing.fill(end);
  }

  unlist(table: number): void {
    this.#forget(table);
    if (this.#listed.delete(table)) this.#missing.delete(table);
  }

  add(table: number, range: KeyRange = WHOLE_TABLE): void {
    if (!this.#missing.has(table)) return;
    if (range !== WHOLE_TABLE) {
      let coverage = this.#partly.get(table);
      if (coverage === undefined) {
        coverage = new RangeCoverage();
        this.#partly.set(table, coverage);
      }
      coverage.add(range);
      if (!coverage.covered) return;
    }
    this.#partly.delete(table);
    this.#missing.delete(table);
  }

  addAll(tables: Uint32Array, count: number): void {
    this.#missing.deleteAll(tables, count);
  }

  addRange(from: number, to: number): void {
    this.#missing.deleteRange(from, to);
  }

  addParts(table: number, count: number, parts: number): void {
    if (!this.#missing.has(table)) return;
    const left = this.#left.get(table) ?? parts;
    this.#leave(table, left - count);
  }

  withdrawPart(table: number): boolean {
    if (this.#listed.has(table)) this.#leave(table, (this.#left.get(table) ?? 0) + 1);
    return true;
  }

  reopen(table: number): void {
    if (!this.#listed.has(table)) return;
    this.#forget(table);
    this.#missing.add(table);
  }

  reset(): void {
    this.#marked = false;
    this.#partly.clear();
    this.#left.clear();
    this.#further = 0;
    this.#missing.copy(this.#listed);
  }

  markCovered(): void {
    this.#marked = true;
  }

  forEachListed(visit: (table: number) => void): void {
    this.#listed.forEach(visit);
  }

  forEachMissing(visit: (table: number) => unknown): void {
    this.#missing.forEach(visit);
  }

  describe(): string {
    const inPart = this.#partly.size + this.#left.size;
    const partly = inPart > 0 ? `, ${inPart} of the rest in part` : '';
    return `${this.#listed.size - this.#missing.size} of ${this.#listed.size} tables reported${partly}`;
  }

  /** `left` parts of a tiled table are still to be reported. */
  #leave(table: number, left: number): void {
    const before = this.#left.get(table);
    if (before !== undefined) this.#further -= before - 1;
    if (left > 0) {
      this.#missing.add(table);
      this.#left.set(table, left);
      this.#further += left - 1;
    } else {
      this.#missing.delete(table);
      this.#left.delete(table);
    }
  }

  #forget(table: number): void {
    this.#partly.delete(table);
    this.#further -= (this.#left.get(table) ?? 1) - 1;
    this.#left.delete(table);
  }
}
