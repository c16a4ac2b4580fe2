import type { Actor, ActorContext, Address } from '@tidegate/runtime';
import type { Sink } from './contracts.js';
import { messageOf } from './errors.js';
import { DispatcherGroup, type GroupInput } from './group.js';
import type { GroupView } from './groupView.js';
import type { GroupOptions } from './options.js';
import { SinkDriver } from './sinkDriver.js';

/** The sinks of a worker, one a pipeline, and the aborter whose signal they were made with. */
export interface ActorSinks {
  readonly sink: Sink;
  readonly redoSink?: Sink | undefined;
  readonly aborter: AbortController;
}

/** A group together with its sinks: what is placed on a worker. */
export class GroupActor implements Actor<GroupInput> {
  /** The pure part. */
  readonly group: DispatcherGroup;
  #context: ActorContext;
  #drivers: readonly SinkDriver[];
  #aborter: AbortController;
  #closed: Promise<void> | undefined;

  constructor(context: ActorContext, { sink, redoSink, aborter }: ActorSinks, options: Partial<GroupOptions> = {}) {
    const drive = (one: Sink): SinkDriver => new SinkDriver(one, (completion) => context.post(completion));
    const [driver, redoDriver] = [drive(sink), redoSink && drive(redoSink)];
    this.#context = context;
    this.#drivers = redoDriver ? [driver, redoDriver] : [driver];
    this.#aborter = aborter;
    this.group = new DispatcherGroup(context, { sink: driver, ...(redoDriver && { redoSink: redoDriver }) }, options);
  }

  receive(message: GroupInput, from: Address): void {
    this.group.receive(message, from);
    if (message.type === 'fence') this.#aborter.abort(); // F-12
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

  /** Flushes the sinks, waits for what is with them, and closes them, in any case. Rejects with the first failure. After a fence it only closes. */
  async stop(): Promise<void> {
    this.group.stop();
    try {
      if (!this.#aborter.signal.aborted) await inFull(this.#drivers.map((driver) => driver.drain()));
    } finally {
      await this.#close();
    }
  }

  /** Stops without draining: tells the sinks by their signal, then closes them. A failure to close is logged only; never rejects. */
  async abort(): Promise<void> {
    this.group.stop();
    this.#aborter.abort();
    try {
      await this.#close();
    } catch (error) {
      this.#context.log('warn', `a sink failed to close: ${messageOf(error)}`);
    }
  }

  // An abort may come while a stop drains: each sink is closed once.
  #close(): Promise<void> {
    this.#closed ??= inFull(this.#drivers.map((driver) => driver.close()));
    return this.#closed;
  }
}

// Waits for all of them, then rejects with the first failure.
async function inFull(all: Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(all)).find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
