import type { ActorContext } from '@tidegate/runtime';
import { CoordinatorError } from '../errors.js';

/** What a fenced host does not do any more. */
export type FencedWork = 'bootstrap' | 'post-bootstrap' | 'create' | 'merge' | 'checkpoint write' | 'block write' | 'redo meta';

/**
 * F-12: this host has lost its lease. The write path has stopped and never starts again; what would use it is refused with
 * an error of its own, which is logged and counted and never told to the maintainer. Removals and closes still work.
 */
export class Fence {
  readonly #context: ActorContext;
  readonly #host: string;
  #closed = false;

  constructor(context: ActorContext, host: string) {
    this.#context = context;
    this.#host = host;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** True the first time. */
  close(): boolean {
    const isNew = !this.#closed;
    this.#closed = true;
    return isNew;
  }

  /** Whether a piece of work is refused. */
  refuses(work: FencedWork): boolean {
    if (!this.#closed) return false;
    const error = new CoordinatorError(
      'COORDINATOR_FENCED',
      `${work} refused: ${this.#host} is fenced, its write path has stopped for good; restart the host`,
    );
    this.#context.count('coordinator.fenced');
    this.#context.log('warn', error.message, { code: error.code });
    return true;
  }
}
