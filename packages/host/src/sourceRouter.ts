import type { Mode, SourceToWorker, Subscribe, SubscribeMany } from '@tidegate/protocol';
import type { Actor, ActorContext, Timer } from '@tidegate/runtime';
import { ChunkQueue } from './chunkQueue.js';
import { MainStream } from './mainStream.js';
import { Replay } from './replay.js';
import type { SourceSnapshotDetail } from './snapshot.js';
import type { Pump, RouterInput, SourceHostEvent, SourceSnapshot } from './sourceMessages.js';
import { Streams } from './streams.js';
import { Subscribers } from './subscribers.js';
import { TableSlots } from './tableSlots.js';
import type { LaneBounds } from './wideDdl.js';
import { WorkerOutlets, type WorkerOutletsOptions } from './workerOutlets.js';

export interface SourceRouterOptions extends WorkerOutletsOptions {
  readonly snapshot: SourceSnapshot;
  readonly pump: Pump;
  /** Bytes held for tables whose dispatcher does not exist yet, above which the source is read no further. */
  readonly heldBytes: number;
  /** Pipelines whose dispatchers will subscribe; default: the default one. Events are held for each. */
  readonly modes?: readonly Mode[];
  /**
   * Several hosts share the changefeed: a table without a dispatcher here may have one elsewhere, so nothing is held; who
   * subscribes later replays. The source is read while anybody has subscribed. Default false.
   */
  readonly shared?: boolean;
  /**
   * With redo: bytes of rows behind which a mark is made where the source gives none. What waits for the redo gate can only be
   * freed by marks (D-46), so they must lie closer than the dispatchers' low mark. Default: never.
   */
  readonly markBytes?: number;
  /** What one message may have on the lanes of the host: a DDL that names more tables is refused. Default: anything. */
  readonly lanes?: LaneBounds;
  /** Nothing at or below it is ever read again: the start of the changefeed. Default: where the source was opened. */
  readonly floorTs?: bigint;
}

const ANYTHING: LaneBounds = { source: Number.POSITIVE_INFINITY, status: Number.POSITIVE_INFINITY };

/** A net under `room`: looks again for room after this many milliseconds. */
const ROOM_NET = 50;

/**
 * Routes a commit-ordered stream to the workers that host the tables' dispatchers; ROUTING.md has the whole picture.
 *
 * Nothing is dropped: events of a table without its first dispatcher are held, and when too much is held, or a lane is full,
 * the source is read no further. That cannot wedge a barrier: the stream is in commit order, so when reading stops at some ts
 * every event below it has left for its dispatcher or is held for one that is being created, and the earliest open barrier
 * needs nothing later than itself.
 *
 * One interleaving would wedge it all the same: others wait at a barrier that is held for a table without a dispatcher,
 * rows behind it fill a worker, the worker pauses the lane, and the table's stream is stuck behind the pause. So nothing is
 * routed past a barrier that is held for anybody.
 */
export class SourceRouter implements Actor<RouterInput> {
  readonly #context: ActorContext<SourceToWorker>;
  readonly #options: Omit<SourceRouterOptions, 'snapshot'>;
  readonly #outlets: WorkerOutlets;
  readonly #subscribers = new Subscribers(new TableSlots());
  readonly #main: MainStream;
  readonly #replay: Replay;
  readonly #chunks = new ChunkQueue();
  #endTold = false;
  /** How reading ended, told once everything read before was routed. */
  #failure: SourceHostEvent | undefined;
  #onHold = false;
  /** Main routes nothing more; `lost`: nor does a replay. */
  #failed = false;
  #lost = false;
  #roomNet: Timer | undefined;

