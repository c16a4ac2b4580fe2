import { type BlockFacts, compareEventKeys, type EventKey, formatEventKey } from '@tidegate/protocol';

/** An event whose tables wait to be scheduled. */
export interface PendingEntry {
  readonly facts: BlockFacts;
  /** The dispatcher behind a NONE report, on which the entry depends (W-11); absent when a tracked event stands behind it. */
  readonly owner?: { readonly handle: number; readonly generation: number };
}

/** What {@link PendingHeap.popIfHead} found. */
export interface Turn {
  readonly ready: boolean;
  /** The popped entry when ready, otherwise the one whose turn it is, if any. */
  readonly candidate: PendingEntry | undefined;
}

/**
 * B-32: events that need scheduling, from selection or a NONE report until they are scheduled; unique by key, smallest
 * key first. Bounded by its owner: as many as tracked events and unanswered NONE reports.
 */
export class PendingHeap {
  #heap: PendingEntry[] = [];
  readonly #keys = new Set<string>();

  get size(): number {
    return this.#heap.length;
  }

  /** False when the key is there already. */
  push(entry: PendingEntry): boolean {
    const name = formatEventKey(entry.facts.key);
    if (this.#keys.has(name)) return false;
    this.#keys.add(name);
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
    return true;
  }

  head(): PendingEntry | undefined {
    return this.#heap[0];
  }

  has(key: EventKey): boolean {
    return this.#keys.has(formatEventKey(key));
  }

  /** B-33: takes the event out if its turn has come. */
  popIfHead(key: EventKey): Turn {
    const candidate = this.#heap[0];
    if (candidate === undefined || compareEventKeys(candidate.facts.key, key) !== 0) return { ready: false, candidate };
    this.#keys.delete(formatEventKey(key));
    const last = this.#heap.pop() as PendingEntry;
    if (this.#heap.length > 0) this.#sink(last);
    return { ready: true, candidate };
  }

  /** W-11: drops what depends on a dispatcher that is gone. Returns how many. */
  dropOwner(handle: number, generation: number): number {
    const kept = this.#heap.filter((entry) => entry.owner?.handle !== handle || entry.owner.generation !== generation);
    const dropped = this.#heap.length - kept.length;
    if (dropped > 0) {
      this.#heap = [];
      this.#keys.clear();
      for (const entry of kept) this.push(entry);
    }
    return dropped;
  }

  #sink(entry: PendingEntry): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, entry)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = entry;
  }
}

function before(a: PendingEntry, b: PendingEntry): boolean {
  return compareEventKeys(a.facts.key, b.facts.key) < 0;
}
