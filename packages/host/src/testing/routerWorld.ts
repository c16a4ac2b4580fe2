import type { SourceEvent } from '@tidegate/dispatcher';
import type { KeyRange, Mode, SourceToWorker, TableId, TableInfo } from '@tidegate/protocol';
import { ManualContext } from '@tidegate/runtime/testing';
import type { SourceHostEvent } from '../sourceMessages.js';
import { SourceRouter, type SourceRouterOptions } from '../sourceRouter.js';
import { type chance, nameOf, type RouterLog } from './routerLog.js';

/** A dispatcher that checks its stream while it gets it. */
export interface Listener {
  readonly handle: number;
  readonly mode: Mode;
  readonly tableId: TableId;
  readonly range: KeyRange | undefined;
  readonly startTs: bigint;
  readonly worker: number;
  readonly wanted: readonly string[];
  got: number;
  table: TableInfo | undefined;
  started: boolean;
  caughtUp: boolean;
  mark: bigint;
}

export const WORKERS = ['worker-0', 'worker-1', 'worker-2'];

/** A router with a source that can be read again, and listeners in the place of workers. Nothing happens by itself. */
export class RouterWorld {
  readonly context: ManualContext = new ManualContext({ self: 'source' });
  readonly router: SourceRouter;
  readonly listeners: Map<number, Listener> = new Map();
  /** What was found wrong, in words. */
  readonly faults: string[] = [];
  /** Reads that wait for an answer. */
  readonly requests: { readonly id: number; readonly what: 'open' | 'read' }[] = [];
  opened = 0;
  marksBehind = 0;
  /** Tables, with their mode, whose first listeners have come. */
  readonly claimed: Set<string> = new Set();
  readonly #log: RouterLog;
  readonly #below: ReturnType<typeof chance>;
  readonly #floorTs: bigint;
  #main: SourceEvent[];
  #replay: { id: number; startTs: bigint; left: SourceEvent[] } | undefined;
  #nextHandle = 2;

