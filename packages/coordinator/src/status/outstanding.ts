import { Stage } from '@tidegate/protocol';
import type { Builders } from './collect.js';
import type { EventTable } from './eventTable.js';
import { KeyRuns } from './keyRuns.js';
import type { KeyTable } from './keyTable.js';
import { PastRequests } from './pastRequests.js';
import { type Awaited, Replies } from './replies.js';
import type { RequestQueue } from './requestQueue.js';
import { DONE_BITS, EITHER_OUTSTANDING, isKeyed, OUTSTANDING, PENDING, RESERVED, stageShift } from './stageBits.js';
import { releaseEvents, STAGE_COLUMN_MASK, type StatusBatch, selectRows } from './statusBatch.js';
import { runEnd, sameColumn } from './statusRuns.js';

/*
 * T-I: what was delivered to the maintainer of the current epoch and is not answered yet.
 *
 * The one danger is to hide a status from a maintainer that does not have it. What protects against it:
 *
 *  - A key becomes outstanding only when its request was accepted for sending to the current owner, in the step in which
 *    it leaves stage Q; it is in some stage, and so has a retry owner, at every moment (`adopt`).
 *  - Everything that ends an outstanding state lets more through, never less. So whenever in doubt, clear.
 *
 * Interleavings, each a test in outstanding.test.ts:
 *
 *  1. Loss. The request, or its reply, is lost: the keys stay outstanding and the coordinator sends them again.
 *  2. A duplicate's ack crosses a resend. The first ack clears the key while a resend waits in stage Q: the resend is
 *     delivered all the same, is outstanding again, and is acknowledged again (the barrier acknowledges repeats).
 *  3. The reply to an old request comes after a resend of the same DONE. It settles the DONE all the same: the maintainer
 *     of this epoch has handled it. Were only the reply to the last resend good for it, then a maintainer that takes
 *     longer than the longest pause would be sent the same statuses for ever. Resends that are still on their way do no harm.
 *  4. New epoch. The new maintainer has nothing: everything outstanding is due at once (`rearm`), goes through stage Q and
 *     counts as delivered only by that. Until then an equal offer is represented by the resend.
 *  5. A handle is reused. Keys carry the generation: the former generation's entries never match the new one's, and go
 *     when the former dispatcher is reported stopped, whether that comes before or after the new one's first status.
 *  6. Ignored hint. The maintainer did not admit the status: the key is cleared before the hint goes to the dispatcher, so
 *     that its immediate repeat passes. If a resend of it is still in stage Q, the repeat is represented by that one.
 *  7. An action passes by. The maintainer has the WAITING, or does without: that one is settled. A DONE is not: whoever is
 *     asked again must not be relied on for another one, for it may not know yet that the event lies behind it (D-37).
 *     What is outstanding of the event is sent again at once instead.
 *  8. DONE follows. A WAITING of the same event is superseded the moment the DONE is offered: no further resend, and a
 *     resend that is already queued stays ahead of the DONE (first in, first out) and is not outstanding afterwards (W-3).
 *  9. The ack of a repeated WAITING crosses the DONE: the acks of a reply settle WAITINGs alone. A DONE is settled by the
 *     reply to a request that carried it, acknowledged there or not (B-7).
 * 10. A slow maintainer. Requests and their replies keep order, so what was sent behind the request that was replied to last
 *     is waited for as long as replies go on: its pause begins anew with each. A reply to a later request ends that, so what
 *     was lost is held back by no more replies than there were requests before it.
 * 11. A silent maintainer. It has either everything and is slow, or something was lost; to send everything again would tell the two
 *     apart no better than to send one request's worth. So of what is due and lies behind the last reply no more than that goes at
 *     a time, after pauses that double. Its reply ends the silence: what was sent before it and is not answered by then was lost (interleaving 10).
 * 12. Removal. The keys of a stopped dispatcher go; a request of it that is delivered later does not bring them back.
 */

/** Which dispatchers live on this host; of others nothing stays outstanding. */
export interface Living {
  has(handle: number, generation: number): boolean;
  /** Whether all of them do. */
  hasAll(handle: Uint32Array, generation: Uint32Array, stretches?: Uint32Array): boolean;
}

