import { Action, type Answer } from '@tidegate/protocol';
import { BarrierFault } from '../errors.js';
import { NO_HOST } from '../hosts.js';
import { TaskState } from '../span/taskState.js';
import type { Addressed, BarrierCore } from './barrierCore.js';
import type { BarrierEvent } from './barrierEvent.js';
import type { BarrierMessage } from './contracts.js';
import { explain } from './explain.js';
import { isProvenOver } from './forwarding.js';

/** Sends at the shortest pause before the pauses grow (T-E). */
const STEADY_SENDS = 5;

/** Dispatchers in one message to pass: 8 bytes each. */
const PASS_PIECE = 4096;

/** One look at every event: what is due is sent again, what is complete goes, what is late explains itself. */
export function resendRound(core: BarrierCore, now: number): BarrierMessage[] {
  core.time = now;
  const messages: BarrierMessage[] = [];
  for (const event of core.inOrder()) {
    for (const { host, answer } of due(core, event, now)) messages.push({ to: core.hostName(host), answers: [answer] });
  }
  for (const event of core.events.values()) {
    // B-44: also what this round marked or forwarded.
    if (!core.completeIfCovered(event)) warn(core, event, now);
  }
  return messages;
}

function due(core: BarrierCore, event: BarrierEvent, now: number): Addressed[] {
  core.advanceIfWriterPassed(event);
  // B-37
  if (now - event.lastResend < (event.pause || core.options.barrierResend)) return [];
  if (!event.selected) {
    // B-38, B-62. What is forwarded is due at once, in the next round.
    if (isProvenOver(core, event)) {
      event.forward(now);
      if (event.triggerRelated) core.triggerMet(event);
      core.progress = true;
      core.parts.observer.count('barrier.forwarded');
      // N-3: before later ones are looked at.
      core.routes.settle(event);
      return [];
    }
    return selectHeld(core, event);
  }
  // N-3: until its routes are ready nothing is said of it.
  if (event.advanced ? !core.routes.settle(event) : !core.routes.ready(event)) return [];
  if (!core.settleScheduling(event)) return [];
  if (!event.advanced) return write(core, event, now);
  const isBroad = event.influence.type !== 'normal';
  // B-40: DONEs are still flowing in.
  if (isBroad && event.passSent && now - event.lastStatus < core.options.quietWindow) return [];
  if (event.passSent) {
    markPassers(core, event);
    if (event.coverage.covered) return [];
  }
  event.passSent = true;
  sent(core, event, now);
  return pass(core, event);
}

/**
 * Who was asked to pass before and stands beyond the event by now has passed it (B-60), though its DONE was lost. It may be
 * out of reach of another Pass: a table that was moved to another schema since is not in that of the event (D-29).
 */
function markPassers(core: BarrierCore, event: BarrierEvent): void {
  const { positions } = core.table;
  if (!positions.mayProveOver(event.high, event.low, event.isSync)) return;
  const passed: number[] = [];
  event.coverage.forEachMissing((handle) => {
    if (positions.hasPassed(handle, event.high, event.low, event.isSync)) passed.push(handle);
  });
  for (const handle of passed) {
    if (handle === core.table.trigger) core.triggerMet(event);
    event.coverage.mark(handle);
  }
}

/** Everybody has reported, and only its routes had to wait (N-5), or the last report came by a merge that was given up (T-7). */
function selectHeld(core: BarrierCore, event: BarrierEvent): Addressed[] {
  const mayBeHeld = event.returned || (event.admissions.length > 0 && core.routes.active);
  if (!mayBeHeld || !event.coverage.covered || !core.routes.ready(event)) return [];
  return [core.select(event, event.coverage.reported().at(-1) ?? core.table.trigger)];
}

/** B-39 */
function write(core: BarrierCore, event: BarrierEvent, now: number): Addressed[] {
  const writer = core.livingWriter(event);
  if (writer === undefined) {
    event.lastResend = now;
    reelect(core, event);
    return [];
  }
  sent(core, event, now);
  return [core.writeAction(event, writer)];
}

/**
 * The writer is gone. A table trigger that was lost is created again, and its next dispatcher writes what the last one was
 * to write; otherwise the first dispatcher of the listed tables that replicates takes its place.
 */
function reelect(core: BarrierCore, event: BarrierEvent): void {
  const { table } = core;
  if (event.influence.type !== 'normal' || event.triggerRelated) {
    if (table.state[table.trigger] !== TaskState.REPLICATING) return;
    event.reelect({ handle: table.trigger, generation: table.generation[table.trigger]! });
    core.parts.observer.count('barrier.writer-reelected');
    return;
  }
  let tasks = 0;
  for (const tableId of event.influence.tableIds) {
    let found = false;
    table.forEachOfSlot(table.tables.slotOf(tableId), (handle) => {
      tasks++;
      if (table.state[handle] !== TaskState.REPLICATING) return true;
      event.reelect({ handle, generation: table.generation[handle]! });
      found = true;
      return false;
    });
    if (found) {
      core.parts.observer.count('barrier.writer-reelected');
      return;
    }
  }
  if (tasks === 0) {
    const text = `block event ${event.name} has no writer and none of its tables has a dispatcher left (B-39)`;
    throw new BarrierFault('BARRIER_WRITER_LOST', text, explain(core, event));
  }
}

