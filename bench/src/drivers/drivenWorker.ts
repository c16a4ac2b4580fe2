import { DispatcherGroup, type GroupInput, type SinkPort, type SinkToken } from '@tidegate/dispatcher';
import { type DispatcherConfig, Mode, STATUS_WORDS } from '@tidegate/protocol';
import type { RecordOutlet, Timer } from '@tidegate/runtime';
import { BenchContext } from './benchContext.js';

const FIRST = 2;
const COORDINATOR = 'coordinator';
const SOURCE = 'source';
const SYNC_TS = 1_000n;
/** Milliseconds between two repetitions of a WAITING. */
const RETRY = 1_000;

/** A lane that somebody has always read to its end when a turn begins. */
class Outlet implements RecordOutlet {
  readonly words: Uint32Array;
  runAt = 0;
  written = 0;
  #cell = 0;
  readonly #cells: number;

  constructor(cells: number) {
    this.#cells = cells;
    this.words = new Uint32Array(cells * STATUS_WORDS);
  }

  claim(): number {
    return this.claimRun(1) === 1 ? this.runAt : -1;
  }

  claimRun(most: number): number {
    const count = Math.min(most, this.#cells - this.#cell);
    this.runAt = this.#cell * STATUS_WORDS;
    this.#cell += count;
    this.written += count;
    return count;
  }

  read(): void {
    this.#cell = 0;
  }
}

class WorkerContext extends BenchContext {
  readonly outlet: Outlet;
  #timers: GroupInput[] = [];
  #posts: GroupInput[] = [];

  constructor(cells: number) {
    super('worker-0');
    this.outlet = new Outlet(cells);
  }

  override records(): RecordOutlet {
    return this.outlet;
  }

  override schedule(_delay?: number, message?: unknown): Timer {
    const timer = message as GroupInput;
    this.#timers.push(timer);
    return { cancel: () => (this.#timers = this.#timers.filter((other) => other !== timer)) };
  }

  override post(message?: unknown): void {
    this.#posts.push(message as GroupInput);
  }

  /** What is due now: every timer, or what the group has posted to itself. */
  take(kind: 'timers' | 'posts'): GroupInput[] {
    return kind === 'timers' ? this.#timers.splice(0) : this.#posts.splice(0);
  }
}

/** A worker's dispatchers, all waiting at one sync point whose WAITINGs nobody acknowledges; coordinator and source are played. */
export class DrivenWorker {
  readonly #context: WorkerContext;
  readonly #group: DispatcherGroup;

  constructor(dispatchers: number) {
    const context = new WorkerContext(dispatchers);
    this.#context = context;
    const done = (token: SinkToken) => context.post({ type: 'sink-done', token });
    const sink: SinkPort = {
      wakeOn: 'flush',
      wantsPass: false,
      write: () => 'done',
      flush: done,
      execute: done,
      syncPoint: done,
      pass: done,
      checkpoint: done,
    };
    // Without back-off each repetition is that of everybody.
    this.#group = new DispatcherGroup(context, { sink }, { retryInterval: RETRY, retryBackoff: 1 });
    const configs = Array.from({ length: dispatchers }, (_, i) => configOf(FIRST + i));
    this.#send({ type: 'create', configs }, COORDINATOR);
    for (const { handle, tableId, startTs } of configs) {
      const table = { tableId, schemaId: 1, schema: 's', table: `t${tableId}`, version: 1n };
      this.#send({ type: 'stream', handle, generation: 1, resolvedTs: startTs, caughtUp: true, table }, SOURCE);
    }
    this.#send({ type: 'block-event', event: { type: 'sync-point', commitTs: SYNC_TS }, target: { type: 'all' } }, SOURCE);
  }

  /** Statuses written so far. */
  get written(): number {
    return this.#context.outlet.written;
  }

  /** Everybody's next repetition is due. */
  repeat(): void {
    this.#context.time += RETRY;
    for (const timer of this.#context.take('timers')) this.#send(timer, 'worker-0');
  }

  #send(message: GroupInput, from: string): void {
    this.#context.outlet.read();
    this.#group.receive(message, from);
    this.#group.turnEnd();
    for (const post of this.#context.take('posts')) this.#send(post, 'worker-0');
  }
}

function configOf(handle: number): DispatcherConfig {
  const id = handle.toString(16).padStart(32, '0');
  const tableId = handle - FIRST + 1;
  return { id, handle, generation: 1, mode: Mode.DEFAULT, tableId, schemaId: 1, startTs: 10n, skipDmlAsStartTs: false };
}
