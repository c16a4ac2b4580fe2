import { ComponentState, type MergeJournalEntry } from '@tidegate/protocol';
import type { Reported, ReportedWorld } from './reported.js';

/** What becomes of the dispatchers of one unfinished merge (F-10). */
export interface MergePlan {
  /** The merge goes on: the operator is made again for this target and these sources. */
  readonly restore?: { readonly target: number; readonly sources: readonly number[] };
  /** Dispatchers that own nothing: the host takes them away by itself, or E-8 does. */
  readonly ignored: readonly number[];
  /** A target that must go: what it would own, its sources own or nobody does. */
  readonly removed: readonly number[];
}

/**
 * S-6, T-8: an unfinished merge, from its journal entry and from what is there of it. Until its target leaves MergeReady
 * the sources own the range, from then on the target does.
 */
function planMerge(entry: MergeJournalEntry, host: number, byHandle: ReadonlyMap<number, Reported>): MergePlan {
  const here = (config: { readonly handle: number; readonly generation: number }): Reported | undefined => {
    const reported = byHandle.get(config.handle);
    return reported?.span.config.generation === config.generation && reported.host === host ? reported : undefined;
  };
  const target = here(entry.target);
  if (target === undefined) return { ignored: [], removed: [] };
  const sources = entry.sources.map(here);
  const { state, removing } = target.span;
  const isCommitted = state !== ComponentState.PREPARING && state !== ComponentState.MERGE_READY;
  if (isCommitted) {
    return { ignored: removing === true ? [] : entry.sources.filter(here).map(({ handle }) => handle), removed: [] };
  }
  const isWhole = removing !== true && sources.every((source) => source !== undefined && source.span.removing !== true);
  if (!isWhole) return { ignored: [], removed: [entry.target.handle] };
  const restore = { target: entry.target.handle, sources: entry.sources.map(({ handle }) => handle) };
  return { restore, ignored: [], removed: [] };
}

/** The plans of all merges of one mode. */
export function planMerges({ spans, merges }: ReportedWorld, mode: number): MergePlan[] {
  const byHandle = new Map(spans.map((reported) => [reported.span.config.handle, reported]));
  return merges.filter(({ entry }) => entry.target.mode === mode).map(({ entry, host }) => planMerge(entry, host, byHandle));
}
