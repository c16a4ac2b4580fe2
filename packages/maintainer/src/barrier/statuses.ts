import { type BlockFacts, Stage } from '@tidegate/protocol';
import type { EventWords } from '../span/eventSlots.js';
import type { BarrierCore } from './barrierCore.js';
import type { BarrierEvent } from './barrierEvent.js';
import { Outcome } from './replyBuilder.js';

/*
 * What one status does (section 14). Plain functions over the core, for they run once a status and allocate nothing.
 */

/** One event of a request, looked up once for all statuses that refer to it. */
export interface Subject {
  readonly words: EventWords;
  readonly facts: BlockFacts | undefined;
  event: BarrierEvent | undefined;
}

/** B-5, B-6: a status of a replicating task. */
export function handleStatus(core: BarrierCore, subject: Subject, handle: number, stage: number): Outcome {
  if (stage === Stage.WAITING || stage === Stage.DONE || stage === Stage.NONE) {
    const isNews = core.table.positions.report(handle, subject.words, stage);
    if (stage === Stage.DONE) return done(core, subject, handle);
    if (stage === Stage.NONE) return none(core, subject, handle);
    if (isNews) return waiting(core, subject, handle);
    // W-3: a late repeat, of an event that this dispatcher has behind it.
    core.parts.observer.count('barrier.late-waiting');
    return Outcome.ACK;
  }
  if (stage === Stage.UNKNOWN) return unknown(core, subject, handle);
  core.parts.observer.count('barrier.malformed');
  return Outcome.SILENT;
}

/**
 * A status of a dispatcher that its task has no more, or not much longer. A DONE of the writer says that the event is written
 * (B-17), though the writer is moved or lost right after: no other has to write it again (B-39).
 */
export function handleLeaving(core: BarrierCore, subject: Subject, handle: number, generation: number, stage: number): void {
  const event = stage === Stage.DONE ? tracked(subject) : undefined;
  if (event === undefined || !event.selected || event.advanced) return;
  if (event.writer?.handle !== handle || event.writer.generation !== generation) return;
  if (core.routes.settle(event) && (!event.needsSchedule || core.trySchedule(event.facts))) core.advance(event);
}

/** B-16 to B-19. */
function done(core: BarrierCore, subject: Subject, handle: number): Outcome {
  const event = tracked(subject);
  // B-7: the event is over; there is nothing to acknowledge.
  if (event === undefined) return Outcome.SILENT;
  if (event.selected) {
    if (!event.advanced && event.writer?.handle === handle && event.writer.generation === core.table.generation[handle]) {
      // B-17: what its routes wait for comes first; the next Write brings another DONE.
      if (!core.routes.settle(event)) return Outcome.ACK;
      // B-35: not its turn. Neither advanced nor marked; the next Write brings another DONE.
      if (event.needsSchedule && !core.trySchedule(event.facts)) return Outcome.ACK;
      core.advance(event);
    }
    if (handle === core.table.trigger) core.triggerMet(event);
    if (event.coverage.mark(handle)) {
      event.lastStatus = core.time;
      event.progressed();
    }
    core.completeIfCovered(event);
  } else {
    event.coverage.mark(handle);
  }
  return Outcome.ACK;
}

/** B-20 to B-26. */
function waiting(core: BarrierCore, subject: Subject, handle: number): Outcome {
  let event = tracked(subject);
  if (event === undefined) {
    if (subject.facts?.blockTables === undefined) {
      core.parts.observer.count('barrier.facts-missing');
      return Outcome.IGNORED;
    }
    event = core.open(subject.facts);
    if (event === undefined) return Outcome.IGNORED;
    subject.event = event;
  }
  const fromTrigger = handle === core.table.trigger;
  if (fromTrigger) {
    event.triggerRelated = true;
    if (subject.facts !== undefined) event.takeAdmissions(subject.facts);
  }
  if (event.selected) {
    if (fromTrigger) core.triggerMet(event);
    core.completeIfCovered(event);
    return Outcome.ACK;
  }
  if (core.isDealtWith(event)) {
    // The round at the end of the turn lets it pass.
    core.progress = true;
    return Outcome.ACK;
  }
  if (fromTrigger && event.influence.type !== 'normal') {
    // B-23: tables that are still to be scheduled would be missing from the coverage. Its retry brings it back.
    if (core.heap.size > 0) return Outcome.SILENT;
    if (!event.coverage.sized) event.coverage.size();
  }
  // B-24: its retry brings it back.
  if (fromTrigger && !core.routes.ready(event)) return Outcome.SILENT;
  event.coverage.mark(handle);
  if (!event.coverage.covered) return Outcome.ACK;
  // B-25, N-5: what is marked stays marked.
  if (!core.routes.ready(event)) return Outcome.SILENT;
  core.writes.push(core.select(event, handle));
  return Outcome.ACK;
}

/** B-27, B-28: the ACK means "scheduled". */
function none(core: BarrierCore, subject: Subject, handle: number): Outcome {
  const facts = subject.facts;
  if (facts === undefined) {
    core.parts.observer.count('barrier.facts-missing');
    return Outcome.IGNORED;
  }
  if (!core.routes.settle(facts)) return Outcome.SILENT;
  if (facts.drops === undefined && facts.adds.length === 0 && facts.schemaChanges.length === 0) return Outcome.ACK;
  const proven = handle === core.table.trigger && facts.adds.length > 0 && core.triggerReported >= facts.key.commitTs;
  if (proven || core.scheduled.has(facts.key)) {
    // W-14: its ACK was lost. D-40 keeps the trigger's own checkpoint below an un-acknowledged add.
    core.parts.observer.count('barrier.repeated-none');
    return Outcome.ACK;
  }
  core.heap.push({ facts, owner: { handle, generation: core.table.generation[handle]! } });
  return core.trySchedule(facts) ? Outcome.ACK : Outcome.SILENT;
}

/** T-C: it was asked to write what it has no record of. That is never a write. */
function unknown(core: BarrierCore, subject: Subject, handle: number): Outcome {
  const event = tracked(subject);
  core.parts.observer.count('barrier.writer-unknown');
  if (event !== undefined && !event.advanced && event.writer?.handle === handle) event.writerUnknown = true;
  return Outcome.SILENT;
}

/** The event, if it is tracked still. */
export function tracked(subject: Subject): BarrierEvent | undefined {
  if (subject.event?.closed === true) subject.event = undefined;
  return subject.event;
}
