import { ComponentState, type DispatcherConfig, type MergeJournalEntry } from '@tidegate/protocol';
import type { Stand } from './mergeStart.js';

/** How far a merge has come. From `committed` on the target owns the range (T-8). */
export type MergePhase = 'preparing' | 'ready' | 'committed';

/** A merge that was admitted and is not finished. */
export interface Merge {
  phase: MergePhase;
  /** With its real start once committed. */
  target: DispatcherConfig;
  readonly sources: readonly DispatcherConfig[];
  /** By source: where it stands still. */
  readonly stands: (Stand | undefined)[];
  /** By source: its worker has told that it waits. */
  readonly waiting: boolean[];
  /** Sources that are still on the host. */
  left: number;
  /** The target's worker has told of it. */
  arrived: boolean;
  /** The target works, or is gone again. */
  settled: boolean;
}

/** F-10: the merges of this host, from admission until every source is gone and the target works or is gone. */
export class MergeJournal {
  readonly #byTarget = new Map<number, Merge>();
  readonly #bySource = new Map<number, Merge>();

  get size(): number {
    return this.#byTarget.size;
  }

  /** In order of admission. */
  get merges(): readonly Merge[] {
    return [...this.#byTarget.values()];
  }

  /** Whether a dispatcher takes part in any merge, as target or source. */
  has(handle: number): boolean {
    return this.#byTarget.has(handle) || this.#bySource.has(handle);
  }

  /** Records a merge, as a copy of its own (F-10). */
  add(target: DispatcherConfig, sources: readonly DispatcherConfig[]): Merge {
    const merge: Merge = {
      phase: 'preparing',
      target: structuredClone(target),
      sources: structuredClone(sources),
      stands: sources.map(() => undefined),
      waiting: sources.map(() => false),
      left: sources.length,
      arrived: false,
      settled: false,
    };
    this.#byTarget.set(target.handle, merge);
    for (const { handle } of sources) this.#bySource.set(handle, merge);
    return merge;
  }

  remove(merge: Merge): void {
    this.#byTarget.delete(merge.target.handle);
    for (const { handle } of merge.sources) if (this.#bySource.get(handle) === merge) this.#bySource.delete(handle);
  }

  /** A source is gone: its handle may be another's soon. */
  release(merge: Merge, handle: number): void {
    if (this.#bySource.get(handle) !== merge) return;
    this.#bySource.delete(handle);
    merge.left--;
  }

  ofTarget(handle: number, generation: number): Merge | undefined {
    const merge = this.#byTarget.get(handle);
    return merge?.target.generation === generation ? merge : undefined;
  }

  ofSource(handle: number, generation: number): Merge | undefined {
    const merge = this.#bySource.get(handle);
    return merge?.sources.some((one) => one.handle === handle && one.generation === generation) ? merge : undefined;
  }

  entries(): MergeJournalEntry[] {
    return this.merges.map(({ target, sources }) => structuredClone({ target, sources }));
  }

  clear(): void {
    this.#byTarget.clear();
    this.#bySource.clear();
  }
}

/** State of a merge's target as long as it exists only here; the rest of its life is that of any dispatcher (D-1). */
export function stateOfTarget(phase: MergePhase): ComponentState {
  if (phase === 'preparing') return ComponentState.PREPARING;
  return phase === 'ready' ? ComponentState.MERGE_READY : ComponentState.INITIALIZING;
}
