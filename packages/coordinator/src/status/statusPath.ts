import {
  type Answer,
  type BlockFacts,
  type BlockStatusRequest,
  type EventKey,
  type Mode,
  STATUS_FLAG_ALREADY,
  STATUS_FLAGS_SHIFT,
  STATUS_GENERATION,
  STATUS_HANDLE,
  STATUS_HEADER,
  STATUS_STAGE_SHIFT,
  STATUS_TS_HIGH,
  STATUS_TS_LOW,
  Stage,
} from '@tidegate/protocol';
import type { ResolvedOptions } from '../options.js';
import { type Builders, collect } from './collect.js';
import { EVENT_FLAGS, EventTable, NO_EVENT } from './eventTable.js';
import { KeyTable } from './keyTable.js';
import { type IsAlive, Outstanding } from './outstanding.js';
import { Offered, PendingMap } from './pendingMap.js';
import { RequestQueue } from './requestQueue.js';
import { BatchBuilder } from './statusBatch.js';

// The engine loads an imported binding anew at every use, and folds a local constant: what the hot path needs is local.
const HEADER = STATUS_HEADER;
const STAGE_SHIFT = STATUS_STAGE_SHIFT;
const FLAGS_SHIFT = STATUS_FLAGS_SHIFT;
const HANDLE = STATUS_HANDLE;
const GENERATION = STATUS_GENERATION;
const TS_LOW = STATUS_TS_LOW;
const TS_HIGH = STATUS_TS_HIGH;
const ALREADY = STATUS_FLAG_ALREADY;
const IDENTITY_FLAGS = EVENT_FLAGS;
const WAITING = Stage.WAITING;

/** Code of the runtime's error for a message that no lane to its receiver can ever hold. */
const TOO_LARGE = 'RUNTIME_MESSAGE_TOO_LARGE';

/** What goes on the wire but for what is stamped at the moment of sending. */
export type Send = (request: BlockStatusRequest) => boolean;

/**
 * The way of a block status through this host: pending map (L), batches (C), request queue (Q), outstanding (T-I), all on
 * one key table, so that one look tells whether an equal status is anywhere on its way.
 */
export class StatusPath {
  readonly events: EventTable;
  readonly keys: KeyTable;
  readonly pending: PendingMap;
  readonly queue: RequestQueue;
  readonly outstanding: Outstanding;
  /** Statuses dropped because the facts of their event never came; their dispatchers offer them again, facts first. */
  withoutFacts = 0;
  /** Statuses in requests that were accepted for sending. */
  sent = 0;
  readonly #host: string;
  readonly #builders: Builders;
  #seq = 0;

  constructor(options: ResolvedOptions, random: () => number) {
    this.#host = options.host;
    const events = new EventTable(options.idleEvents);
    const keys = new KeyTable(events);
    this.events = events;
    this.keys = keys;
    this.pending = new PendingMap({ capacity: options.pendingCapacity, events, keys });
    this.queue = new RequestQueue({ capacity: options.requestQueueCapacity, events, keys });
    this.outstanding = new Outstanding({
      events,
      keys,
      random,
      capacity: options.outstandingCapacity,
      resend: options.outstandingResend,
      resendMax: options.outstandingResendMax,
    });
    this.#builders = [new BatchBuilder(events, 0, options.batchStatuses), new BatchBuilder(events, 1, options.batchStatuses)];
  }

  learn(mode: Mode, facts: BlockFacts): void {
    this.events.learn(mode, facts);
  }

  /** Offers the status in the cell at `at`. The hot path: allocates nothing. */
  record(words: Uint32Array, at: number): Offered {
    const header = words[at + HEADER]!;
    const stage = ((header >>> STAGE_SHIFT) & 0xff) as Stage;
    const flags = header >>> FLAGS_SHIFT;
    const event = this.events.intern(words[at + TS_HIGH]! | 0, words[at + TS_LOW]! | 0, flags & IDENTITY_FLAGS);
    if (stage <= WAITING && this.events.facts(event) === undefined) {
      this.withoutFacts++;
      return Offered.IGNORED;
    }
    return this.pending.offerKey(words[at + HANDLE]! | 0, words[at + GENERATION]! | 0, event, stage, (flags & ALREADY) !== 0);
  }

