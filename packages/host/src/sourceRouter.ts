import type { SourceEvent } from '@tidegate/dispatcher';
import { type BlockEvent, maxTs, type SourceToWorker, type Subscribe } from '@tidegate/protocol';
import type { Actor, ActorContext, Timer } from '@tidegate/runtime';
import type { HostErrorCode } from './errors.js';
import { type HeldEvent, type Route, Routes } from './routes.js';
import type { SourceSnapshotDetail } from './snapshot.js';
import type { Pump, RouterInput, SourceHostEvent, SourceSnapshot } from './sourceMessages.js';
import { CHANGE_OVERHEAD, WorkerOutlets, type WorkerOutletsOptions } from './workerOutlets.js';

export interface SourceRouterOptions extends WorkerOutletsOptions {
  readonly snapshot: SourceSnapshot;
  readonly pump: Pump;
  /** Bytes held for tables whose dispatcher does not exist yet, above which the source is read no further. */
  readonly heldBytes: number;
}

/** A net under `room`: looks again for room after this many milliseconds. */
const ROOM_NET = 50;
/** Chunks read ahead of the one being routed. */
const READ_AHEAD = 1;

/**
 * Routes a commit-ordered stream to the workers that host the tables' dispatchers.
 *
 * Nothing is dropped: events of a table without a dispatcher are held, and when too much is held, or a lane is full, the
 * source is read no further. That cannot wedge a barrier: the stream is in commit order, so when reading stops at some ts
 * every event below it has left for its dispatcher or is held for one that is being created, and the earliest open barrier
 * needs nothing later than itself.
 *
 * One interleaving would wedge it all the same: others wait at a barrier that is held for a table without a dispatcher,
 * rows behind it fill a worker, the worker pauses the lane, and the table's stream is stuck behind the pause. So nothing is
 * routed past a barrier that is held for anybody.
 */
export class SourceRouter implements Actor<RouterInput> {
  readonly #context: ActorContext<SourceToWorker>;
  readonly #options: SourceRouterOptions;
  readonly #routes = new Routes();
  readonly #outlets: WorkerOutlets;
  #chunks: (readonly SourceEvent[])[] = [];
  #at = 0;
  #pulling = false;
  #ended = false;
  #endTold = false;
  /** How reading ended, told once everything read before was routed. */
  #failure: SourceHostEvent | undefined;
  #onHold = false;
  #failed = false;
  #heldBytes = 0;
  /** Held events that dispatchers which already have them wait at. */
  #heldBarriers = 0;
  #lastCommitTs: bigint;
  #lastDdlTs = -1n;
  #resolvedTs: bigint;
  #roomNet: Timer | undefined;
  #changes = 0;
  #rows = 0;
  #ddls = 0;
  #syncPoints = 0;

  constructor(context: ActorContext<SourceToWorker>, options: SourceRouterOptions) {
    this.#context = context;
    this.#options = options;
    this.#outlets = new WorkerOutlets(context, options);
    this.#lastCommitTs = options.snapshot.startTs;
    this.#resolvedTs = options.snapshot.startTs;
    for (const { splittable: _, ...info } of options.snapshot.tables) this.#routes.addTable(info.tableId, info.schemaId, info);
  }

  receive(message: RouterInput, _from?: string): void {
    switch (message.type) {
      case 'subscribe':
        this.#subscribe(message);
        break;
      case 'unsubscribe':
        this.#routes.disconnect(message.handle, message.generation);
        break;
      case 'source-snapshot':
        this.#context.reply(this.#options.snapshot);
        return;
      case 'hold':
        this.#putOnHold();
        break;
      case 'chunk':
        this.#pulling = false;
        this.#chunks.push(message.events);
        break;
      case 'end':
        this.#pulling = false;
        this.#ended = true;
        break;
      case 'failed':
        this.#pulling = false;
        this.#ended = true;
        this.#failure = { type: 'source-failed', code: message.code, message: message.message };
        break;
      case 'room-net':
        this.#roomNet = undefined;
        break;
    }
    this.#advance();
  }

  room(): void {
    this.#advance();
  }

  inspect(): SourceSnapshotDetail {
    return {
      tables: this.#routes.tables,
      changes: this.#changes,
      rows: this.#rows,
      ddls: this.#ddls,
      syncPoints: this.#syncPoints,
      commitTs: this.#lastCommitTs,
      resolvedTs: this.#resolvedTs,
      heldBytes: this.#heldBytes,
      blockedWorkers: this.#outlets.blocked,
      ended: this.#ended,
    };
  }

