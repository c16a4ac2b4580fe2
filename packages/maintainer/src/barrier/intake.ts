import { type BlockStatusRequest, type HostId, STATUS_ALREADY_BIT } from '@tidegate/protocol';
import { EventKeyMap } from '../eventKeyMap.js';
import { areAllBytes, areSame } from '../span/columns.js';
import { eventWords } from '../span/eventSlots.js';
import type { SpanTable } from '../span/spanTable.js';
import { TaskState } from '../span/taskState.js';
import type { BarrierCore } from './barrierCore.js';
import type { BarrierMessage } from './contracts.js';
import { Crowd } from './crowd.js';
import { Outcome, ReplyBuilder } from './replyBuilder.js';
import { handleLeaving, handleStatus, type Subject } from './statuses.js';
import { type Alike, alikeStatuses } from './statusRun.js';

// The engine loads an imported binding anew at every use, and folds a local constant.
const REPLICATING = TaskState.REPLICATING;

/**
 * Handles requests of block statuses (section 14). Statuses of one event and stage mostly stand together: such a *run* is
 * handled as a whole where all of it means the same, and one by one where a status may change what the next one means.
 * Nothing is allocated per status.
 */
export class Intake {
  readonly #core: BarrierCore;
  readonly #reply = new ReplyBuilder();
  /** The dispatchers that are to be handled at once. */
  readonly #crowd = new Crowd();
  /** Statuses of the request in hand that were handled with others, and what became of all of them: undefined when it is not the same. */
  #alikeCount = 0;
  #alikeOutcome: Outcome | undefined;

  constructor(core: BarrierCore) {
    this.#core = core;
  }

  /** B-10: exactly one message to `from`, first and even if empty, and one to each other host that got an action. */
  handle(from: HostId, request: BlockStatusRequest): BarrierMessage[] {
    const rows = request.handle.length;
    this.#crowd.reserve(rows);
    this.#core.time = this.#core.parts.now();
    this.#reply.begin(rows);
    this.#alikeCount = 0;
    this.#alikeOutcome = undefined;
    const subjects = this.#subjects(request);
    this.#runs(request, subjects);
    const outcome = this.#alikeCount === rows && subjects.length === 1 ? this.#alikeOutcome : undefined;
    const answers = outcome === undefined ? this.#reply.answers(request) : this.#reply.uniform(request, outcome);
    return this.#messages(from, request, answers);
  }

