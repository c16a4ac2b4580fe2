import {
  type Answer,
  type AnswerRequest,
  type AnswerTarget,
  answerParts,
  type Mode,
  type WorkerAnswer,
} from '@tidegate/protocol';
import type { ActorContext } from '@tidegate/runtime';
import type { Outbox } from '../dispatchers/outbox.js';
import type { Placement } from '../dispatchers/placement.js';
import type { CoordinatorEvent } from '../events.js';

type Named = Extract<AnswerTarget, { type: 'normal' }>;

/** Dispatchers named in an event; the rest is only counted. */
const NAMED = 16;

/**
 * Takes the maintainer's answers to the workers (section 12): one to named dispatchers is cut down to those of each worker,
 * one to a schema or to all goes to every worker, which knows its own. In order, ack before action (R-4, B-14).
 */
export class AnswerRouter {
  readonly #context: ActorContext;
  readonly #host: string;
  readonly #placement: Placement;
  readonly #outboxes: readonly Outbox[];
  // Worker of each target of the answer in hand, -1 for one that is not here.
  #worker: Int16Array = new Int16Array(64);
  readonly #share: Uint32Array;
  /** Targets that are not on this host: they lose the answer, and the sender's retry is what repairs it. */
  lost = 0;

  constructor(context: ActorContext, host: string, placement: Placement, outboxes: readonly Outbox[]) {
    this.#context = context;
    this.#host = host;
    this.#placement = placement;
    this.#outboxes = outboxes;
    this.#share = new Uint32Array(outboxes.length);
  }

  route(request: AnswerRequest): void {
    for (const answer of request.answers) {
      if (answer.unknown !== undefined) this.#tellHost(request.mode, answer);
      if (answer.target.type === 'normal') this.#toNamed(request.mode, answer, answer.target);
      else for (const outbox of this.#outboxes) this.#send(outbox, request.mode, answer);
    }
  }

  #toNamed(mode: Mode, answer: Answer, { handle, generation, stretches }: Named): void {
    if (stretches === undefined) {
      this.#split(mode, answer, handle, generation);
      return;
    }
    // What lanes carry is made anew by whoever takes it off.
    const plain = { ...answer, target: { type: 'normal', handle, generation } } as const;
    const worker = this.#placement.workerOfAll(handle, generation, stretches);
    if (worker >= 0) this.#send(this.#outboxes[worker]!, mode, plain);
    else this.#split(mode, plain, handle, generation);
  }

  #split(mode: Mode, answer: Answer, handles: Uint32Array, generations: Uint32Array): void {
    if (handles.length > this.#worker.length) this.#worker = new Int16Array(handles.length * 2);
    this.#share.fill(0);
    this.lost += this.#placement.workersOf(handles, generations, this.#worker, this.#share);
    for (let worker = 0; worker < this.#outboxes.length; worker++) {
      const share = this.#share[worker]!;
      if (share === 0) continue;
      const outbox = this.#outboxes[worker]!;
      if (share === handles.length) {
        this.#send(outbox, mode, answer);
        continue;
      }
      const handle = new Uint32Array(share);
      const generation = new Uint32Array(share);
      let filled = 0;
      for (let row = 0; row < handles.length; row++) {
        if (this.#worker[row] !== worker) continue;
        handle[filled] = handles[row]!;
        generation[filled++] = generations[row]!;
      }
      this.#send(outbox, mode, { ...answer, target: { type: 'normal', handle, generation } });
    }
  }

  #send(outbox: Outbox, mode: Mode, answer: Answer): void {
    for (const part of answerParts(answer)) {
      const message: WorkerAnswer = { type: 'answer', mode, answer: part };
      outbox.send(message, 'control', true);
    }
  }

  /** T-D: somebody here reports block events of which the maintainer knows nothing. */
  #tellHost(mode: Mode, answer: Answer): void {
    const { target, unknown } = answer;
    if (unknown === undefined || target.type !== 'normal') return;
    this.#context.count('coordinator.unknown-dispatchers', target.handle.length);
    const event: CoordinatorEvent = {
      type: 'unknown-dispatchers',
      host: this.#host,
      mode,
      key: unknown,
      count: target.handle.length,
      dispatchers: Array.from(target.handle.subarray(0, NAMED), (handle, row) => ({
        handle,
        generation: target.generation[row]!,
      })),
    };
    this.#context.emit(event);
  }
}
