import type { MaintainerToCoordinator, Mode } from '@tidegate/protocol';
import type { ActorContext, Delivery } from '@tidegate/runtime';
import type { BarrierMessage } from './barrier/contracts.js';
import type { Hosts } from './hosts.js';

/** The way from one epoch of a maintainer to its hosts. What is refused here has a retry owner: it is only counted. */
export class Outlet {
  readonly #context: ActorContext;
  readonly #hosts: Hosts;
  readonly #epoch: number;

  constructor(context: ActorContext, hosts: Hosts, epoch: number) {
    this.#context = context;
    this.#hosts = hosts;
    this.#epoch = epoch;
  }

  send(host: number, message: MaintainerToCoordinator, delivery: Delivery): void {
    if (!this.#context.send(this.#hosts.coordinator(host), message, delivery)) this.#context.count('maintainer.send-refused');
  }

  /** To every host that is alive. */
  sendAll(message: MaintainerToCoordinator, delivery: Delivery): void {
    for (const host of this.#hosts.alive()) this.send(host, message, delivery);
  }

  /** What a barrier says (B-13). An answer to a host that is gone goes nowhere. */
  answer({ to, answers, inReplyTo }: BarrierMessage, mode: Mode): void {
    const host = this.#hosts.indexOf(to);
    if (host < 0) return;
    this.send(
      host,
      { type: 'answers', epoch: this.#epoch, mode, ...(inReplyTo !== undefined && { inReplyTo }), answers },
      'control',
    );
  }
}
