import {
  type BootstrapSpan,
  ComponentState,
  type DispatcherConfig,
  MAX_TS,
  minTs,
  type WorkerSnapshot,
} from '@tidegate/protocol';
import type { ActorContext } from '@tidegate/runtime';
import type { Lifecycle } from '../dispatchers/lifecycle.js';
import type { Outbox } from '../dispatchers/outbox.js';
import { handleParts } from '../dispatchers/parts.js';
import type { Placement } from '../dispatchers/placement.js';
import type { Progress } from '../dispatchers/progress.js';
import { holds } from '../merge/keyRanges.js';

export interface RecoveryDeps {
  readonly context: ActorContext;
  readonly workers: readonly string[];
  readonly placement: Placement;
  readonly progress: Progress;
  readonly outboxes: readonly Outbox[];
  readonly lifecycle: Lifecycle;
  readonly noteTrigger: (config: DispatcherConfig) => void;
}

/**
 * The beginning of a coordinator that comes after another one: it asks every worker what it has, and takes it in. Until
 * all have answered it has no owner and answers no bootstrap.
 *
 * What the former coordinator alone knew is lost: its owner and tombstones (the host's owner names them, `owner-lost`), what
 * it had accepted of block statuses (the snapshots of the next bootstrap bring them, D-51), and the merge journal: a source
 * that waits for a merge goes if a target with its range lives, for then the merge was committed (T-8); else it goes on.
 */
export class Recovery {
  readonly #deps: RecoveryDeps;
  readonly #id: number;
  /** By worker: least checkpoint of each mode. */
  readonly #least: [bigint, bigint][];
  readonly #awaited: boolean[];
  readonly #waiting: DispatcherConfig[] = [];
  readonly #initializing: number[] = [];
  readonly #living = new Map<string, DispatcherConfig[]>();

  constructor(deps: RecoveryDeps, id: number) {
    this.#deps = deps;
    this.#id = id;
    this.#least = deps.workers.map(() => [MAX_TS, MAX_TS]);
    this.#awaited = deps.workers.map(() => true);
    for (const outbox of deps.outboxes) outbox.send({ type: 'snapshot', id }, 'lossless', false);
  }

  get done(): boolean {
    return !this.#awaited.includes(true);
  }

  /** Workers that have not answered. */
  get missing(): readonly string[] {
    return this.#deps.workers.filter((_, worker) => this.#awaited[worker] === true);
  }

  /** A worker's answer, or a part of it. True: it was the last one of all. */
  take(worker: number, { id, spans, more, created }: WorkerSnapshot): boolean {
    if (id !== this.#id || this.#awaited[worker] !== true) return false;
    for (const span of spans) this.#adopt(worker, span);
    if (more === true) return false;
    this.#deps.progress.restore(worker, created ?? 0, this.#least[worker]!);
    return this.#answered(worker);
  }

  /** A worker is gone, and what was taken of it with it. True: it was the last one awaited. */
  lost(worker: number): boolean {
    if (this.#awaited[worker] !== true) return false;
    return this.#answered(worker);
  }

  #adopt(worker: number, span: BootstrapSpan): void {
    const { lifecycle, placement, noteTrigger, context } = this.#deps;
    const { config, state, checkpointTs, removing } = span;
    if (placement.isPlaced(config.handle)) {
      context.log('error', `dispatcher ${config.handle} lives on two workers; the second is left alone`, { worker });
      return;
    }
    const least = this.#least[worker]!;
    least[config.mode] = minTs(least[config.mode], checkpointTs);
    lifecycle.adopt(worker, config, state);
    if (removing === true) placement.markRemoving(config.handle);
    noteTrigger(config);
    if (state === ComponentState.INITIALIZING) this.#initializing.push(config.handle);
    if (state === ComponentState.WAITING_MERGE) this.#waiting.push(config);
    else {
      const key = `${config.mode} ${config.tableId}`;
      const living = this.#living.get(key);
      if (living === undefined) this.#living.set(key, [config]);
      else living.push(config);
    }
  }

  #answered(worker: number): boolean {
    this.#awaited[worker] = false;
    if (!this.done) return false;
    this.#settleMerges();
    // Behind the end of the streams whose range they take over.
    this.#deps.lifecycle.openStreams(this.#initializing);
    return true;
  }

  #settleMerges(): void {
    const { lifecycle, outboxes, placement } = this.#deps;
    const waiting = this.#waiting.filter(({ handle, generation }) => placement.has(handle, generation));
    const isOwned = ({ mode, tableId, range }: DispatcherConfig) => {
      const others = this.#living.get(`${mode} ${tableId}`) ?? [];
      return others.some((other) => placement.has(other.handle, other.generation) && holds(other.range, range));
    };
    lifecycle.removeHandles(waiting.filter(isOwned).map(({ handle }) => handle));
    const going = waiting.filter((config) => !isOwned(config)).map(({ handle }) => handle);
    outboxes.forEach((outbox, worker) => {
      const here = going.filter((handle) => placement.worker(handle) === worker);
      for (const part of handleParts(here, placement)) outbox.send({ type: 'thaw', ...part }, 'lossless', false);
    });
    this.#living.clear();
  }
}
