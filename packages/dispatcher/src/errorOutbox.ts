import type { WorkerError } from '@tidegate/protocol';
import { codeOf, messageOf } from './errors.js';
import type { GroupState } from './state.js';

/** The error path (D-12): holds one error until it is sent; whatever follows is logged and counted only. */
export class ErrorOutbox {
  #state: GroupState;
  #first: WorkerError | undefined;
  #sent = false;

  constructor(state: GroupState) {
    this.#state = state;
  }

  /** The error of this group, once there is one. */
  get first(): WorkerError | undefined {
    return this.#first;
  }

  report(handle: number, generation: number, error: unknown): void {
    const { context } = this.#state;
    const [code, message] = [codeOf(error), messageOf(error)];
    context.count('dispatcher.errors');
    context.log('error', message, { handle, generation, code });
    this.#first ??= { type: 'worker-error', handle, generation, code, message };
  }

  /** Whoever asks for everything may not have heard of it: a new coordinator, for a new maintainer. */
  repeat(): void {
    this.#sent = false;
  }

  flush(): void {
    if (this.#first === undefined || this.#sent) return;
    this.#sent = this.#state.context.send(this.#state.options.coordinator, this.#first, 'control');
  }
}
