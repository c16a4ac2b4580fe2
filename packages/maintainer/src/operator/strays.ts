import type { TableId } from '@tidegate/protocol';

/** A dispatcher that a host reported at bootstrap and whose table is not known (S-6). */
export interface Stray {
  readonly tableId: TableId;
  readonly host: number;
  readonly handle: number;
  readonly generation: number;
}

interface Entry extends Stray {
  /** When its removal was asked for last; undefined: it is left alone. */
  askedAt: number | undefined;
}

/**
 * Dispatchers of unknown tables. They are left alone (S-6), until the table trigger, which may begin before the DDL that
 * made the table, brings that table up: two dispatchers would then serve it. They are asked back, and the table's tasks wait
 * until they have stopped. As many as a bootstrap reported at most.
 */
export class Strays {
  readonly #byTable = new Map<TableId, Entry[]>();
  /** Entries that are to be asked back. */
  #recalled: Entry[] = [];

  /** Those that may still be there. */
  get size(): number {
    let size = 0;
    for (const entries of this.#byTable.values()) size += entries.length;
    return size;
  }

  /** Those that are asked back until they are gone. */
  get recalled(): number {
    return this.#recalled.length;
  }

  add(stray: Stray): void {
    const entry = { ...stray, askedAt: undefined };
    const others = this.#byTable.get(stray.tableId);
    if (others === undefined) this.#byTable.set(stray.tableId, [entry]);
    else others.push(entry);
  }

  /** True while a stray may serve the table; from the first call on it is asked back. */
  holds(tableId: TableId): boolean {
    const entries = this.#byTable.get(tableId);
    if (entries === undefined) return false;
    for (const entry of entries) {
      if (entry.askedAt !== undefined) continue;
      entry.askedAt = Number.NEGATIVE_INFINITY;
      this.#recalled.push(entry);
    }
    return true;
  }

  /** Those whose removal is to be asked for at `now`: not yet, or `resendAfter` milliseconds ago. */
  takeDue(now: number, resendAfter: number): readonly Stray[] {
    if (this.#recalled.length === 0) return [];
    const due = this.#recalled.filter(({ askedAt = now }) => askedAt + resendAfter <= now);
    for (const entry of due) entry.askedAt = now;
    return due;
  }

  /** Its host says that it has ended, or does not know it (D-49). */
  gone(host: number, handle: number, generation: number): void {
    if (this.#byTable.size === 0) return;
    this.#forget((entry) => entry.host === host && entry.handle === handle && entry.generation === generation);
  }

  /** T-9 */
  hostLost(host: number): void {
    this.#forget((entry) => entry.host === host);
  }

  #forget(isGone: (entry: Entry) => boolean): void {
    for (const [tableId, entries] of this.#byTable) {
      const rest = entries.filter((entry) => !isGone(entry));
      if (rest.length === 0) this.#byTable.delete(tableId);
      else if (rest.length < entries.length) this.#byTable.set(tableId, rest);
    }
    this.#recalled = this.#recalled.filter((entry) => !isGone(entry));
  }
}
