import {
  type BlockEventMessage,
  ComponentState,
  compareTsWords,
  type Mode,
  type ResolvedMessage,
  type RowsMessage,
  type StreamStart,
  type StreamStarts,
  tsHigh,
  tsLow,
} from '@tidegate/protocol';
import type { BlockMachine } from './blockMachine.js';
import { type ByteBudget, EVENT_BYTES, MessageHold } from './byteBudget.js';
import { checkpointOf } from './checkpoint.js';
import { EventDelivery } from './eventDelivery.js';
import type { EventEntry } from './eventEntry.js';
import type { Gate } from './gate.js';
import type { InboxItem } from './inbox.js';
import { Flag, Phase } from './rowLayout.js';
import type { RowsFlow } from './rowsFlow.js';
import { RowsSlice } from './rowsSlice.js';
import type { GroupState } from './state.js';

// What columns and a queue item cost beside the bytes of the rows.
const CHANGE_BYTES = 32;

/**
 * What the source delivers, per dispatcher: begins its stream, keeps what comes while the stream is closed (D-6), and hands
 * on what waits when it opens. Marks of the lane are kept once for the whole group (GroupState.followsLane).
 */
export class Stream {
  #state: GroupState;
  #machine: BlockMachine;
  #flow: RowsFlow;
  #budget: ByteBudget;
  #gate: Gate;

  constructor(state: GroupState, parts: { machine: BlockMachine; flow: RowsFlow; budget: ByteBudget; gate: Gate }) {
    this.#state = state;
    this.#machine = parts.machine;
    this.#flow = parts.flow;
    this.#budget = parts.budget;
    this.#gate = parts.gate;
  }

  // ---------------------------------------------------------------- messages

  start(message: StreamStart): void {
    const row = this.#begin(message.handle, message.generation, message.caughtUp);
    if (row < 0) return;
    if (message.table !== undefined) this.#state.rows.setTable(row, message.table);
    this.#flow.begin(row);
    this.#mark(row, message.resolvedTs);
    this.#state.settle(row);
  }

  startMany(message: StreamStarts): void {
    const { rows } = this.#state;
    for (let at = 0; at < message.handle.length; at++) {
      const row = this.#begin(message.handle[at]!, message.generation[at]!, true);
      if (row < 0) continue;
      rows.setTableAt(row, message, at);
      this.#flow.begin(row);
      this.#mark(row, message.resolvedTs[at]!);
      this.#state.settle(row);
    }
  }

