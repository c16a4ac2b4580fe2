import { StatusBuffer } from '@tidegate/maintainer';
import { type Answer, type BlockStatusRequest, DEFAULTS } from '@tidegate/protocol';
import type { ActorContext, Address } from '@tidegate/runtime';

/**
 * The end of the status path and nothing behind it: the maintainer's status buffer with its gate. What comes out of it at the end
 * of a turn is acknowledged as it is, by request, without a barrier.
 */
export class AcceptedStatuses {
  readonly #context: ActorContext;
  readonly #buffer = new StatusBuffer(DEFAULTS.pendingCapacity * 64);
  #coordinator: Address = '';

  constructor(context: ActorContext) {
    this.#context = context;
  }

  offer(request: BlockStatusRequest, from: Address): void {
    this.#coordinator = from;
    this.#buffer.offerStatuses(request);
  }

  turnEnd(): void {
    this.#buffer.drain({
      heartbeat: () => undefined,
      confirmed: () => undefined,
      statuses: (request) => this.#answer(request, acknowledgements(request)),
      settled: (_from, mode, seq) => this.#reply(mode, seq, []),
      redo: () => undefined,
    });
  }

  #answer({ mode, seq }: BlockStatusRequest, answers: readonly Answer[]): void {
    this.#reply(mode, seq, answers);
  }

  #reply(mode: BlockStatusRequest['mode'], inReplyTo: number, answers: readonly Answer[]): void {
    this.#context.send(this.#coordinator, { type: 'answers', epoch: 1, mode, inReplyTo, answers }, 'control');
  }
}

/** One acknowledgement an event. A request of one event serves as it is. */
function acknowledgements({ handle, generation, event, events, stretches }: BlockStatusRequest): Answer[] {
  return events.map(({ key }, index) => {
    if (events.length === 1) return { target: { type: 'normal', handle, generation, ...(stretches && { stretches }) }, ack: key };
    const rows = (_: number, row: number) => event[row] === index;
    return { target: { type: 'normal', handle: handle.filter(rows), generation: generation.filter(rows) }, ack: key };
  });
}
