import { HandleSet } from '../span/handleSet.js';
import type { Checker } from './checker.js';

/**
 * Covered when as many tables were reported as are listed. Only listed ones count (W-6), each once, whichever part of
 * it was reported: for changefeeds that do not split tables (V-1, V-5).
 */
export class CountChecker implements Checker {
  readonly #listed = new HandleSet();
  readonly #missing = new HandleSet();
  #marked = false;

  get covered(): boolean {
    return this.#marked || this.#missing.size === 0;
  }

  get missingCount(): number {
    return this.#missing.size;
  }

  get leastMissing(): number {
    return this.#missing.size;
  }

  /** Number of listed tables. */
  get needed(): number {
    return this.#listed.size;
  }

  list(table: number): void {
    if (this.#listed.add(table)) this.#missing.add(table);
  }

  listAll(end: number): void {
    this.#listed.fill(end);
    this.#missing.fill(end);
  }

  unlist(table: number): void {
    if (this.#listed.delete(table)) this.#missing.delete(table);
  }

  add(table: number): void {
    this.#missing.delete(table);
  }

  addAll(tables: Uint32Array, count: number): void {
    this.#missing.deleteAll(tables, count);
  }

  addRange(from: number, to: number): void {
    this.#missing.deleteRange(from, to);
  }

  addParts(table: number): void {
    this.#missing.delete(table);
  }

  /** Others of the table may have reported. */
  withdrawPart(): boolean {
    return false;
  }

  reopen(table: number): void {
    if (this.#listed.has(table)) this.#missing.add(table);
  }

  reset(): void {
    this.#marked = false;
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
    return `${this.#listed.size - this.#missing.size} of ${this.#listed.size} tables reported`;
  }
}
