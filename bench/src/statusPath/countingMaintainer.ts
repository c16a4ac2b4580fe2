import { createMaintainer, type Maintainer, type MaintainerMessage, TaskState } from '@tidegate/maintainer';
import { type BlockStatusRequest, Stage } from '@tidegate/protocol';
import type { Actor, ActorContext, ActorFactory, Address } from '@tidegate/runtime';
import { AcceptedStatuses } from './acceptedStatuses.js';
import { FIRST_TS, type Tally, type TallyQuestion, TS_STEP } from './messages.js';

const DONE = Stage.DONE;
const NONE = new Uint32Array(0);

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

  #count({ handle, event, events, stage, stretches = NONE }: BlockStatusRequest): void {
    const numbers = Int32Array.from(events, ({ key }) => Number((key.commitTs - FIRST_TS) / TS_STEP) * 2);
    for (let row = 0, next = 0; row < handle.length; ) {
      const end = stretches[next++] ?? handle.length;
      if (next > stretches.length || !this.#countNeighbours(handle, event, stage, row, end, numbers)) {
        this.#countRows(handle, event, stage, row, end, numbers);
      }
      row = end;
    }
  }

  /** Rows [from, to) that are said to be neighbours, if all are and if the next status of each is due. False: nothing was counted. */
  #countNeighbours(
    handle: Uint32Array,
    event: Uint32Array,
    stage: Uint8Array,
    from: number,
    to: number,
    numbers: Int32Array,
  ): boolean {
    const first = handle[from]! | 0;
    const end = first + to - from;
    if (end > this.#next.length) return false;
    const number = numbers[event[from]!]! + (stage[from] === DONE ? 1 : 0);
    if (!areDue(this.#next, handle, event, stage, from, to, number)) return false;
    this.#next.fill(number + 1, first, end);
    this.#distinct += to - from;
    return true;
  }

  #countRows(handle: Uint32Array, event: Uint32Array, stage: Uint8Array, from: number, to: number, numbers: Int32Array): void {
    let distinct = 0;
    for (let row = from; row < to; row++) {
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

/** Whether the rows [from, to) are of neighbours, say the same, and `number` is the next of each. A loop without a way out. */
function areDue(
  nextOf: Int32Array,
  handle: Uint32Array,
  event: Uint32Array,
  stage: Uint8Array,
  from: number,
  to: number,
  number: number,
): boolean {
  const offset = (handle[from]! | 0) - from;
  const ofEvent = event[from]! | 0;
  const ofStage = stage[from]!;
  let other = 0;
  for (let row = from; row < to; row++) {
    other |=
      (handle[row]! ^ (offset + row)) | (event[row]! ^ ofEvent) | (stage[row]! ^ ofStage) | (nextOf[offset + row]! ^ number);
  }
  return other === 0;
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