  /** Routes as far as room and bounds allow, then sees to it that more is read. */
  #advance(): void {
    this.#outlets.retry();
    while (this.#mayRoute()) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) break;
      const event = chunk[this.#at++];
      if (event !== undefined) this.#route(event);
      else {
        this.#chunks.shift();
        this.#at = 0;
      }
    }
    // Whatever stopped us, what was gathered must not wait for more: the dispatchers may need it to make the room.
    this.#outlets.flushAll();
    if (this.#outlets.blocked > 0 && this.#roomNet === undefined)
      this.#roomNet = this.#context.schedule(ROOM_NET, { type: 'room-net' });
    if (this.#failed || this.#onHold) return;
    if (this.#ended && this.#chunks.length === 0 && this.#outlets.blocked === 0) this.#tellEnd();
    else if (!this.#ended && !this.#pulling && this.#chunks.length <= READ_AHEAD) {
      this.#pulling = true;
      this.#options.pump.pull();
    }
  }

  /** Routes nothing more. The transaction in hand may be incomplete, so the last promise that can be given is one below it. */
  #putOnHold(): void {
    this.#onHold = true;
    if (this.#lastCommitTs - 1n > this.#resolvedTs) this.#resolved(this.#lastCommitTs - 1n);
    this.#context.reply(this.#resolvedTs);
  }

  #mayRoute(): boolean {
    return (
      !this.#failed &&
      !this.#onHold &&
      this.#outlets.blocked === 0 &&
      this.#heldBarriers === 0 &&
      this.#heldBytes <= this.#options.heldBytes
    );
  }

  #tellEnd(): void {
    if (this.#endTold) return;
    this.#endTold = true;
    if (this.#failure !== undefined) {
      this.#context.emit(this.#failure);
      return;
    }
    // A finite source promises by its end that nothing at or below its last commit ts follows.
    if (this.#lastCommitTs > this.#resolvedTs) this.#resolved(this.#lastCommitTs);
    this.#context.emit({ type: 'source-end', endTs: this.#resolvedTs } satisfies SourceHostEvent);
  }

  #route(event: SourceEvent): void {
    if (event.type === 'resolved') {
      if (event.ts > this.#resolvedTs) this.#resolved(event.ts);
      return;
    }
    if (event.commitTs < this.#lastCommitTs || event.commitTs <= this.#resolvedTs) {
      const bound = maxTs(this.#lastCommitTs, this.#resolvedTs);
      this.#fail(
        'HOST_SOURCE_EVENT',
        `the source delivered commit ts ${event.commitTs} after ${bound}; commit order must never go back`,
      );
      return;
    }
    this.#lastCommitTs = event.commitTs;
    if (event.type === 'rows') this.#routeRows(event.tableId, event.commitTs, event.count, event.bytes);
    else this.#routeBlockEvent(event);
  }

  #routeRows(tableId: number, commitTs: bigint, count: number, bytes: Uint8Array): void {
    const route = this.#routes.get(tableId);
    if (route === undefined || route.dropped || route === this.#routes.trigger) {
      const what = route?.dropped ? 'a dropped table' : 'an unknown table';
      this.#fail('HOST_SOURCE_EVENT', `the source delivered a row at ${commitTs} for ${what} (id ${tableId})`);
      return;
    }
    if (bytes.length > this.#outlets.maxChangeBytes) {
      const name = route.info === undefined ? `table ${tableId}` : `${route.info.schema}.${route.info.table}`;
      const limit = this.#outlets.maxChangeBytes;
      this.#fail(
        'HOST_MESSAGE_TOO_LARGE',
        `a change of ${name} at ${commitTs} has ${bytes.length} bytes; a lane of this size takes ${limit}: raise laneBytes`,
      );
      return;
    }
    this.#changes++;
    this.#rows += count;
    if (route.worker < 0) {
      this.#hold(route, { resolved: this.#resolvedTs, commitTs, event: { type: 'rows', count, bytes }, isBarrier: false });
      return;
    }
    this.#outlets.addRows(route.worker, route.handle, route.generation, commitTs, count, bytes);
    route.deliveredTo = commitTs;
  }

  #routeBlockEvent(event: BlockEvent): void {
    const text = event.type === 'ddl' ? event.query : 'sync point';
    if (event.type === 'ddl') {
      // Retry tasks and acks know an event by its commit ts (D-27, B-1): two DDLs at one ts could not be told apart.
      if (event.commitTs === this.#lastDdlTs) {
        this.#fail('HOST_SOURCE_EVENT', `the source delivered two DDLs at commit ts ${event.commitTs}; the second: ${text}`);
        return;
      }
      this.#lastDdlTs = event.commitTs;
    }
    const recipients = this.#routes.recipients(event);
    if (typeof recipients === 'object' && 'unknown' in recipients) {
      const id = recipients.unknown;
      this.#fail('HOST_SOURCE_EVENT', `the DDL at ${event.commitTs} names table id ${id}, which does not exist: ${text}`);
      return;
    }
    this.#deliver(event, recipients);
    if (event.type !== 'ddl') {
      this.#syncPoints++;
      return;
    }
    this.#ddls++;
    const existing = this.#routes.apply(event);
    if (existing !== undefined) {
      this.#fail('HOST_SOURCE_EVENT', `the DDL at ${event.commitTs} adds table id ${existing}, which exists: ${text}`);
    }
  }