  /** The row whose stream begins, or -1. */
  #begin(handle: number, generation: number, caughtUp: boolean): number {
    const { rows } = this.#state;
    const row = this.#find(handle, generation);
    if (row < 0) return -1;
    if (rows.has(row, Flag.STARTED)) {
      this.#state.context.count('dispatcher.repeated-starts');
      return -1;
    }
    rows.set(row, Flag.STARTED | Flag.FRESH | (caughtUp ? 0 : Flag.BEHIND));
    this.#state.fresh++;
    return row;
  }

  rows(message: RowsMessage): void {
    const slices = new Map<number, RowsSlice>();
    const hold = new MessageHold(this.#budget, message.bytes.byteLength + message.handle.length * CHANGE_BYTES, message.release);
    const { handle, generation } = message;
    let slice: RowsSlice | undefined;
    for (let i = 0; i < handle.length; i++) {
      // The rows of a transaction come in runs.
      if (i === 0 || handle[i] !== handle[i - 1] || generation[i] !== generation[i - 1]) {
        const row = this.#find(handle[i]!, generation[i]!);
        slice = row < 0 ? undefined : slices.get(row);
        if (row >= 0 && slice === undefined) {
          slice = new RowsSlice(message, hold);
          slices.set(row, slice);
        }
      } else if (slice === undefined) this.#state.context.count('dispatcher.late-messages');
      slice?.push(i);
    }
    // All before the first: a sink may be through with one at once, and the memory is that of all.
    for (let part = 0; part < slices.size; part++) hold.take();
    for (const [row, slice] of slices) {
      this.#push(row, { type: 'rows', slice, mark: this.#markOf(row) });
    }
  }

  event(message: BlockEventMessage): void {
    const delivery = new EventDelivery(this.#state, message);
    if (message.target.type === 'all') {
      const { rows } = this.#state;
      for (let row = 0; row < rows.used; row++) {
        if ((rows.flags[row]! & (Flag.STARTED | Flag.REMOVING)) === Flag.STARTED) this.#deliver(row, delivery);
      }
    } else {
      const { handle, generation } = message.target;
      for (let i = 0; i < handle.length; i++) {
        const row = this.#find(handle[i]!, generation[i]!);
        if (row >= 0 && this.#state.rows.has(row, Flag.STARTED)) this.#deliver(row, delivery);
      }
    }
    delivery.close();
  }

  /** O(1) for all that follow the lane; only those that are fresh are visited. */
  resolved(message: ResolvedMessage): void {
    const state = this.#state;
    if (message.only !== undefined) {
      const row = this.#find(message.only.handle, message.only.generation);
      if (row < 0) return;
      // Unless it stays behind, the marks of the lane hold for it from here on, beginning with the next one.
      if (message.behind !== true) this.#state.rows.clear(row, Flag.BEHIND);
      this.#markOne(row, message.ts);
      return;
    }
    if (message.ts < state.resolvedTs) {
      state.context.count('dispatcher.stale-marks');
      return;
    }
    state.resolvedTs = message.ts;
    state.resolvedHigh = tsHigh(message.ts);
    state.resolvedLow = tsLow(message.ts);
    if (state.fresh === 0) return;
    for (let row = state.active.next(0); row >= 0; row = state.active.next(row + 1)) this.#joinLane(row);
    for (let row = state.freshRows.next(0); row >= 0; row = state.freshRows.next(row + 1)) this.#joinLane(row);
    state.countFresh();
  }

  // ---------------------------------------------------------------- one dispatcher

  /** Opens the stream again and takes what waits, until it closes or nothing is left. */
  wake(row: number): void {
    if (!this.#state.rows.has(row, Flag.REMOVING)) this.#state.wakes++; // D-7
    this.#proceed(row);
  }

  /** A row that waited for the redo gate (D-46), or was frozen (T-7), takes what it can. */
  retake(row: number): void {
    const { rows } = this.#state;
    if (this.#state.isFrozen(row)) return;
    if (rows.phase[row] === Phase.GATED) {
      const entry = this.#state.entryOf(row);
      if (entry !== undefined && this.#gate.holds(row, entry.tsHigh, entry.tsLow)) return;
      this.#gate.leave(row);
      if (entry !== undefined) this.#state.leave(row);
      rows.setEntry(row, -1);
      rows.phase[row] = Phase.OPEN;
      if (entry !== undefined) {
        this.#take(row, entry);
        this.#state.entries.release(entry);
      }
    }
    if (rows.phase[row] === Phase.OPEN) this.#proceed(row);
  }

  /** Drops what waits for a row that is being removed (D-7). */
  discard(row: number): void {
    this.#gate.leave(row);
    const inbox = this.#state.work(row)?.inbox;
    for (let item = inbox?.shift(); item !== undefined; item = inbox?.shift()) this.#drop(item);
  }

  #find(handle: number, generation: number): number {
    const row = this.#state.rowOf(handle, generation);
    if (row >= 0 && !this.#state.rows.has(row, Flag.REMOVING)) return row;
    this.#state.context.count('dispatcher.late-messages');
    return -1;
  }

  #drop(item: InboxItem): void {
    if (item.type === 'rows') item.slice.drop();
    else if (item.type === 'event') {
      this.#budget.give(EVENT_BYTES);
      this.#state.entries.release(item.entry);
    }
  }

  // The mark of the lane that precedes what arrives now in the stream of a row; none applies to a fresh one.
  #markOf(row: number): bigint {
    return this.#state.rows.has(row, Flag.FRESH) ? 0n : this.#state.resolvedTs;
  }

  #push(row: number, item: InboxItem): void {
    const { rows } = this.#state;
    this.#state.freeze(row);
    this.#state.needWork(row).inbox.push(item);
    rows.set(row, Flag.LAGGING);
    if (rows.phase[row] === Phase.OPEN) this.#proceed(row);
  }

  #deliver(row: number, delivery: EventDelivery): void {
    const { rows } = this.#state;
    const entry = delivery.entryFor(rows.mode[row]! as Mode);
    if (this.#state.isIdle(row)) {
      this.#state.freeze(row);
      this.#take(row, entry);
      if (rows.phase[row] === Phase.OPEN) this.#state.settle(row);
      return;
    }
    this.#budget.take(EVENT_BYTES);
    entry.refs++;
    this.#push(row, delivery.itemFor(entry, rows.has(row, Flag.FRESH)));
  }

  #proceed(row: number): void {
    const { rows } = this.#state;
    const inbox = this.#state.work(row)?.inbox;
    while (rows.phase[row] === Phase.OPEN && !rows.has(row, Flag.REMOVING) && !this.#state.isFrozen(row)) {
      const front = inbox?.front;
      if (inbox === undefined || front === undefined) {
        // Nothing older than the group's mark is left: it is the row's own again.
        rows.clear(row, Flag.LAGGING);
        break;
      }
      if (front.type === 'rows') {
        if (this.#flow.isHeld(row, front.slice)) {
          // The mark precedes the rows that wait.
          this.#mark(row, front.mark);
          this.#gate.wait(row);
          break;
        }
        this.#flow.take(row, inbox, () => this.#becomeWorking(row));
        continue;
      }
      inbox.shift();
      this.#mark(row, front.mark);
      if (front.type === 'mark') continue;
      this.#budget.give(EVENT_BYTES);
      this.#take(row, front.entry);
      this.#state.entries.release(front.entry);
    }
    this.#state.settle(row);
  }

  #take(row: number, entry: EventEntry): void {
    const { rows, context } = this.#state;
    // D-4: strictly below is stale; equal is accepted.
    if (compareTsWords(entry.tsHigh, entry.tsLow, rows.resolvedHigh[row]!, rows.resolvedLow[row]!) < 0) {
      context.count('dispatcher.stale-events');
      context.log('warn', 'stale block event dropped', { handle: rows.handle[row], commitTs: entry.event.commitTs });
      return;
    }
    if (this.#gate.holds(row, entry.tsHigh, entry.tsLow)) {
      entry.refs++;
      rows.setEntry(row, entry.index);
      this.#gate.wait(row);
      this.#state.settle(row);
      return;
    }
    if (rows.state[row] !== ComponentState.WORKING) {
      const past = rows.start.compareTo(row, entry.tsHigh, entry.tsLow);
      if (past > 0 || (past === 0 && entry.isSyncPoint)) this.#becomeWorking(row);
    }
    this.#machine.take(row, entry);
  }

  // ---------------------------------------------------------------- marks

  // A mark in the stream of one row, at its place there.
  #mark(row: number, ts: bigint): void {
    const { rows } = this.#state;
    this.#state.raiseResolved(row, tsHigh(ts), tsLow(ts));
    if (rows.state[row] !== ComponentState.WORKING && rows.start.compareTo(row, tsHigh(ts), tsLow(ts)) >= 0) {
      this.#becomeWorking(row);
    }
  }

  // A mark that names a row.
  #markOne(row: number, ts: bigint): void {
    if (this.#state.isIdle(row)) {
      this.#state.freeze(row);
      this.#mark(row, ts);
      this.#state.settle(row);
    } else this.#push(row, { type: 'mark', mark: ts });
  }

  // A mark of the lane reaches a fresh row. One that lies ahead of the lane keeps its own resolved ts.
  #joinLane(row: number): void {
    const { rows, resolvedHigh, resolvedLow } = this.#state;
    if ((rows.flags[row]! & (Flag.FRESH | Flag.BEHIND)) !== Flag.FRESH) return;
    if (compareTsWords(rows.resolvedHigh[row]!, rows.resolvedLow[row]!, resolvedHigh, resolvedLow) > 0) return;
    rows.clear(row, Flag.FRESH);
    this.#state.fresh--;
    const start = rows.start.compareTo(row, resolvedHigh, resolvedLow);
    if (rows.state[row] !== ComponentState.WORKING && this.#state.isIdle(row) && start >= 0) this.#becomeWorking(row);
    this.#state.settle(row);
  }

  // D-2: the path for answers opens with the state; the status carries the checkpoint.
  #becomeWorking(row: number): void {
    const { rows, components } = this.#state;
    if (rows.state[row] === ComponentState.WORKING) return;
    rows.state[row] = ComponentState.WORKING;
    const at = checkpointOf(this.#state, row);
    components.add(rows.handle[row]!, rows.generation[row]!, rows.mode[row]!, ComponentState.WORKING, tsHigh(at), tsLow(at));
  }
}