  constructor(context: ActorContext<SourceToWorker>, options: SourceRouterOptions) {
    // The snapshot is in the catalogue: kept here as well, it would be there twice.
    const { snapshot, ...kept } = options;
    const { shared = false, modes = [0], markBytes = Number.POSITIVE_INFINITY } = options;
    this.#context = context;
    this.#options = kept;
    this.#outlets = new WorkerOutlets(context, kept);
    const streams = new Streams(this.#outlets, this.#subscribers);
    this.#main = new MainStream({
      snapshot,
      modes: shared ? [] : modes,
      lanes: options.lanes ?? ANYTHING,
      holdsForSuccessors: options.pump.replays === undefined,
      markBytes,
      outlets: this.#outlets,
      streams,
      subscribers: this.#subscribers,
      fail: (code, message) => this.#fail(code, message),
      log: (text, fields) => context.log('debug', text, fields),
    });
    this.#replay = new Replay({
      main: this.#main.reader,
      streams,
      subscribers: this.#subscribers,
      replays: options.pump.replays,
      markBytes,
      floorTs: options.floorTs ?? snapshot.startTs,
      fail: (code, message) => this.#fail(code, message, true),
      done: (subscriber) => this.#main.caughtUp(subscriber),
    });
  }

  receive(message: RouterInput, _from?: string): void {
    switch (message.type) {
      case 'subscribe':
        this.#subscribe(message);
        break;
      case 'subscribe-many':
        this.#subscribeMany(message);
        break;
      case 'unsubscribe':
        this.#unsubscribe(message.handle, message.generation);
        break;
      case 'can-replay':
        this.#context.reply(this.#options.pump.replays !== undefined);
        return;
      case 'hold':
        this.#putOnHold();
        break;
      case 'hurry':
        this.#outlets.pushAll({ type: 'lane-end' });
        break;
      case 'chunk':
        this.#chunks.push(message.events);
        break;
      case 'end':
        this.#chunks.end();
        break;
      case 'failed':
        this.#chunks.end();
        this.#failure = { type: 'source-failed', code: message.code, message: message.message };
        break;
      case 'replay-open':
      case 'replay-chunk':
      case 'replay-end':
      case 'replay-failed':
        this.#replay.receive(message);
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
    const replayTs = this.#replay.ts;
    return {
      ...this.#main.counts,
      tables: this.#main.reader.catalogue.tables,
      subscribers: this.#subscribers.size,
      behind: this.#replay.behind,
      replays: this.#replay.opened,
      replayedEvents: this.#replay.events,
      ...(replayTs !== undefined && { replayTs }),
      commitTs: this.#main.reader.ts,
      resolvedTs: this.#main.reader.resolvedTs,
      heldBytes: this.#main.unclaimed.bytes,
      blockedWorkers: this.#outlets.blocked,
      ended: this.#chunks.ended,
    };
  }

  /** Routes as far as room and bounds allow, then sees to it that more is read. */
  #advance(): void {
    this.#outlets.retry();
    while (this.#outlets.blocked === 0 && !this.#lost) {
      if (this.#replay.behind > 0) {
        if (!this.#replay.step()) break;
      } else if (!this.#step()) break;
    }
    this.#promise();
    // Whatever stopped us, what was gathered must not wait for more: the dispatchers may need it to make the room.
    this.#outlets.flushAll();
    if (this.#outlets.blocked > 0 && this.#roomNet === undefined)
      this.#roomNet = this.#context.schedule(ROOM_NET, { type: 'room-net' });
    this.#replay.pull();
    if (this.#failed || this.#onHold) return;
    if (this.#chunks.drained) {
      if (this.#outlets.blocked === 0 && this.#replay.behind === 0) this.#tellEnd();
    } else if (this.#isWanted && this.#chunks.wantsMore()) this.#options.pump.pull();
  }

  /** Somebody is there for whom reading goes on: with several hosts, all tables may live elsewhere. */
  get #isWanted(): boolean {
    return this.#options.shared !== true || this.#subscribers.size > 0;
  }

  /** Main takes its next event. False: it has none, or may not go on. */
  #step(): boolean {
    const { unclaimed } = this.#main;
    const isFree = unclaimed.barriers === 0 && unclaimed.bytes <= this.#options.heldBytes;
    if (this.#failed || this.#onHold || !isFree || !this.#isWanted) return false;
    const event = this.#chunks.next();
    if (event !== undefined) this.#main.route(event);
    return event !== undefined;
  }

  /**
   * Main stands still at an event that is held for somebody: everything below it has left, and those who have it may need to
   * know. The event may be for a table that only comes to be when the redo world, or a dispatcher that a new trigger waits
   * for, is proven to be beyond an earlier one (D-46, B-60): ROUTING.md, "Two worlds".
   */
  #promise(): void {
    const { reader, unclaimed } = this.#main;
    const stands = unclaimed.barriers > 0 || unclaimed.bytes > this.#options.heldBytes;
    if (!stands || this.#failed || this.#onHold || this.#outlets.blocked > 0) return;
    if (reader.provenTs > reader.resolvedTs) this.#main.resolve(reader.provenTs);
  }

  /** Main routes nothing more. The transaction in hand may be incomplete: what is promised may lie one below it. */
  #putOnHold(): void {
    this.#onHold = true;
    const { reader } = this.#main;
    if (reader.provenTs > reader.resolvedTs) this.#main.resolve(reader.provenTs);
    this.#context.reply(reader.resolvedTs);
  }

  #tellEnd(): void {
    if (this.#endTold) return;
    this.#endTold = true;
    if (this.#failure !== undefined) {
      this.#context.emit(this.#failure);
      return;
    }
    this.#main.finish();
    this.#outlets.flushAll();
    this.#context.emit({ type: 'source-end', endTs: this.#main.reader.resolvedTs } satisfies SourceHostEvent);
  }

  #subscribe(message: Subscribe): void {
    const { handle } = message;
    const worker = this.#outlets.indexOf(message.worker);
    if (worker < 0) {
      const what = `dispatcher ${handle} subscribed for worker ${message.worker}, which does not exist`;
      this.#fail('HOST_SOURCE_EVENT', what, true);
      return;
    }
    if (this.#subscribers.has(handle)) {
      if (this.#isRepeat(message, worker)) return;
      this.#unsubscribe(handle, this.#subscribers.generation(handle));
    }
    const subscriber = this.#subscribers.add(message, worker);
    if (!this.#main.take(subscriber)) this.#replay.join(subscriber);
  }

  /**
   * A maintainer of a later epoch may give out a generation again that died with a worker and its coordinator: then the
   * subscriber of that name is somebody else, whom nobody is left to unsubscribe.
   */
  #isRepeat({ handle, generation, mode, tableId, startTs }: Subscribe, worker: number): boolean {
    const former = this.#subscribers;
    if (former.generation(handle) !== generation || former.mode(handle) !== mode) return false;
    return former.tableId(handle) === tableId && former.startTs(handle) === startTs && former.worker(handle) === worker;
  }

  #subscribeMany({ workers, worker, handle, generation, mode, tableId, startTs }: SubscribeMany): void {
    for (let row = 0; row < handle.length; row++) {
      this.#subscribe({
        type: 'subscribe',
        handle: handle[row]!,
        generation: generation[row]!,
        mode: mode[row] === 0 ? 0 : 1,
        tableId: tableId[row]!,
        startTs: startTs[row]!,
        worker: workers[worker[row]!] as string,
      });
    }
  }

  #unsubscribe(handle: number, generation: number): void {
    if (!this.#subscribers.has(handle) || this.#subscribers.generation(handle) !== generation >>> 0) return;
    this.#main.remove(handle);
    this.#replay.leave(handle);
    this.#subscribers.remove(handle);
  }

  /** An event that cannot be routed: what came before it stays valid and leaves; nothing more is read. */
  #fail(code: string, message: string, lost = false): void {
    if (this.#failed && (this.#lost || !lost)) return;
    this.#failed = true;
    this.#lost ||= lost;
    this.#chunks.drop();
    this.#context.emit({ type: 'source-failed', code, message, ...(lost && { lost }) } satisfies SourceHostEvent);
  }
}