/** B-42, B-43: the writer is among the targets on purpose. */
function pass(core: BarrierCore, event: BarrierEvent): Addressed[] {
  const { table } = core;
  const action = { action: Action.PASS, key: event.key };
  const { influence, coverage } = event;
  if (influence.type === 'all') {
    const answer: Answer = { target: { type: 'all' }, action };
    return core.parts.hosts.alive().map((host) => ({ host, answer }));
  }
  if (influence.type === 'db') {
    // A table trigger that was created again has come to an event that is long over.
    const triggerWaits = event.forwarded && event.triggerRelated && !coverage.hasReported(table.trigger);
    if (!table.tables.hasSchema(influence.schemaId) && !triggerWaits) {
      coverage.markCovered();
      return [];
    }
    const hosts = new Set<number>();
    const alive = core.parts.hosts.alive().length;
    table.tables.forEachOfSchema(influence.schemaId, (slot) => {
      table.forEachOfSlot(slot, (handle) => {
        if (table.host[handle] !== NO_HOST) hosts.add(table.host[handle]!);
        return hosts.size < alive;
      });
      return hosts.size < alive;
    });
    const own = table.host[core.livingWriter(event)?.handle ?? table.trigger]!;
    if (own !== NO_HOST) hosts.add(own);
    const answer: Answer = { target: { type: 'db', schemaId: influence.schemaId }, action };
    return [...hosts].map((host) => ({ host, answer }));
  }
  return passListed(core, event);
}

/** To each host the tasks of the listed tables that it has, in pieces: a message has to fit a lane. */
function passListed({ table }: BarrierCore, event: BarrierEvent): Addressed[] {
  event.coverage.markGone();
  const action = { action: Action.PASS, key: event.key };
  const pieces = new Map<number, Uint32Array>();
  const filled = new Map<number, number>();
  const messages: Addressed[] = [];
  const send = (host: number, piece: Uint32Array): void => {
    const generation = piece.map((handle) => table.generation[handle]!);
    messages.push({ host, answer: { target: { type: 'normal', handle: piece, generation }, action } });
  };
  event.coverage.forEachRequired((handle) => {
    const host = table.host[handle]!;
    if (host === NO_HOST) return;
    const count = filled.get(host) ?? 0;
    const piece = roomFor(pieces.get(host), count);
    piece[count] = handle;
    pieces.set(host, piece);
    filled.set(host, count + 1);
    if (count + 1 < PASS_PIECE) return;
    send(host, piece);
    pieces.delete(host);
    filled.delete(host);
  });
  for (const [host, piece] of pieces) send(host, piece.slice(0, filled.get(host)));
  return messages;
}

function roomFor(piece: Uint32Array | undefined, count: number): Uint32Array {
  if (piece !== undefined && count < piece.length) return piece;
  const larger = new Uint32Array(piece === undefined ? 16 : Math.min(piece.length * 8, PASS_PIECE));
  if (piece !== undefined) larger.set(piece);
  return larger;
}

/** Spaces the next send: steady at first, then twice as long each time, capped, with a tenth of jitter (T-E, W-13). */
function sent(core: BarrierCore, event: BarrierEvent, now: number): void {
  const { barrierResend, barrierResendMax } = core.options;
  event.lastResend = now;
  event.attempts++;
  const doublings = Math.min(Math.max(event.attempts - STEADY_SENDS, 0), 20);
  const pause = Math.min(barrierResend * 2 ** doublings, barrierResendMax);
  event.pause = doublings === 0 ? barrierResend : Math.round(pause * (0.9 + (core.parts.random() / 0xffff_ffff) * 0.1));
}

/** B-45, T-F. */
function warn(core: BarrierCore, event: BarrierEvent, now: number): void {
  const { unresolvedWarning, barrierDeadline, onBarrierDeadline } = core.options;
  const age = now - event.openedAt;
  const overdue = barrierDeadline > 0 && age >= barrierDeadline;
  if (overdue && onBarrierDeadline === 'fail') {
    const open = explain(core, event);
    throw new BarrierFault('BARRIER_DEADLINE', `${open.text} This is longer than the deadline of ${barrierDeadline} ms.`, open);
  }
  const first = overdue && !event.deadlineReported;
  if (!first && now - event.lastWarning < unresolvedWarning) return;
  event.lastWarning = now;
  event.deadlineReported ||= overdue;
  const { missing, missingCount, text } = explain(core, event);
  core.parts.observer.event({ type: 'barrier-stuck', key: event.key, mode: event.mode, age, missing, missingCount, text });
}
