import type { Actor, ActorContext, Address } from '@tidegate/runtime';
import type { Sink } from './contracts.js';
import { DispatcherGroup, type GroupInput, type GroupView } from './group.js';
import type { GroupOptions } from './options.js';
import { SinkDriver } from './sinkDriver.js';

/** A group together with its sink: what is placed on a worker. */
export class GroupActor implements Actor<GroupInput> {
  /** The pure part. */
  readonly group: DispatcherGroup;
  #driver: SinkDriver;
  #aborter: AbortController;

  /** `aborter` is the one whose signal the sink was made with. */
  constructor(context: ActorContext, sink: Sink, aborter: AbortController, options: Partial<GroupOptions> = {}) {
    this.#driver = new SinkDriver(sink, (completion) => context.post(completion));
    this.#aborter = aborter;
    this.group = new DispatcherGroup(context, { sink: this.#driver }, options);
  }

  receive(message: GroupInput, from: Address): void {
    this.group.receive(message, from);
  }

  turnEnd(): void {
    this.group.turnEnd();
  }

  room(to: Address): void {
    this.group.room(to);
  }

  inspect(): GroupView {
    return this.group.inspect();
  }

  /** Flushes the sink, waits for what is with it, and closes it, in any case. Rejects with the first failure. */
  async stop(): Promise<void> {
    this.group.stop();
    try {
      await this.#driver.drain();
    } finally {
      await this.#driver.close();
    }
  }

  /** Stops without draining: tells the sink by its signal, then closes it. */
  async abort(): Promise<void> {
    this.group.stop();
    this.#aborter.abort();
    await this.#driver.close();
  }
}
