import { createMaintainer, type Maintainer, type MaintainerMessage, TaskState } from '@tidegate/maintainer';
import { type BlockStatusRequest, Stage } from '@tidegate/protocol';
import type { Actor, ActorContext, ActorFactory, Address } from '@tidegate/runtime';
import { AcceptedStatuses } from './acceptedStatuses.js';
import { FIRST_TS, type Tally, type TallyQuestion, TS_STEP } from './messages.js';

const DONE = Stage.DONE;

/**
 * The real maintainer, and before it a count of what arrives: each dispatcher's statuses must come in their order and
 * without a gap. What is counted is then handled by the maintainer as ever.
 */
class CountingMaintainer implements Actor<MaintainerMessage | TallyQuestion> {
  readonly #context: ActorContext;
  readonly #inner: Maintainer;
  readonly #accepting: AcceptedStatuses | undefined;
  /** Number of the last status of each handle, plus one. */
  #next: Int32Array = new Int32Array(1 << 16);
  #distinct = 0;
  #repeats = 0;
  #faults = 0;

  constructor(context: ActorContext, inner: Maintainer, accepting?: AcceptedStatuses) {
    this.#context = context;
    this.#inner = inner;
    this.#accepting = accepting;
  }

  receive(message: MaintainerMessage | TallyQuestion, from: Address): void {
    if (message.type === 'bench-tally') {
      this.#context.reply(this.#tally());
      return;
    }
    if (message.type === 'block-statuses') {
      this.#count(message);
      if (this.#accepting !== undefined) {
        this.#accepting.offer(message, from);
        return;
      }
    }
    this.#inner.receive(message, from);
  }

  turnEnd(): void {
    this.#inner.turnEnd();
    this.#accepting?.turnEnd();
  }

  stop(): void {
    this.#inner.stop();
  }

  /** Not the maintainer's own: that explains every open barrier, which takes longer than a run. */
  inspect(): Tally {
    return this.#tally();
  }

  #count({ handle, event, events, stage }: BlockStatusRequest): void {
    const numbers = Int32Array.from(events, ({ key }) => Number((key.commitTs - FIRST_TS) / TS_STEP) * 2);
    let distinct = 0;
    for (let row = 0; row < handle.length; row++) {
      const of = handle[row]!;
      if (of >= this.#next.length) this.#grow(of);
      const number = numbers[event[row]!]! + (stage[row] === DONE ? 1 : 0);
      const next = this.#next[of]!;
      if (number === next) {
        this.#next[of] = next + 1;
        distinct++;
      } else if (number < next) this.#repeats++;
      else this.#faults++;
    }
    this.#distinct += distinct;
  }

  #grow(handle: number): void {
    const next = new Int32Array(2 ** Math.ceil(Math.log2(handle + 1)));
    next.set(this.#next);
    this.#next = next;
  }

  #tally(): Tally {
    const tasks = this.#inner.changefeed?.pipeline.table.count(TaskState.REPLICATING) ?? 0;
    const replicating = Math.max(0, tasks - 1);
    return { replicating, distinct: this.#distinct, repeats: this.#repeats, faults: this.#faults };
  }
}

export const createCountingMaintainer: ActorFactory = (context, options) => {
  return new CountingMaintainer(context, createMaintainer(context, options as never) as Maintainer) as Actor;
};

/** The same, but statuses go no further than the maintainer's status buffer and gate: they are accepted, and acknowledged. */
export const createAcceptingMaintainer: ActorFactory = (context, options) => {
  return new CountingMaintainer(
    context,
    createMaintainer(context, options as never) as Maintainer,
    new AcceptedStatuses(context),
  ) as Actor;
};
