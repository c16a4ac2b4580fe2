import type { Answer, BlockStatusRequest, EventKey } from '@tidegate/protocol';

/** What one status of a request is answered with, in the order in which answers stand in a reply (B-14). */
export const Outcome = { SILENT: 0, IGNORED: 1, UNKNOWN: 2, ACK: 3 } as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

const KINDS = 4;

/**
 * Turns one outcome per status into grouped answers: one per event and outcome, naming all its dispatchers (B-11). The
 * scratch space is kept from request to request; only the answers themselves are allocated.
 */
export class ReplyBuilder {
  outcomes: Uint8Array = new Uint8Array(2048);
  #counts: Uint32Array = new Uint32Array(64);

  /** Starts a request of `statuses` statuses, all silent. */
  begin(statuses: number): void {
    if (statuses > this.outcomes.length) this.outcomes = new Uint8Array(statuses);
    else this.outcomes.fill(Outcome.SILENT, 0, statuses);
  }

  /** The answers when all statuses of the request are of one event and have one outcome: nobody has to be counted. */
  uniform({ events, handle, generation, stretches }: BlockStatusRequest, outcome: Outcome): Answer[] {
    const first = events[0];
    if (outcome === Outcome.SILENT || first === undefined) return [];
    return [answerOf({ type: 'normal', handle, generation, ...(stretches && { stretches }) }, first.key, outcome)];
  }

  /** B-14: hints before acks. */
  answers(request: BlockStatusRequest): Answer[] {
    const { handle, event } = request;
    const rows = handle.length;
    const groups = request.events.length * KINDS;
    if (groups > this.#counts.length) this.#counts = new Uint32Array(groups);
    const counts = this.#counts.fill(0, 0, groups);
    const outcomes = this.outcomes;
    for (let row = 0; row < rows; row++) counts[event[row]! * KINDS + outcomes[row]!]!++;
    const answers: Answer[] = [];
    for (let kind: number = Outcome.IGNORED; kind <= Outcome.ACK; kind++) {
      for (let index = 0; index < request.events.length; index++) {
        const count = counts[index * KINDS + kind]!;
        if (count === 0) continue;
        const key = request.events[index]!.key;
        const target = { type: 'normal', ...this.#members(request, index, kind, count) } as const;
        answers.push(answerOf(target, key, kind));
      }
    }
    return answers;
  }

  #members(
    request: BlockStatusRequest,
    index: number,
    kind: number,
    count: number,
  ): { handle: Uint32Array; generation: Uint32Array } {
    // The whole request at once: its columns are immutable and serve as they are.
    if (count === request.handle.length) return { handle: request.handle, generation: request.generation };
    const handle = new Uint32Array(count);
    const generation = new Uint32Array(count);
    let next = 0;
    for (let row = 0; next < count; row++) {
      if (request.event[row] !== index || this.outcomes[row] !== kind) continue;
      handle[next] = request.handle[row]!;
      generation[next++] = request.generation[row]!;
    }
    return { handle, generation };
  }
}

function answerOf(target: Answer['target'], key: EventKey, outcome: number): Answer {
  if (outcome === Outcome.ACK) return { target, ack: key };
  return outcome === Outcome.IGNORED ? { target, ignored: key } : { target, unknown: key };
}