  /** Ends the window: what is pending becomes requests. */
  collect(): void {
    collect(this.pending, this.queue, this.#builders);
  }

  /**
   * Sends queued requests until the queue is empty or `send` refuses. What is refused stays where it is; what no lane to the
   * maintainer can ever hold goes in halves. A single status that cannot is let go, and `unsendable` is told its event.
   */
  pump(epoch: number, now: number, isAlive: IsAlive, send: Send, unsendable: (key: EventKey) => void): void {
    for (let batch = this.queue.peek(); batch !== undefined; batch = this.queue.peek()) {
      const { mode, events, handle, generation, event, stage } = batch;
      const seq = this.#seq + 1;
      const request: BlockStatusRequest = {
        type: 'block-statuses',
        from: this.#host,
        mode,
        epoch,
        seq,
        events,
        handle,
        generation,
        event,
        stage,
      };
      try {
        if (!send(request)) return;
      } catch (error) {
        if ((error as { code?: unknown }).code !== TOO_LARGE) throw error;
        if (!this.queue.splitHead()) this.#letGo(events[event[0] ?? 0]?.key, unsendable);
        continue;
      }
      this.#seq = seq;
      this.sent += handle.length;
      this.queue.handOver();
      this.outstanding.adopt(batch, seq, now, isAlive);
    }
  }

  /** Another owner or epoch: what is queued goes there instead, and what is outstanding is sent again at once (Q-8, T-I). */
  retarget(target: string, now: number): void {
    this.queue.retarget(target);
    this.outstanding.rearm(now);
    this.resend(now);
  }

  /** Queues again what is outstanding and due. */
  resend(now: number): void {
    this.outstanding.resend(now, this.queue, this.#builders);
  }

  /**
   * An answer passes by: the WAITING that it answers is not outstanding any more, and an action asks for the DONE. The acks
   * of a reply (`isReply`) do not say whether WAITING or DONE is meant; the reply as a whole does (`Outstanding.settleReply`).
   */
  settle(mode: Mode, answer: Answer, isReply: boolean, now: number): void {
    const key = answer.ack ?? answer.ignored ?? answer.action?.key ?? answer.unknown;
    const event = key === undefined ? NO_EVENT : this.events.findKey(mode, key);
    if (answer.ignored !== undefined && event !== NO_EVENT) this.events.tellAgain(event);
    if (event === NO_EVENT || this.events.outstanding[event] === 0) return;
    const { outstanding } = this;
    const { target } = answer;
    const waitingOnly = answer.action !== undefined || (isReply && answer.unknown === undefined);
    if (target.type !== 'normal') outstanding.settleEvent(event, waitingOnly);
    else {
      for (let row = 0; row < target.handle.length; row++) {
        outstanding.settle(target.handle[row]!, target.generation[row]!, event, waitingOnly);
      }
    }
    if (answer.action !== undefined) outstanding.hasten(event, now);
  }

  #letGo(key: EventKey | undefined, unsendable: (key: EventKey) => void): void {
    const batch = this.queue.dequeue();
    if (batch !== undefined) this.outstanding.settleRows(batch);
    this.queue.sendComplete(batch);
    if (key !== undefined) unsendable(key);
  }

  /** Lets go of everything, in every stage. */
  clear(): void {
    const { pending, queue, outstanding } = this;
    while (pending.shift()) {
      outstanding.settle(pending.handle, pending.generation, pending.event, false);
      pending.release();
    }
    for (let batch = queue.dequeue(); batch !== undefined; batch = queue.dequeue()) {
      outstanding.settleRows(batch);
      queue.sendComplete(batch);
    }
    outstanding.clear();
  }
}
