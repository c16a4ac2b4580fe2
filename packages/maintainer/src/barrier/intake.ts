import { type BlockFacts, type BlockStatusRequest, type HostId, STATUS_ALREADY_BIT, Stage } from '@tidegate/protocol';
import { type EventWords, eventWords } from '../span/positions.js';
import { TaskState } from '../span/taskState.js';
import type { Addressed, BarrierCore } from './barrierCore.js';
import type { BarrierEvent } from './barrierEvent.js';
import type { BarrierMessage } from './contracts.js';
import { Outcome, ReplyBuilder } from './replyBuilder.js';

/** One event of a request, looked up once for all statuses that refer to it. */
interface Subject {
  readonly words: EventWords;
  readonly facts: BlockFacts | undefined;
  event: BarrierEvent | undefined;
}

/** Handles requests of block statuses (section 14). Nothing is allocated per status. */
export class Intake {
  readonly #core: BarrierCore;
  readonly #reply = new ReplyBuilder();
  #actions: Addressed[] = [];

  constructor(core: BarrierCore) {
    this.#core = core;
  }

  /** B-10: exactly one message to `from`, first and even if empty, and one to each other host that got an action. */
  handle(from: HostId, request: BlockStatusRequest): BarrierMessage[] {
    this.#core.time = this.#core.parts.now();
    this.#reply.begin(request.handle.length);
    this.#actions = [];
    const subjects = request.events.map(({ key, facts }) => ({ words: eventWords(key), facts, event: this.#core.find(key) }));
    this.#rows(request, subjects);
    const answers = this.#reply.answers(request);
    return this.#messages(from, request, answers);
  }

  /** The loop over the statuses, by itself so that it is compiled by itself. */
  #rows(
    { handle: handles, generation: generations, event: indexes, stage: stages }: BlockStatusRequest,
    subjects: readonly Subject[],
  ): void {
    const { table } = this.#core;
    const { outcomes } = this.#reply;
    const rows = handles.length;
    for (let row = 0; row < rows; row++) {
      const handle = handles[row]!;
      if (handle >= table.generation.length || table.generation[handle] !== generations[row]) outcomes[row] = Outcome.UNKNOWN;
      else if (table.state[handle] !== TaskState.REPLICATING)
        outcomes[row] = table.hasTask(handle) ? Outcome.IGNORED : Outcome.UNKNOWN;
      else outcomes[row] = this.#admitted(subjects[indexes[row]!]!, handle, stages[row]! & ~STATUS_ALREADY_BIT);
    }
  }

  /** B-5, B-6: a status of a replicating task. */
  #admitted(subject: Subject, handle: number, stage: number): Outcome {
    if (stage === Stage.WAITING || stage === Stage.DONE || stage === Stage.NONE) {
      const isNews = this.#core.table.positions.report(handle, subject.words, stage);
      if (stage === Stage.DONE) return this.#done(subject, handle);
      if (stage === Stage.NONE) return this.#none(subject, handle);
      if (isNews) return this.#waiting(subject, handle);
      // W-3: a late repeat, of an event that this dispatcher has behind it.
      this.#core.parts.observer.count('barrier.late-waiting');
      return Outcome.ACK;
    }
    if (stage === Stage.UNKNOWN) return this.#unknown(subject, handle);
    this.#core.parts.observer.count('barrier.malformed');
    return Outcome.SILENT;
  }

  /** B-16 to B-19. */
  #done(subject: Subject, handle: number): Outcome {
    const core = this.#core;
    const event = this.#tracked(subject);
    // B-7: the event is over; there is nothing to acknowledge.
    if (event === undefined) return Outcome.SILENT;
    if (event.selected) {
      if (!event.advanced && event.writer?.handle === handle && event.writer.generation === core.table.generation[handle]) {
        // B-35: not its turn. Neither advanced nor marked; the next Write brings another DONE.
        if (event.needsSchedule && !core.trySchedule(event.facts)) return Outcome.ACK;
        core.advance(event);
      }
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
  #waiting(subject: Subject, handle: number): Outcome {
    const core = this.#core;
    let event = this.#tracked(subject);
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
    if (fromTrigger) event.triggerRelated = true;
    if (event.selected) {
      core.completeIfCovered(event);
      return Outcome.ACK;
    }
    if (fromTrigger && event.influence.type !== 'normal') {
      // B-23: tables that are still to be scheduled would be missing from the coverage. Its retry brings it back.
      if (core.heap.size > 0) return Outcome.SILENT;
      if (!event.coverage.sized) event.coverage.size();
    }
    event.coverage.mark(handle);
    if (event.coverage.covered) this.#actions.push(core.select(event, handle));
    return Outcome.ACK;
  }

  /** B-27, B-28: the ACK means "scheduled". */
  #none(subject: Subject, handle: number): Outcome {
    const core = this.#core;
    const facts = subject.facts;
    if (facts === undefined) {
      core.parts.observer.count('barrier.facts-missing');
      return Outcome.IGNORED;
    }
    if (facts.drops === undefined && facts.adds.length === 0 && facts.schemaChanges.length === 0) return Outcome.ACK;
    const proven = handle === core.table.trigger && facts.adds.length > 0 && core.triggerReported >= facts.key.commitTs;
    if (proven || core.scheduled.has(facts.key)) {
      // W-14: its ACK was lost. D-40 keeps the trigger's own checkpoint below an un-acknowledged add.
      core.parts.observer.count('barrier.repeated-none');
      return Outcome.ACK;
    }
    core.heap.push({ facts, owner: { handle, generation: core.table.generation[handle]! } });
    if (!core.trySchedule(facts)) return Outcome.SILENT;
    core.scheduled.add(facts.key);
    return Outcome.ACK;
  }

  /** T-C: it was asked to write what it has no record of. That is never a write. */
  #unknown(subject: Subject, handle: number): Outcome {
    const event = this.#tracked(subject);
    this.#core.parts.observer.count('barrier.writer-unknown');
    if (event !== undefined && !event.advanced && event.writer?.handle === handle) event.writerUnknown = true;
    return Outcome.SILENT;
  }

  #tracked(subject: Subject): BarrierEvent | undefined {
    if (subject.event?.closed === true) subject.event = undefined;
    return subject.event;
  }

  /** B-14: a writer on the reporting host gets the ack and its Write in one message, ack first (S-11). */
  #messages(from: HostId, request: BlockStatusRequest, answers: BarrierMessage['answers'][number][]): BarrierMessage[] {
    const others = new Map<HostId, BarrierMessage['answers'][number][]>();
    for (const { host, answer } of this.#actions) {
      const to = this.#core.hostName(host);
      if (to === from) answers.push(answer);
      else if (others.has(to)) others.get(to)?.push(answer);
      else others.set(to, [answer]);
    }
    return [{ to: from, answers, inReplyTo: request.seq }, ...[...others].map(([to, list]) => ({ to, answers: list }))];
  }
}
