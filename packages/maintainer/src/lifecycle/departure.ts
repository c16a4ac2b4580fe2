import { ComponentState, type ComponentStatuses, FIRST_HANDLE, type HostId, type ScheduleRequest } from '@tidegate/protocol';
import type { Changefeed } from '../changefeed.js';
import { NO_HOST } from '../hosts.js';
import { Closing, type StopHow } from './closing.js';

type Removal = ScheduleRequest['remove'][number];

/** F-11: the last thing that a maintainer does. Sends what {@link Closing} still has to do, and hears the answers. */
export class Departure {
  readonly #changefeed: Changefeed;
  readonly #closing: Closing;
  readonly #triggers = new Map<number, Removal>();
  readonly #resendAfter: number;
  #removeSentAt = Number.NEGATIVE_INFINITY;

  constructor(changefeed: Changefeed, how: StopHow, resendAfter: number) {
    this.#changefeed = changefeed;
    this.#resendAfter = resendAfter;
    for (const { table } of changefeed.pipelines) {
      const handle = table.trigger;
      // One that lives nowhere at the moment has gone already: its host lost it, and nobody makes it again.
      if (table.host[handle] === NO_HOST) continue;
      this.#triggers.set(handle, { id: table.idOf(handle), handle, generation: table.generation[handle]! });
    }
    const { hosts } = changefeed;
    this.#closing = new Closing(
      how,
      this.#triggers.keys(),
      hosts.alive().map((host) => hosts.name(host)),
    );
  }

  get how(): StopHow {
    return this.#closing.how;
  }

  get done(): boolean {
    return this.#closing.done;
  }

  /** False once something that bounds the checkpoint has gone. */
  get boundsHold(): boolean {
    return this.#closing.boundsHold;
  }

  raise(how: StopHow): void {
    this.#closing.raise(how);
  }

  /** E-7: closes every time, the removal of triggers as often as any operator is repeated. */
  send(now: number): void {
    const { outlet, epoch, hosts } = this.#changefeed;
    for (const host of this.#closing.hosts) outlet.send(hosts.indexOf(host), { type: 'close', epoch, removed: true }, 'control');
    if (now - this.#removeSentAt < this.#resendAfter) return;
    const remove = this.#closing.triggers.flatMap((handle) => this.#triggers.get(handle) ?? []);
    if (remove.length === 0) return;
    this.#removeSentAt = now;
    outlet.send(0, { type: 'schedule', epoch, create: [], remove }, 'lossless');
  }

  statuses({ handle: handles, generation, state }: ComponentStatuses): void {
    for (let row = 0; row < handles.length; row++) {
      const handle = handles[row]!;
      if (handle >= FIRST_HANDLE || this.#triggers.get(handle)?.generation !== generation[row]) continue;
      if (state[row] === ComponentState.STOPPED || state[row] === ComponentState.REMOVED) this.#closing.triggerGone(handle);
    }
  }

  hostClosed(host: HostId): void {
    this.#closing.hostClosed(host);
  }

  hostLost(host: HostId): void {
    this.#closing.hostLost(host);
  }

  inspect(): { readonly how: StopHow; readonly triggers: readonly number[]; readonly hosts: readonly HostId[] } {
    return { how: this.how, triggers: this.#closing.triggers, hosts: this.#closing.hosts };
  }
}
