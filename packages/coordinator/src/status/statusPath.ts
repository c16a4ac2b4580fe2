import {
  Action,
  type Answer,
  type AnswerRequest,
  type BlockFacts,
  type BlockStatusRequest,
  type EventKey,
  isTrigger,
  type Mode,
  STATUS_FLAG_ALREADY,
  STATUS_FLAGS_SHIFT,
  STATUS_GENERATION,
  STATUS_HANDLE,
  STATUS_HEADER,
  STATUS_STAGE_SHIFT,
  STATUS_TS_HIGH,
  STATUS_TS_LOW,
  STATUS_WORDS,
  Stage,
} from '@tidegate/protocol';
import type { ResolvedOptions } from '../options.js';
import { type Builders, collect } from './collect.js';
import { EVENT_FLAGS, EventTable, NO_EVENT } from './eventTable.js';
import { KeyTable } from './keyTable.js';
import { type Living, Outstanding } from './outstanding.js';
import { Offered, PendingMap } from './pendingMap.js';
import { RequestQueue } from './requestQueue.js';
import { BatchBuilder, type StatusBatch } from './statusBatch.js';

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
const DONE = Stage.DONE;
const WORDS = STATUS_WORDS;

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
  /** Statuses dropped because the facts of their event, or what those of the trigger say beyond, never came; their dispatchers offer them again, facts first. */
  withoutFacts = 0;
  /** Statuses in requests that were accepted for sending. */
  sent = 0;
  readonly #host: string;
  readonly #builders: Builders;
  #seq = 0;
  #urgent = false;

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
      probe: options.batchStatuses,
    });
    this.#builders = [new BatchBuilder(events, 0, options.batchStatuses), new BatchBuilder(events, 1, options.batchStatuses)];
  }

  learn(mode: Mode, facts: BlockFacts, lacksAdmissions: boolean): void {
    this.events.learn(mode, facts, lacksAdmissions);
  }

  /** Offers the status in the cell at `at`. The hot path: allocates nothing. */
  record(words: Uint32Array, at: number): Offered {
    const header = words[at + HEADER]!;
    const stage = ((header >>> STAGE_SHIFT) & 0xff) as Stage;
    const flags = header >>> FLAGS_SHIFT;
    const event = this.events.intern(words[at + TS_HIGH]! | 0, words[at + TS_LOW]! | 0, flags & IDENTITY_FLAGS);
    if (stage <= WAITING && !this.events.suffice(event, words[at + HANDLE]!)) {
      this.withoutFacts++;
      return Offered.IGNORED;
    }
    return this.pending.offerKey(words[at + HANDLE]! | 0, words[at + GENERATION]! | 0, event, stage, (flags & ALREADY) !== 0);
  }

  /**
   * Offers up to `count` statuses side by side, until the map holds `full`. Returns how many it looked at; one at least.
   * Allocates nothing.
   */
  records(words: Uint32Array, at: number, count: number, full: number): number {
    const { pending, events } = this;
    let row = 0;
    do {
      const from = at + row * WORDS;
      const header = words[from + HEADER]!;
      const stage = ((header >>> STAGE_SHIFT) & 0xff) as Stage;
      if (pending.length >= full || (stage !== WAITING && stage !== DONE)) {
        this.record(words, from);
        row++;
        continue;
      }
      const flags = header >>> FLAGS_SHIFT;
      const event = events.intern(words[from + TS_HIGH]! | 0, words[from + TS_LOW]! | 0, flags & IDENTITY_FLAGS);
      if (event === NO_EVENT || (stage === WAITING && !events.suffice(event, words[from + HANDLE]!))) {
        this.record(words, from);
        row++;
      } else {
        const left = stage === DONE || events.sufficeAll(event) ? count - row : rowsBeforeTrigger(words, from, count - row);
        row += pending.offerRun(words, from, left, event, stage, (flags & ALREADY) !== 0, full);
        if (stage === DONE && events.takeAsked(event)) this.#urgent = true;
      }
    } while (row < count && pending.length < full);
    return row;
  }

  /**
   * True once after the DONE of a writer was offered. All others wait for it: it ends its window at the end of the turn (T-E). A window
   * that ends early takes along what came before it, so nothing is overtaken; C-2 waits for company, not for order.
   */
  takeUrgent(): boolean {
    const isUrgent = this.#urgent;
    this.#urgent = false;
    return isUrgent;
  }

  /** Ends the window: what is pending becomes requests. */
  collect(): void {
    collect(this.pending, this.queue, this.#builders);
  }

  /**
   * {@link collect} and {@link pump} in one, where nothing waits in the queue: a request is made of what is pending and sent, and its
   * keys go from stage L to outstanding without a stop in stage Q. What is refused takes the way over the queue.
   */
  deliver(epoch: number, now: number, living: Living, send: Send): void {
    const { pending, queue } = this;
    for (let mode = pending.oneMode; mode !== undefined; mode = pending.oneMode) {
      // Then no key is reserved, and none has to be looked at for that.
      if (queue.length + queue.inFlight > 0) return;
      const builder = this.#builders[mode];
      const batch = pending.copy(builder, queue.target);
      const request = this.#request(batch, epoch);
      let isSent = false;
      try {
        isSent = send(request);
      } catch (error) {
        if ((error as { code?: unknown }).code !== TOO_LARGE) throw error;
      }
      if (!isSent) {
        queue.takeFrom(pending, batch);
        return;
      }
      this.#seq = request.seq;
      this.sent += batch.handle.length;
      pending.releaseUnkeyed(batch);
      pending.drop(batch.handle.length);
      this.outstanding.adopt(batch, request.seq, now, living);
    }
  }

  /**
   * Sends queued requests until the queue is empty or `send` refuses. What is refused stays where it is; what no lane to the
   * maintainer can ever hold goes in halves. A single status that cannot is let go, and `unsendable` is told its event.
   */
  pump(epoch: number, now: number, living: Living, send: Send, unsendable: (key: EventKey) => void): void {
    for (let batch = this.queue.peek(); batch !== undefined; batch = this.queue.peek()) {
      const request = this.#request(batch, epoch);
      try {
        if (!send(request)) return;
      } catch (error) {
        if ((error as { code?: unknown }).code !== TOO_LARGE) throw error;
        if (!this.queue.splitHead()) this.#letGo(batch.events[batch.event[0] ?? 0]?.key, unsendable);
        continue;
      }
      this.#seq = request.seq;
      this.sent += batch.handle.length;
      this.queue.handOver();
      this.outstanding.adopt(batch, request.seq, now, living);
    }
  }

  #request({ mode, events, handle, generation, event, stage, stretches }: StatusBatch, epoch: number): BlockStatusRequest {
    const columns = { events, handle, generation, event, stage, ...(stretches && { stretches }) };
    return { type: 'block-statuses', from: this.#host, mode, epoch, seq: this.#seq + 1, ...columns };
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
    if (answer.action?.action === Action.WRITE && event !== NO_EVENT) this.events.askedToWrite(event);
    if (event === NO_EVENT || this.events.outstanding[event] === 0) return;
    const { outstanding } = this;
    const { target } = answer;
    const waitingOnly = answer.action !== undefined || (isReply && answer.unknown === undefined);
    if (target.type !== 'normal') outstanding.settleEvent(event, waitingOnly);
    else outstanding.settleAll(target.handle, target.generation, event, waitingOnly);
    if (answer.action !== undefined) outstanding.hasten(event, now);
  }

  /** The maintainer's reply to a request: its answers, and what the reply itself settles. */
  settleReply({ mode, answers, inReplyTo }: AnswerRequest, now: number): void {
    if (inReplyTo === undefined) return;
    const [answer] = answers;
    if (answers.length === 1 && answer?.ack !== undefined && answer.target.type === 'normal') {
      const { handle, generation } = answer.target;
      const event = this.events.findKey(mode, answer.ack);
      if (event !== NO_EVENT && this.outstanding.settleWhole(inReplyTo, handle, generation, event, now)) return;
    }
    for (const one of answers) this.settle(mode, one, true, now);
    this.outstanding.settleReply(inReplyTo, now);
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

/** How many of `count` records stand before the first of a table trigger. */
function rowsBeforeTrigger(words: Uint32Array, at: number, count: number): number {
  for (let row = 0; row < count; row++) if (isTrigger(words[at + row * WORDS + HANDLE]!)) return row;
  return count;
}