  #runs(request: BlockStatusRequest, subjects: readonly Subject[]): void {
    const { event, stage, stretches } = request;
    for (let row = 0; row < event.length; ) {
      const index = event[row]!;
      const code = stage[row]!;
      const end = stretches === undefined ? runEnd(event, stage, row) : event.length;
      this.#run(request, subjects[index]!, row, end, code & ~STATUS_ALREADY_BIT);
      row = end;
    }
  }

  /** Rows [from, end), all of one event and stage. */
  #run(request: BlockStatusRequest, subject: Subject, from: number, end: number, stage: number): void {
    const { trigger } = this.#core.table;
    for (let row = from; row < end; ) {
      // The table trigger's own status may change everything: it is handled by itself.
      if (end - row > 1 && request.handle[row] !== trigger) row = this.#alike(request, subject, row, end, stage);
      if (row < end) this.#one(request, subject, row++, stage);
    }
  }

  /** Rows from `from` on at once, up to `end` or the table trigger's. Returns where it stopped: where each may change what the next one means. */
  #alike(request: BlockStatusRequest, subject: Subject, from: number, end: number, stage: number): number {
    const alike = alikeStatuses(this.#core, subject, stage, end - from);
    if (alike === undefined) return from;
    this.#reply.outcomes.fill(alike.outcome, from, end);
    this.#alikeOutcome = this.#alikeCount === 0 || this.#alikeOutcome === alike.outcome ? alike.outcome : undefined;
    const { stretches } = request;
    if (stretches === undefined) return this.#listed(request, subject, from, end, alike);
    let row = from;
    for (let next = 0; row < end; next++) {
      const to = Math.min(stretches[next]!, end);
      if (to <= row) continue;
      const stop = this.#neighbours(request, subject, row, to, alike) ? to : this.#listed(request, subject, row, to, alike);
      if (stop < to) return stop;
      row = to;
    }
    return row;
  }

  /** Rows [row, to), neighbours, if all of them replicate. False: nothing has changed. */
  #neighbours(request: BlockStatusRequest, subject: Subject, row: number, to: number, alike: Alike): boolean {
    const { state, generation, trigger } = this.#core.table;
    const first = request.handle[row]!;
    const end = first + to - row;
    if (end > state.length || (trigger >= first && trigger < end)) return false;
    if (!areAllBytes(state, first, end, REPLICATING) || !areSame(generation, first, end, request.generation, row)) return false;
    this.#alikeCount += to - row;
    alike.handle(this.#core, subject, this.#crowd.neighbours(first, to - row));
    return true;
  }

  /** Rows from `from` on, up to `end` or the table trigger's, where it stops. */
  #listed(request: BlockStatusRequest, subject: Subject, from: number, end: number, alike: Alike): number {
    const core = this.#core;
    const { handle, generation } = request;
    const { outcomes } = this.#reply;
    const { table } = core;
    const crowd = this.#crowd.list(0);
    let count = 0;
    let row = from;
    for (; row < end; row++) {
      const kept = replicating(table, request, row, end, crowd.listed(), count);
      count += kept;
      row += kept;
      if (row === end || handle[row] === table.trigger) break;
      outcomes[row] = isTask(core, handle[row]!, generation[row]!) ? Outcome.IGNORED : Outcome.UNKNOWN;
    }
    this.#alikeCount += count;
    alike.handle(core, subject, crowd.list(count));
    return row;
  }

  #one(request: BlockStatusRequest, subject: Subject, row: number, stage: number): void {
    const core = this.#core;
    const { table } = core;
    const handle = request.handle[row]!;
    const generation = request.generation[row]!;
    if (table.state[handle] === REPLICATING && table.generation[handle] === generation) {
      this.#reply.outcomes[row] = handleStatus(core, subject, handle, stage);
      return;
    }
    handleLeaving(core, subject, handle, generation, stage);
    this.#reply.outcomes[row] = isTask(core, handle, generation) ? Outcome.IGNORED : Outcome.UNKNOWN;
  }

  /** Entries of one key share a subject, so that what one status opens the next one finds. */
  #subjects({ events }: BlockStatusRequest): readonly Subject[] {
    const first = events[0];
    if (events.length === 1 && first !== undefined) return [this.#subjectOf(first)];
    const byKey = new EventKeyMap<Subject>();
    for (const event of events) {
      const known = byKey.get(event.key);
      if (known?.facts !== undefined || (known !== undefined && event.facts === undefined)) continue;
      byKey.set(event.key, this.#subjectOf(event));
    }
    return events.map(({ key }) => byKey.get(key) as Subject);
  }

  #subjectOf({ key, facts }: BlockStatusRequest['events'][number]): Subject {
    return { words: eventWords(key), facts, event: this.#core.find(key) };
  }

  /** B-14: a writer on the reporting host gets the ack and its Write in one message, ack first (S-11). */
  #messages(from: HostId, request: BlockStatusRequest, answers: BarrierMessage['answers'][number][]): BarrierMessage[] {
    const others = new Map<HostId, BarrierMessage['answers'][number][]>();
    for (const { host, answer } of this.#core.writes.splice(0)) {
      const to = this.#core.hostName(host);
      if (to === from) answers.push(answer);
      else if (others.has(to)) others.get(to)?.push(answer);
      else others.set(to, [answer]);
    }
    return [{ to: from, answers, inReplyTo: request.seq }, ...[...others].map(([to, list]) => ({ to, answers: list }))];
  }
}

/** B-6: it has a task, which is on its way. */
function isTask({ table }: BarrierCore, handle: number, generation: number): boolean {
  return handle < table.state.length && table.isTask(handle, generation);
}

/*
 * What is done for every status. Functions of columns and numbers alone, so that each is compiled by itself and for what it
 * is always given.
 */

/** Where the run that begins at `row` ends. */
function runEnd(event: Uint32Array, stage: Uint8Array, row: number): number {
  const index = event[row];
  const code = stage[row];
  let end = row + 1;
  while (end < event.length && event[end] === index && stage[end] === code) end++;
  return end;
}

/**
 * Copies handles from row `from` on to `kept`, behind `count` others, until one is the table trigger's or not of a task that
 * replicates. Returns how many.
 */
function replicating(
  table: SpanTable,
  request: BlockStatusRequest,
  from: number,
  end: number,
  kept: Uint32Array,
  count: number,
): number {
  const { state, generation, trigger } = table;
  const { handle, generation: named } = request;
  let row = from;
  for (; row < end; row++) {
    const one = handle[row]!;
    if (one >= state.length || generation[one] !== named[row] || state[one] !== REPLICATING || one === trigger) break;
    kept[count + row - from] = one;
  }
  return row - from;
}