  constructor(log: RouterLog, below: ReturnType<typeof chance>, startTs: bigint, options: Partial<SourceRouterOptions> = {}) {
    this.#log = log;
    this.#below = below;
    this.#main = log.after(startTs);
    this.#floorTs = startTs;
    this.router = new SourceRouter(this.context as never, {
      workers: WORKERS,
      snapshot: log.snapshotAt(startTs),
      batchBytes: 64,
      maxMessageBytes: 4_096,
      heldBytes: 1_000,
      pump: {
        pull: () => this.requests.push({ id: 0, what: 'read' }),
        replays: {
          open: (id, from) => {
            this.opened++;
            this.#replay = { id, startTs: from, left: log.after(from) };
            this.requests.push({ id, what: 'open' });
          },
          pull: (id) => this.requests.push({ id, what: 'read' }),
          close: (id) => {
            if (this.#replay?.id === id) this.#replay = undefined;
          },
        },
      },
      ...options,
    });
  }

  get ended(): boolean {
    return this.context.events.some((event) => (event as SourceHostEvent).type === 'source-end');
  }

  subscribe(mode: Mode, tableId: TableId, startTs: bigint, range?: KeyRange): Listener {
    const handle = this.#nextHandle++;
    const worker = this.#below(WORKERS.length);
    const listener: Listener = {
      handle,
      mode,
      tableId,
      range,
      startTs,
      worker,
      wanted: this.#log.wantedBy({ tableId, startTs, range, floorTs: this.#floorTs }),
      got: 0,
      table: undefined,
      started: false,
      caughtUp: false,
      mark: 0n,
    };
    this.listeners.set(handle, listener);
    this.router.receive({
      type: 'subscribe',
      handle,
      generation: 7,
      mode,
      tableId,
      startTs,
      worker: WORKERS[worker] as string,
      ...(range && { range }),
    });
    this.take();
    return listener;
  }

  unsubscribe(handle: number): void {
    this.listeners.delete(handle);
    this.router.receive({ type: 'unsubscribe', handle, generation: 7 });
    this.take();
  }

  /** Answers one read, the oldest of main or of the replay. False: nobody reads. */
  answer(): boolean {
    const request = this.requests.splice(this.#below(Math.max(1, this.requests.length)), 1)[0];
    if (request === undefined) return false;
    const { id, what } = request;
    const left = id === 0 ? this.#main : this.#replay?.id === id ? this.#replay.left : [];
    // A closed reading may still answer: with anything.
    const events = left.splice(0, 1 + this.#below(12));
    if (what === 'open') {
      left.unshift(...events);
      this.router.receive({ type: 'replay-open', id, snapshot: this.#log.snapshotAt(this.#replay?.startTs ?? 0n) });
    } else if (id === 0) this.router.receive(events.length > 0 ? { type: 'chunk', events } : { type: 'end' });
    else this.router.receive(events.length > 0 ? { type: 'replay-chunk', id, events } : { type: 'replay-end', id });
    this.take();
    return true;
  }

  /** Hands what was sent to the listeners, which check it. */
  take(): void {
    for (const { to, message } of this.context.take()) this.#deliver(WORKERS.indexOf(to), message as SourceToWorker);
    for (const event of this.context.events as SourceHostEvent[])
      if (event.type === 'source-failed') this.faults.push(`${event.code}: ${event.message}`);
  }

  #deliver(worker: number, message: SourceToWorker): void {
    switch (message.type) {
      case 'stream': {
        const listener = this.#find(message, worker);
        if (listener === undefined) return;
        if (listener.started) this.#fault(listener, 'a second stream start');
        Object.assign(listener, { started: true, caughtUp: message.caughtUp, mark: message.resolvedTs, table: message.table });
        return;
      }
      case 'streams':
        // No world here has so many tables.
        throw new Error('streams in columns');
      case 'rows':
        for (const [i, handle] of message.handle.entries()) {
          const name = new TextDecoder().decode(message.bytes.subarray(message.offset[i], message.offset[i + 1]));
          const listener = this.#find({ handle, generation: message.generation[i] as number }, worker);
          if (listener !== undefined) this.#hear(listener, name, message.commitTs[i] as bigint, false);
        }
        return;
      case 'block-event': {
        const { event, target } = message;
        const isSync = event.type === 'sync-point';
        for (const listener of this.#targets(target, worker)) this.#hear(listener, nameOf(event), event.commitTs, isSync);
        return;
      }
      case 'resolved':
        if (message.only === undefined) {
          for (const listener of this.#targets({ type: 'all' }, worker))
            if (listener.caughtUp && message.ts > listener.mark) listener.mark = message.ts;
          return;
        }
        this.#markOne(this.#find(message.only, worker), message.ts, message.behind !== true);
        return;
      case 'lane-end':
        return;
    }
  }

  #markOne(listener: Listener | undefined, ts: bigint, caughtUp: boolean): void {
    if (listener === undefined) return;
    if (listener.caughtUp) this.#fault(listener, 'a mark of its own though it had caught up');
    if (!caughtUp) this.marksBehind++;
    listener.caughtUp = caughtUp;
    if (ts > listener.mark) listener.mark = ts;
  }

  #targets(
    target: { type: 'all' } | { type: 'normal'; handle: Uint32Array; generation: Uint32Array },
    worker: number,
  ): Listener[] {
    if (target.type === 'all')
      return [...this.listeners.values()].filter((listener) => listener.started && listener.worker === worker);
    return [...target.handle].flatMap(
      (handle, i) => this.#find({ handle, generation: target.generation[i] as number }, worker) ?? [],
    );
  }

  #find({ handle, generation }: { handle: number; generation: number }, worker: number): Listener | undefined {
    const listener = this.listeners.get(handle);
    if (listener === undefined) return undefined;
    if (listener.worker !== worker || generation !== 7)
      this.#fault(listener, `addressed at worker ${worker}, generation ${generation}`);
    return listener;
  }

  #hear(listener: Listener, name: string, commitTs: bigint, isSync: boolean): void {
    const next = listener.wanted[listener.got++];
    if (!listener.started) this.#fault(listener, `${name} before its stream`);
    if (name !== next) this.#fault(listener, `${name} instead of ${next ?? 'nothing'}`);
    const isOwnSyncPoint = isSync && commitTs === listener.startTs && listener.mark === commitTs;
    if (commitTs <= listener.mark && !isOwnSyncPoint) this.#fault(listener, `${name} though marked up to ${listener.mark}`);
  }

  #fault({ handle, tableId, startTs, mode }: Listener, what: string): void {
    this.faults.push(`dispatcher ${handle} of table ${tableId} from ${startTs} in mode ${mode} got ${what}`);
  }
}
