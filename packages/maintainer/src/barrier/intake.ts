import { type BlockStatusRequest, formatEventKey, type HostId, STATUS_ALREADY_BIT } from '@tidegate/protocol';
import { eventWords } from '../span/positions.js';
import { TaskState } from '../span/taskState.js';
import type { BarrierCore } from './barrierCore.js';
import type { BarrierMessage } from './contracts.js';
import { Outcome, ReplyBuilder } from './replyBuilder.js';
import { handleLeaving, handleStatus, type Subject } from './statuses.js';

/** Handles requests of block statuses (section 14). Nothing is allocated per status. */
export class Intake {
  readonly #core: BarrierCore;
  readonly #reply = new ReplyBuilder();

  constructor(core: BarrierCore) {
    this.#core = core;
  }

  /** B-10: exactly one message to `from`, first and even if empty, and one to each other host that got an action. */
  handle(from: HostId, request: BlockStatusRequest): BarrierMessage[] {
    this.#core.time = this.#core.parts.now();
    this.#reply.begin(request.handle.length);
    const subjects = this.#subjects(request);
    this.#rows(request, subjects);
    const answers = this.#reply.answers(request);
    return this.#messages(from, request, answers);
  }

  /** The loop over the statuses, by itself so that it is compiled by itself. */
  #rows(
    { handle: handles, generation: generations, event: indexes, stage: stages }: BlockStatusRequest,
    subjects: readonly Subject[],
  ): void {
    const core = this.#core;
    const { table } = core;
    const { outcomes } = this.#reply;
    let { generation, state } = table;
    for (let row = 0; row < handles.length; row++) {
      const handle = handles[row]!;
      const stage = stages[row]! & ~STATUS_ALREADY_BIT;
      const isCurrent = handle < generation.length && generation[handle] === generations[row];
      if (!isCurrent || state[handle] !== TaskState.REPLICATING) {
        handleLeaving(core, subjects[indexes[row]!]!, handle, generations[row]!, stage);
        outcomes[row] = isCurrent && table.hasTask(handle) ? Outcome.IGNORED : Outcome.UNKNOWN;
      } else {
        outcomes[row] = handleStatus(core, subjects[indexes[row]!]!, handle, stage);
        // It may have added tables: columns that grew are others.
        generation = table.generation;
        state = table.state;
      }
    }
  }

  /** Entries of one key share a subject, so that what one status opens the next one finds. */
  #subjects({ events }: BlockStatusRequest): Subject[] {
    const byName = new Map<string, Subject>();
    for (const { key, facts } of events) {
      const name = formatEventKey(key);
      const known = byName.get(name);
      if (known?.facts !== undefined || (known !== undefined && facts === undefined)) continue;
      byName.set(name, { words: eventWords(key), facts, event: this.#core.events.get(name) });
    }
    return events.map(({ key }) => byName.get(formatEventKey(key)) as Subject);
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