  #deliver(event: BlockEvent, recipients: readonly Route[] | 'all'): void {
    // A dropped table's dispatcher lives on until it is removed; it has no part in later events.
    const broadcast = recipients === 'all' && this.#routes.dropped === 0;
    const perWorker = Array.from({ length: this.#outlets.count }, () => ({ handle: [] as number[], generation: [] as number[] }));
    for (const route of recipients === 'all' ? this.#routes.all() : recipients) {
      if (route.dropped) continue;
      if (route.worker < 0) {
        const isBarrier = recipients === 'all' || recipients.length > 1;
        this.#hold(route, { resolved: this.#resolvedTs, commitTs: event.commitTs, event, isBarrier });
        continue;
      }
      route.deliveredTo = event.commitTs;
      if (broadcast) continue;
      perWorker[route.worker]?.handle.push(route.handle);
      perWorker[route.worker]?.generation.push(route.generation);
    }
    if (broadcast) {
      this.#outlets.pushAll({ type: 'block-event', event, target: { type: 'all' } });
      return;
    }
    for (const [worker, { handle, generation }] of perWorker.entries()) {
      if (handle.length === 0) continue;
      const target = { type: 'normal', handle: Uint32Array.from(handle), generation: Uint32Array.from(generation) } as const;
      this.#outlets.push(worker, { type: 'block-event', event, target });
    }
  }

  #hold(route: Route, held: HeldEvent): void {
    if (route.held.length === 0) route.heldInfo = route.info;
    route.held.push(held);
    this.#heldBytes += heldSize(held);
    if (held.isBarrier) this.#heldBarriers++;
  }

  #resolved(ts: bigint): void {
    this.#resolvedTs = ts;
    this.#outlets.pushAll({ type: 'resolved', ts });
  }

  #subscribe(message: Subscribe): void {
    const route = this.#routes.get(message.tableId);
    const worker = this.#outlets.indexOf(message.worker);
    if (route === undefined || worker < 0) {
      const what = route === undefined ? `table id ${message.tableId}` : `worker ${message.worker}`;
      this.#fail('HOST_SOURCE_EVENT', `dispatcher ${message.handle} subscribed to ${what}, which does not exist`);
      return;
    }
    if (route.worker >= 0 && route.handle === message.handle && route.generation === message.generation) return;
    if (message.startTs < route.deliveredTo) {
      this.#fail(
        'HOST_REWIND',
        `dispatcher ${message.handle} wants table id ${message.tableId} from ${message.startTs}, but its events up to ${route.deliveredTo} have left for another`,
      );
      return;
    }
    this.#routes.connect(route, worker, message.handle, message.generation);
    this.#openStream(route, message.startTs);
  }

  /** Sends what was held for a table, then lets its dispatcher share the lane's marks. */
  #openStream(route: Route, startTs: bigint): void {
    const { worker, handle, generation, held } = route;
    const first = held[0];
    const table = first === undefined ? route.info : route.heldInfo;
    route.held = [];
    route.heldInfo = undefined;
    this.#outlets.push(worker, {
      type: 'stream',
      handle,
      generation,
      resolvedTs: maxTs(startTs, first === undefined ? this.#resolvedTs : first.resolved),
      caughtUp: first === undefined,
      ...(table && { table }),
    });
    if (first === undefined) return;
    const target = { type: 'normal', handle: Uint32Array.of(handle), generation: Uint32Array.of(generation) } as const;
    for (const entry of held) {
      this.#heldBytes -= heldSize(entry);
      if (entry.isBarrier) this.#heldBarriers--;
      const { commitTs, event } = entry;
      // A sync point at the ts of the DDL that added the table comes behind it (B-1), and concerns the table (D-2).
      if (commitTs < startTs || (commitTs === startTs && event.type !== 'sync-point')) continue;
      route.deliveredTo = commitTs;
      if (event.type === 'rows') this.#outlets.addRows(worker, handle, generation, commitTs, event.count, event.bytes);
      else this.#outlets.push(worker, { type: 'block-event', event, target });
    }
    this.#outlets.push(worker, { type: 'resolved', ts: maxTs(startTs, this.#resolvedTs), only: { handle, generation } });
  }

  /** An event that cannot be routed: what came before it stays valid and leaves; nothing more is read. */
  #fail(code: HostErrorCode, message: string): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#chunks = [];
    this.#context.emit({ type: 'source-failed', code, message } satisfies SourceHostEvent);
  }
}

function heldSize(held: HeldEvent): number {
  return CHANGE_OVERHEAD + (held.event.type === 'rows' ? held.event.bytes.length : CHANGE_OVERHEAD);
}