export interface OutstandingOptions {
  readonly events: EventTable;
  readonly keys: KeyTable;
  /**
   * Statuses that may be outstanding, exactly. One that is delivered beyond it is let go at once, as in the parent: a WAITING
   * is then repeated by its dispatcher's timer only, a DONE by the answer to the next Write or Pass (D-34), and repeats pass.
   */
  readonly capacity: number;
  /** First and longest pause before a resend, in milliseconds. */
  readonly resend: number;
  readonly resendMax: number;
  /** Statuses sent again at a time while the maintainer is silent. */
  readonly probe: number;
  /** Seeded 32-bit random numbers, for the jitter. */
  readonly random: () => number;
}

interface SentBatch extends Awaited {
  batch: StatusBatch;
  due: number;
  pause: number;
  attempt: number;
}

/** The outstanding statuses, kept by the request that carried them last. Their bits are in the key table. */
export class Outstanding {
  /** Statuses sent again so far. */
  resent = 0;
  /** Statuses let go at the capacity. */
  overflowed = 0;
  /** The most statuses that were outstanding at a time. */
  most = 0;
  readonly #options: OutstandingOptions;
  readonly #runs: KeyRuns;
  readonly #sent = new Map<number, SentBatch>();
  /** Requests that were sent again: a late reply to them still counts (interleaving 3). */
  readonly #past: PastRequests;
  // A lower bound of all due times: exact after a resend, too early after something was settled.
  #next = Number.POSITIVE_INFINITY;
  readonly #replies: Replies;

  constructor(options: OutstandingOptions) {
    this.#options = options;
    this.#runs = new KeyRuns(options.keys);
    this.#past = new PastRequests(options.events, this.#runs);
    this.#replies = new Replies(options.probe);
  }

  /** Statuses outstanding now. */
  get size(): number {
    return this.#options.keys.outstanding;
  }

  /** Requests of which something may be outstanding. */
  get requests(): number {
    return this.#sent.size;
  }

  /** The maintainer has replied to nothing since it was sent again what it still owes an answer. */
  get silent(): boolean {
    return this.#replies.silent && this.size > 0;
  }

  /** When to look for what is due: not later than the first resend. Undefined when nothing is outstanding. */
  get nextDue(): number | undefined {
    return this.#sent.size === 0 ? undefined : this.#next;
  }

  /** Takes over a request that was delivered under `seq`: its keys go from pending or reserved to outstanding. */
  adopt(batch: StatusBatch, seq: number, now: number, living: Living): void {
    const { keys, capacity, events } = this.#options;
    const { handle, generation, event, stage, eventIndex, stretches } = batch;
    const isEasy = keys.outstanding + handle.length <= capacity && living.hasAll(handle, generation, stretches);
    let kept = 0;
    for (let from = 0, to = 0; from < handle.length; from = to) {
      to = runEnd(batch, from);
      const one = (stage[from]! & STAGE_COLUMN_MASK) as Stage;
      if (!isKeyed(one)) continue;
      const index = eventIndex[event[from]!]!;
      if (isEasy) kept += this.#runs.deliver(handle, generation, from, to, index, one, seq, stretches);
      else for (let row = from; row < to; row++) kept += this.#adoptRow(batch, row, index, one, seq, living);
    }
    this.most = Math.max(this.most, keys.outstanding);
    if (kept === 0) {
      releaseEvents(events, batch);
      return;
    }
    const pause = this.#pause(batch.attempt);
    const due = now + pause;
    if (this.#sent.size === 0 || due < this.#next) this.#next = due;
    this.#sent.set(seq, { seq, batch, due, pause, attempt: batch.attempt });
  }

  /** One row of {@link adopt}, of a dispatcher that may be gone, or at the capacity. 1: its status is outstanding. */
  #adoptRow(batch: StatusBatch, row: number, event: number, stage: Stage, seq: number, living: Living): number {
    const { keys, capacity } = this.#options;
    const handle = batch.handle[row]!;
    const generation = batch.generation[row]!;
    const reference = keys.locate(handle, generation, event);
    if (reference < 0) return 0;
    const shift = stageShift(stage);
    const bits = keys.bits(reference);
    let next = bits & ~((PENDING | RESERVED | OUTSTANDING) << shift);
    let kept = 0;
    // Interleaving 8: behind a DONE, or with one, a WAITING is not outstanding.
    const superseded = stage === Stage.WAITING && (bits & DONE_BITS) !== 0;
    if (!superseded && living.has(handle, generation)) {
      if ((bits & EITHER_OUTSTANDING) === 0 && keys.outstanding >= capacity) this.overflowed++;
      else {
        next |= OUTSTANDING << shift;
        if (stage === Stage.DONE) next &= ~OUTSTANDING;
        keys.setOwner(reference, seq);
        kept = 1;
      }
    }
    keys.setBits(reference, next);
    return kept;
  }

