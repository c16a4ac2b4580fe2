import type { HostId } from '@tidegate/protocol';

/** How a maintainer goes. `quiet`: it just says nothing any more. */
export type StopHow = 'quiet' | 'hand-over' | 'remove';

const RANK: Readonly<Record<StopHow, number>> = { quiet: 0, 'hand-over': 1, remove: 2 };

/**
 * F-11: what a maintainer that was told to stop still has to do. A hand-over removes the table triggers and leaves the
 * rest to the next epoch; a removal closes every host. Either asks again until it is answered.
 */
export class Closing {
  #how: StopHow;
  /** Handles of the triggers that are still there. */
  readonly #triggers: Set<number>;
  /** Hosts that have not said that nothing is left. */
  readonly #hosts: Set<HostId>;
  /** Something of what bounds the checkpoint is gone: no new one is computed from what is left. */
  #started = false;

  constructor(how: StopHow, triggers: Iterable<number>, hosts: Iterable<HostId>) {
    this.#how = how;
    this.#triggers = new Set(triggers);
    this.#hosts = new Set(hosts);
  }

  get how(): StopHow {
    return this.#how;
  }

  /** Triggers to be removed. */
  get triggers(): readonly number[] {
    return this.#how === 'hand-over' ? [...this.#triggers] : [];
  }

  /** Hosts to be closed. */
  get hosts(): readonly HostId[] {
    return this.#how === 'remove' ? [...this.#hosts] : [];
  }

  get done(): boolean {
    if (this.#how === 'remove') return this.#hosts.size === 0;
    return this.#how === 'quiet' || this.#triggers.size === 0;
  }

  /** The checkpoint may still be computed: whatever bounds it is there (K-3, F-11). */
  get boundsHold(): boolean {
    return !this.#started;
  }

  /** F-7: a removal takes the place of a hand-over, never the other way round. */
  raise(how: StopHow): void {
    if (RANK[how] > RANK[this.#how]) this.#how = how;
  }

  triggerGone(handle: number): void {
    if (this.#triggers.delete(handle)) this.#started = true;
  }

  hostClosed(host: HostId): void {
    if (this.#hosts.delete(host)) this.#started = true;
  }

  /** T-9: nobody is left there to answer. */
  hostLost(host: HostId): void {
    this.#hosts.delete(host);
  }
}
