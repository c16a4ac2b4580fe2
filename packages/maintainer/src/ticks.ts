import type { ActorContext, Timer } from '@tidegate/runtime';

/** The timer of the maintainer, which it sends to itself. */
export interface Tick {
  readonly type: 'maintainer-tick';
  readonly epoch: number;
}

/** E-1: ticks as long as there is something to attend to. The one that is due first is the one that there is. */
export class Ticks {
  readonly #context: ActorContext;
  readonly #interval: number;
  #timer: Timer | undefined;
  #dueAt = Number.POSITIVE_INFINITY;

  constructor(context: ActorContext, interval: number) {
    this.#context = context;
    this.#interval = interval;
  }

  /** A tick of this epoch comes in `delay` milliseconds at the latest. Infinite: none is needed. */
  arm(epoch: number, delay: number = this.#interval): void {
    const dueAt = this.#context.now() + delay;
    if (dueAt >= this.#dueAt) return;
    this.#timer?.cancel();
    this.#dueAt = dueAt;
    this.#timer = this.#context.schedule(delay, { type: 'maintainer-tick', epoch } satisfies Tick);
  }

  /** The tick has come. */
  fired(): void {
    this.#dueAt = Number.POSITIVE_INFINITY;
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#dueAt = Number.POSITIVE_INFINITY;
  }
}