  /** What a dispatcher reported at an event was answered: its WAITING, or both its WAITING and its DONE. */
  settle(handle: number, generation: number, event: number, waitingOnly: boolean): void {
    this.#options.keys.clear(handle, generation, event, waitingOnly ? OUTSTANDING : EITHER_OUTSTANDING);
  }

  /** {@link settle} for many dispatchers at one event. */
  settleAll(handle: Uint32Array, generation: Uint32Array, event: number, waitingOnly: boolean): void {
    this.#runs.settle(handle, generation, 0, handle.length, event, waitingOnly ? OUTSTANDING : EITHER_OUTSTANDING, 0, 0);
  }

  /**
   * The maintainer's reply to request `seq` acknowledges all of it and says nothing else: both {@link settle} for its rows and
   * {@link settleReply}. False: the request is not of that kind, and nothing has changed.
   */
  settleWhole(seq: number, handle: Uint32Array, generation: Uint32Array, event: number, now: number): boolean {
    const sent = this.#sent.get(seq);
    if (sent === undefined || sent.batch.eventIndex.length !== 1 || sent.batch.eventIndex[0] !== event) return false;
    const { batch } = sent;
    if (!sameColumn(handle, batch.handle) || !sameColumn(generation, batch.generation)) return false;
    this.#heard(seq, now);
    for (let from = 0, to = 0; from < handle.length; from = to) {
      to = runEnd(batch, from);
      const own = (batch.stage[from]! & STAGE_COLUMN_MASK) === Stage.DONE ? OUTSTANDING << 4 : 0;
      this.#runs.settle(handle, generation, from, to, event, OUTSTANDING, own, seq, batch.stretches);
    }
    this.#drop(sent);
    return true;
  }

