import {
  type BootstrapSpan,
  ComponentState,
  type DispatcherConfig,
  type FrozenDispatchers,
  type MergeJournalEntry,
  type MergeRequest,
  minTs,
} from '@tidegate/protocol';
import type { ActorContext } from '@tidegate/runtime';
import type { Lifecycle, LifeWatcher } from '../dispatchers/lifecycle.js';
import type { Outbox } from '../dispatchers/outbox.js';
import { handleParts } from '../dispatchers/parts.js';
import type { Placement } from '../dispatchers/placement.js';
import { noneRow, workingRow } from '../dispatchers/statusRows.js';
import type { Fence } from '../maintainer/fence.js';
import type { ComponentStatusRow } from '../maintainer/statusWindow.js';
import { admitMerge } from './mergeAdmission.js';
import { type Merge, MergeJournal, stateOfTarget } from './mergeJournal.js';
import { mergeStart } from './mergeStart.js';

export interface MergesDeps {
  readonly context: ActorContext;
  readonly placement: Placement;
  readonly lifecycle: Lifecycle;
  readonly outboxes: readonly Outbox[];
  readonly fence: Fence;
  readonly answer: (...rows: readonly ComponentStatusRow[]) => void;
}

/** A merge as `inspect` shows it. */
export interface MergeView {
  readonly target: number;
  readonly phase: 'preparing' | 'mergeReady' | 'initializing' | 'working' | 'gone';
  readonly sources: number;
  /** Sources that stand still. */
  readonly standing: number;
  /** Sources that are not gone yet. */
  readonly left: number;
}

/**
 * Merges of this host's dispatchers (T-6 to T-8, F-10). The sources may live on several workers, so the merge lives here:
 *
 * ```
 *  admitted ──▶ PREPARING ──all sources stand still──▶ MERGE_READY ──create sent──▶ INITIALIZING ──▶ WORKING
 *                   │  a source or the target goes         │        (commit)             │ its worker has told of it:
 *                   └──────────────▶ abort ◀───────────────┘                             └ the sources go
 * ```
 *
 * Before the commit the sources own the range and only they count in the watermark (H-2); the target is no more than a
 * journal entry. After it the target owns the range, and counts by its start ts from the very step in which its create is
 * sent, so the watermark never loses the range. Everything is driven by events; no check is repeated.
 */
export class Merges implements LifeWatcher {
  readonly #deps: MergesDeps;
  readonly #journal = new MergeJournal();
  /**
   * Sources of merges that were given up, until their worker has told that they wait and that they work again. Earlier
   * they cannot be merged: what it told of the first standstill would be taken for the second one.
   */
  readonly #thawing = new Map<number, ComponentState>();

  constructor(deps: MergesDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#journal.size;
  }

  /** F-10: what a bootstrap response says of unfinished merges. */
  entries(): MergeJournalEntry[] {
    return this.#journal.entries();
  }

