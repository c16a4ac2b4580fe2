import type { KeyRange } from '@tidegate/protocol';
import { HandleSet } from '../span/handleSet.js';
import type { Checker } from './checker.js';
import { WHOLE_TABLE } from './keyOrder.js';
import { RangeCoverage } from './rangeCoverage.js';

/**
 * Covered when for every listed table the reported ranges run from its start to exactly its end without a gap (V-2): for
 * changefeeds that split tables over several dispatchers. A table reported in one piece costs a bit.
 */
export class SpanChecker implements Checker {
  readonly #listed = new HandleSet();
  readonly #missing = new HandleSet();
  readonly #partly = new Map<number, RangeCoverage>();
  #marked = false;

  get covered(): boolean {
    return this.#marked || this.#missing.size === 0;
  }

  get missingCount(): number {
    return this.#missing.size;
  }

  list(table: number): void {
    if (this.#listed.add(table)) this.#missing.add(table);
  }

  listAll(end: number): void {
    this.#listed.fill(end);
    this.#missing.fill(end);
  }

  unlist(table: number): void {
    this.#partly.delete(table);
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

  reopen(table: number, remaining: readonly (KeyRange | undefined)[]): void {
    if (!this.#listed.has(table)) return;
    this.#partly.delete(table);
    this.#missing.add(table);
    for (const range of remaining) this.add(table, range);
  }

  reset(): void {
    this.#marked = false;
    this.#partly.clear();
    this.#missing.copy(this.#listed);
  }

  markCovered(): void {
    this.#marked = true;
  }

  forEachMissing(visit: (table: number) => unknown): void {
    this.#missing.forEach(visit);
  }

  describe(): string {
    const partly = this.#partly.size > 0 ? `, ${this.#partly.size} of the rest in part` : '';
    return `${this.#listed.size - this.#missing.size} of ${this.#listed.size} tables reported${partly}`;
  }
}