  /** {@link settle} for all dispatchers at an event. Walks the table only if something of the event is outstanding. */
  settleEvent(event: number, waitingOnly: boolean): void {
    if (this.#options.events.outstanding[event] === 0) return;
    this.#options.keys.clearEvent(event, waitingOnly ? OUTSTANDING : EITHER_OUTSTANDING);
  }

  /** Somebody is asked again about an event: what is outstanding of it is due at once, with the shortest pause (T-E). */
  hasten(event: number, now: number): void {
    if (this.#options.events.outstanding[event] === 0) return;
    for (const sent of this.#sent.values()) {
      if (!sent.batch.eventIndex.includes(event)) continue;
      sent.due = Math.min(sent.due, now);
      sent.pause = 0;
      sent.attempt = 0;
      this.#next = Math.min(this.#next, sent.due);
    }
  }

  /** The maintainer's reply to request `seq`, after its answers were settled: its DONE are settled too, the rest waits on. */
  settleReply(seq: number, now: number): void {
    this.#heard(seq, now);
    const sent = this.#sent.get(seq);
    if (sent === undefined) return;
    const { batch } = sent;
    const { handle, generation, event, stage, eventIndex, stretches } = batch;
    const rows = new Uint32Array(handle.length);
    let kept = 0;
    for (let from = 0, to = 0; from < handle.length; from = to) {
      to = runEnd(batch, from);
      if ((stage[from]! & STAGE_COLUMN_MASK) === Stage.DONE) {
        this.#runs.settle(handle, generation, from, to, eventIndex[event[from]!]!, 0, OUTSTANDING << 4, seq, stretches);
      } else for (let row = from; row < to; row++) if (this.#live(sent, row) >= 0) rows[kept++] = row;
    }
    if (kept === 0) this.#drop(sent);
    else if (kept < rows.length) sent.batch = selectRows(batch, rows.subarray(0, kept));
  }

  /** A dispatcher is gone: nothing of it is outstanding (interleaving 12). */
  forget(handle: number, generation: number): void {
    this.#options.keys.clearDispatcher(handle, generation, EITHER_OUTSTANDING);
  }

  /** A new epoch: the new maintainer has none of it, so all is due now, and the pauses begin anew (T-E). */
  rearm(now: number): void {
    this.#next = now;
    this.#replies.reset();
    this.#past.forget(Number.POSITIVE_INFINITY);
    for (const sent of this.#sent.values()) {
      sent.due = now;
      sent.pause = 0;
      sent.attempt = -1;
    }
  }

  /**
   * Puts what is due into the request queue, in the order in which it was sent, as far as there is room; the rest stays
   * due. What an equal status in stage L or Q already represents is left to that one.
   */
  resend(now: number, queue: RequestQueue, builders: Builders): void {
    const { keys } = this.#options;
    for (const sent of this.#sent.values()) {
      if (this.#replies.dueOf(sent) > now) continue;
      // A request fits into what its builder holds and one more, and each mode may leave one open.
      if (queue.room < 4) break;
      const builder = builders[sent.batch.mode];
      const { resent } = this;
      for (let row = 0; row < sent.batch.handle.length; row++) {
        const reference = this.#live(sent, row);
        if (reference < 0) continue;
        const coded = sent.batch.stage[row]!;
        const stage = (coded & STAGE_COLUMN_MASK) as Stage;
        const shift = stageShift(stage);
        const bits = keys.bits(reference);
        if ((bits & ((PENDING | RESERVED) << shift)) !== 0) continue;
        keys.setBits(reference, bits | (RESERVED << shift));
        const event = sent.batch.eventIndex[sent.batch.event[row]!]!;
        this.#options.events.tellAgain(event);
        builder.push(sent.batch.handle[row]!, sent.batch.generation[row]!, event, stage, coded !== stage);
        builder.noteAttempt(sent.attempt + 1);
        this.resent++;
        if (builder.full) queue.push(builder.finish(queue.target));
      }
      if (this.resent > resent && this.#replies.isUnheard(sent))
        this.#replies.probed(this.resent - resent, now, (n) => this.#pause(n));
      this.#sent.delete(sent.seq);
      this.#past.remember(sent.seq, sent.batch);
    }
    for (const builder of builders) if (builder.length > 0) queue.push(builder.finish(queue.target));
    this.#next = Number.POSITIVE_INFINITY;
    for (const sent of this.#sent.values()) this.#next = Math.min(this.#next, this.#replies.dueOf(sent));
  }

  /** Settles every status of a batch. */
  settleRows(batch: StatusBatch): void {
    for (let row = 0; row < batch.handle.length; row++) {
      this.settle(batch.handle[row]!, batch.generation[row]!, batch.eventIndex[batch.event[row]!]!, false);
    }
  }

  /** Nothing that was delivered is outstanding any more. */
  clear(): void {
    for (const sent of this.#sent.values()) {
      this.settleRows(sent.batch);
      this.#drop(sent);
    }
    this.#past.forget(Number.POSITIVE_INFINITY);
  }

  /** Where the key of a row is, if it is outstanding on account of this request; else -1. */
  #live(sent: SentBatch, row: number): number {
    const { keys } = this.#options;
    const { batch } = sent;
    const stage = batch.stage[row]! & STAGE_COLUMN_MASK;
    if (!isKeyed(stage)) return -1;
    const reference = keys.locate(batch.handle[row]!, batch.generation[row]!, batch.eventIndex[batch.event[row]!]!);
    if (reference < 0 || (keys.bits(reference) & (OUTSTANDING << stageShift(stage))) === 0) return -1;
    return keys.owner(reference) === (sent.seq | 0) ? reference : -1;
  }

  #heard(seq: number, now: number): void {
    if (this.#replies.heard(seq, now)) this.#next = Math.min(this.#next, now);
    this.#past.settle(seq);
  }

  #drop(sent: SentBatch): void {
    releaseEvents(this.#options.events, sent.batch);
    this.#sent.delete(sent.seq);
  }

  /** Milliseconds until the next resend: doubling, capped, spread by a quarter to either side. */
  #pause(attempt: number): number {
    const { resend, resendMax, random } = this.#options;
    const pause = Math.min(resend * 2 ** Math.min(attempt, 30), resendMax);
    return pause * (0.75 + (0.5 * random()) / 2 ** 32);
  }
}