  views(): MergeView[] {
    return this.#journal.merges.map((merge) => ({
      target: merge.target.handle,
      phase: this.#phaseOf(merge),
      sources: merge.sources.length,
      standing: merge.stands.filter((stand) => stand !== undefined).length,
      left: merge.left,
    }));
  }

  /** Whether it is the target of a merge that is not finished. */
  isTarget(handle: number, generation: number): boolean {
    return this.#journal.ofTarget(handle, generation) !== undefined;
  }

  /** T-7. A merge that is not admitted changes nothing; that there is no target is reported, so that the maintainer converges. */
  request(request: MergeRequest): void {
    const { context, placement, fence } = this.#deps;
    const { target } = request;
    if (fence.refuses('merge') || this.#journal.ofTarget(target.handle, target.generation) !== undefined) return;
    if (placement.isPlaced(target.handle) || this.#journal.has(target.handle)) {
      this.#announce(target);
      return;
    }
    const isBusy = (handle: number) => this.#journal.has(handle) || this.#thawing.has(handle);
    const isOver = placement.isOver(target.handle, target.generation);
    const admission = isOver ? { refused: 'the target is gone' } : admitMerge(request, placement, isBusy);
    if ('refused' in admission) {
      context.count('coordinator.merges-refused');
      context.log('warn', `merge into dispatcher ${target.handle} not admitted: ${admission.refused}`, { id: target.id });
      // D-49: sources that are not here first, so that nobody takes them for dispatchers that go on.
      const missing = request.sources.filter(({ handle, generation }) => !placement.has(handle, generation));
      this.#drop(
        target,
        missing.map(({ handle, generation }) => noneRow({ ...target, handle, generation }, ComponentState.STOPPED)),
      );
      return;
    }
    const merge = this.#journal.add(target, admission.sources);
    for (const { handle } of merge.sources) placement.setState(handle, ComponentState.WAITING_MERGE);
    this.#tell('freeze', merge.sources);
  }

  /** Sources that stand still. */
  frozen({ dispatchers }: FrozenDispatchers): void {
    for (const { handle, generation, checkpointTs, parkedAt } of dispatchers) {
      const merge = this.#journal.ofSource(handle, generation);
      if (merge === undefined || merge.phase !== 'preparing') continue;
      const source = merge.sources.findIndex((one) => one.handle === handle);
      if (merge.waiting[source] !== true) continue;
      merge.stands[source] = { checkpointTs, ...(parkedAt && { parkedAt }) };
      if (merge.stands.includes(undefined)) continue;
      merge.phase = 'ready';
      this.#commit(merge);
    }
  }

  /** Something that kept merges from their commit may be over: there was no worker. */
  retry(): void {
    for (const merge of this.#journal.merges) if (merge.phase === 'ready') this.#commit(merge);
  }

  removing(handle: number, generation: number): boolean {
    if (this.#journal.size === 0) return false;
    const target = this.#journal.ofTarget(handle, generation);
    const merge = target ?? this.#journal.ofSource(handle, generation);
    if (merge === undefined || merge.phase === 'committed') return false;
    this.#abort(merge, target === undefined ? `source ${handle} is to be removed` : 'it is to be removed', handle);
    return target !== undefined;
  }

  changed(handle: number, generation: number, state: ComponentState): void {
    if (state === ComponentState.WAITING_MERGE) this.#thawStray(handle, generation);
    if (this.#journal.size + this.#thawing.size === 0) return;
    const isGone = state === ComponentState.STOPPED || state === ComponentState.REMOVED;
    if (isGone || this.#thawing.get(handle) === state) this.#thawed(handle, isGone ? undefined : state);
    const target = this.#journal.ofTarget(handle, generation);
    if (target !== undefined) {
      if (isGone || state === ComponentState.WORKING) target.settled = true;
      this.#arrived(target);
      return;
    }
    const merge = this.#journal.ofSource(handle, generation);
    if (merge === undefined) return;
    if (state === ComponentState.WAITING_MERGE) merge.waiting[merge.sources.findIndex((one) => one.handle === handle)] = true;
    if (!isGone) return;
    this.#journal.release(merge, handle);
    if (merge.phase === 'committed') this.#finish(merge);
    else this.#abort(merge, `source ${handle} is gone`);
  }

  /** Gives up every merge that is not committed: everything is being removed. */
  abortAll(why: string): void {
    for (const merge of this.#journal.merges) if (merge.phase !== 'committed') this.#abort(merge, why);
  }

  /** Nothing is left on this host. */
  clear(): void {
    this.#journal.clear();
    this.#thawing.clear();
  }

  /**
   * Adds to gathered spans the targets that no worker has told of yet, and says of sources that they wait, whatever
   * they were when their worker answered. A target is at least as far as the least of its sources.
   */
  complete(spans: readonly BootstrapSpan[]): BootstrapSpan[] {
    if (this.#journal.size === 0) return [...spans];
    const told = new Map(spans.map((span) => [span.config.handle, span]));
    const completed = spans.map((span) => {
      const merge = this.#journal.ofSource(span.config.handle, span.config.generation);
      if (merge === undefined || span.state !== ComponentState.WORKING) return span;
      return { ...span, state: ComponentState.WAITING_MERGE };
    });
    for (const { target, phase, sources, settled } of this.#journal.merges) {
      if (settled || told.has(target.handle)) continue;
      const least = sources.map(({ handle, startTs }) => told.get(handle)?.checkpointTs ?? startTs).reduce(minTs);
      const checkpointTs = phase === 'committed' ? target.startTs : least;
      completed.push({ config: structuredClone(target), state: stateOfTarget(phase), checkpointTs });
    }
    return completed;
  }

  /** T-8: from here on the target owns the range. */
  #commit(merge: Merge): void {
    const { placement, lifecycle, fence, context } = this.#deps;
    if (fence.refuses('merge') || placement.leastLoaded() < 0) return;
    if (placement.isPlaced(merge.target.handle)) {
      this.#abort(merge, 'its handle is in use');
      return;
    }
    const stands = merge.stands.filter((stand) => stand !== undefined);
    merge.target = { ...merge.target, ...mergeStart(stands) };
    merge.phase = 'committed';
    lifecycle.create([merge.target]);
    context.count('coordinator.merges-committed');
  }

  /** The target is on its worker, or was and is gone: the sources are not needed any more (T-8). */
  #arrived(merge: Merge): void {
    if (!merge.arrived) {
      merge.arrived = true;
      const { placement, lifecycle } = this.#deps;
      const leaving = merge.sources.filter(({ handle, generation }) => placement.has(handle, generation));
      // Their streams end before that of the target begins: no row has two receivers.
      lifecycle.removeHandles(leaving.map(({ handle }) => handle));
    }
    this.#finish(merge);
  }

  #finish(merge: Merge): void {
    if (merge.settled && merge.left === 0) this.#journal.remove(merge);
  }

  /** T-7: the sources go on where they stand, but for one that goes; the target is gone. */
  #abort(merge: Merge, why: string, leaving?: number): void {
    const { context, placement } = this.#deps;
    this.#journal.remove(merge);
    const staying = merge.sources.filter(({ handle, generation }) => {
      return handle !== leaving && placement.has(handle, generation) && !placement.isRemoving(handle);
    });
    for (const { handle } of staying) {
      placement.setState(handle, ComponentState.WORKING);
      const hasWaited = merge.waiting[merge.sources.findIndex((one) => one.handle === handle)] === true;
      this.#thawing.set(handle, hasWaited ? ComponentState.WORKING : ComponentState.WAITING_MERGE);
    }
    this.#tell('thaw', staying);
    this.#drop(merge.target);
    context.count('coordinator.merges-aborted');
    context.log('warn', `merge into dispatcher ${merge.target.handle} given up: ${why}`, { id: merge.target.id });
  }

  /** There is no target, and a late or doubled request must not bring it back. `first` is told before that. */
  #drop(target: DispatcherConfig, first: readonly ComponentStatusRow[] = []): void {
    const { placement, answer } = this.#deps;
    placement.bury(target.handle, target.generation);
    answer(...first, noneRow(target, ComponentState.REMOVED));
  }

  /** It waits for a merge that nobody knows of, as when a former coordinator asked for it: it would wait for ever. */
  #thawStray(handle: number, generation: number): void {
    const { placement } = this.#deps;
    if (this.#journal.ofSource(handle, generation) !== undefined || this.#thawing.has(handle)) return;
    if (placement.isRemoving(handle)) return;
    this.#thawing.set(handle, ComponentState.WORKING);
    this.#tell('thaw', [{ handle }]);
  }

  /** A source of a merge that was given up is one state further, or gone. */
  #thawed(handle: number, state: ComponentState | undefined): void {
    if (state === ComponentState.WAITING_MERGE) this.#thawing.set(handle, ComponentState.WORKING);
    else this.#thawing.delete(handle);
  }

  /** T-7: a target that is here and works is told again. Any other is on its way, or another's. */
  #announce({ handle, generation }: DispatcherConfig): void {
    const { placement, answer, context } = this.#deps;
    context.count('coordinator.create-ignored');
    if (!placement.has(handle, generation) || placement.state(handle) !== ComponentState.WORKING) return;
    answer(workingRow(placement, handle));
  }

  #tell(type: 'freeze' | 'thaw', dispatchers: readonly { readonly handle: number }[]): void {
    const { placement, outboxes } = this.#deps;
    outboxes.forEach((outbox, worker) => {
      const handles = dispatchers.map(({ handle }) => handle).filter((handle) => placement.worker(handle) === worker);
      for (const part of handleParts(handles, placement)) outbox.send({ type, ...part }, 'lossless', false);
    });
  }

  #phaseOf({ phase, settled, target }: Merge): MergeView['phase'] {
    if (phase === 'preparing') return 'preparing';
    if (phase === 'ready') return 'mergeReady';
    if (!settled) return 'initializing';
    return this.#deps.placement.has(target.handle, target.generation) ? 'working' : 'gone';
  }
}
