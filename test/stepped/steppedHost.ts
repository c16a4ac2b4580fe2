import { createCoordinator } from '@tidegate/coordinator';
import type { SourceEvent } from '@tidegate/dispatcher';
import { DispatcherGroup, type GroupInput } from '@tidegate/dispatcher';
import { SourceRouter } from '@tidegate/host';
import { createMaintainer } from '@tidegate/maintainer';
import {
  type Actor,
  type ActorContext,
  createStepped,
  type LinkDeclaration,
  type Step,
  type SteppedSystem,
} from '@tidegate/runtime';
import { generator, type RandomLog } from './randomLog.js';
import { Done, type StampLog, SteppedSink } from './steppedSink.js';

export interface SteppedHostOptions {
  readonly seed: number;
  readonly workers: number;
  readonly log: RandomLog;
  /** Longest delay of a sink in milliseconds of the virtual clock. */
  readonly maxDelay: number;
  /** Bytes of each link: small ones fill up. */
  readonly linkBytes: number;
}

/** Events of a chunk of the source. */
const CHUNK = 7;

/** The whole path in one thread on a virtual clock: the real actors, a random log, sinks that stamp what they do. */
export class SteppedHost {
  readonly stamps: StampLog;
  readonly faults: string[] = [];
  readonly events: { readonly type: string }[] = [];
  checkpointTs = 0n;
  readonly system: SteppedSystem;
  readonly #random: () => number;
  readonly #log: RandomLog;
  /** Events of the log that the checkpoint has passed, and stamps that were seen to be done. */
  #passed = 0;

  private constructor(system: SteppedSystem, seed: number, stamps: StampLog, log: RandomLog) {
    this.system = system;
    this.stamps = stamps;
    this.#log = log;
    this.#random = generator(seed ^ 0x5eed);
    system.on('fault', (fault) => this.faults.push(fault.message));
    system.on('event', ({ event }) => this.#take(event as { type: string }));
  }

  static async create(options: SteppedHostOptions): Promise<SteppedHost> {
    const stamps: StampLog = { next: 0, stamps: [], done: new Set() };
    const workers = Array.from({ length: options.workers }, (_, i) => `worker-${i}`);
    const system = await createStepped(
      {
        seed: options.seed,
        links: linksOf(workers, options.linkBytes),
        threads: [
          {
            name: 'all',
            actors: [
              { address: 'source', create: (context: ActorContext) => sourceOf(context, options, workers) },
              ...workers.map((address, i) => ({
                address,
                create: (context: ActorContext) => workerOf(context, stamps, options.maxDelay, i % 2 === 0 ? 'enqueue' : 'flush'),
              })),
              {
                address: 'coordinator',
                create: createCoordinator,
                options: { host: 'h', workers, source: 'source', maintainer: 'maintainer' },
              },
              { address: 'maintainer', create: createMaintainer, options: {} },
            ],
          },
        ],
      },
      { seed: options.seed },
    );
    const host = new SteppedHost(system, options.seed, stamps, options.log);
    await system.send('maintainer', {
      type: 'start',
      epoch: 1,
      startTs: 0n,
      tables: [],
      hosts: [{ host: 'h', coordinator: 'coordinator' }],
    });
    return host;
  }

  /** Steps at random until the checkpoint reaches `ts`. Returns false when `maxSteps` were not enough. */
  runTo(ts: bigint, maxSteps: number): boolean {
    for (let steps = 0; steps < maxSteps; steps++) {
      if (this.checkpointTs >= ts || this.faults.length > 0) return this.faults.length === 0;
      this.system.step(this.#choose(this.system.enabled()));
    }
    return false;
  }

  /** What is left over a minute after the end: every retry, reservation and open event, in words. Nothing may be (I-10, I-14). */
  async leftovers(): Promise<string[]> {
    this.system.advance(60_000);
    const { threads } = await this.system.inspect();
    const actors = threads.flatMap((thread) => (thread.state === 'running' ? thread.actors : []));
    const left: string[] = [];
    for (const { address, detail } of actors) collectLeft(address, detail, left);
    return left;
  }

  #choose(enabled: readonly Step[]): Step | undefined {
    // The clock may move while messages are under way, but not so fast that nothing else ever happens.
    const timer = enabled.at(-1)?.type === 'timer' && enabled.length > 1 && this.#random() % 8 !== 0 ? 1 : 0;
    return enabled[this.#random() % Math.max(1, enabled.length - timer)];
  }

  /** I-7: what lies at or below the checkpoint is durable. A DDL at the checkpoint itself may still be on its way (D-17). */
  #checkDurable(): void {
    for (; this.#passed < this.#log.events.length; this.#passed++) {
      const event = this.#log.events[this.#passed] as SourceEvent;
      if (event.type === 'resolved') continue;
      if (event.commitTs > this.checkpointTs || (event.type !== 'rows' && event.commitTs === this.checkpointTs)) return;
      const what = event.type === 'rows' ? `${event.tableId}@${event.commitTs}` : `${event.type}@${event.commitTs}`;
      if (!this.stamps.done.has(what))
        this.faults.push(`the checkpoint ${this.checkpointTs} has passed ${what}, which is not done`);
    }
  }

  #take(event: { type: string; checkpointTs?: bigint; message?: string }): void {
    this.events.push(event);
    if (event.type === 'checkpoint' && event.checkpointTs !== undefined) {
      if (event.checkpointTs < this.checkpointTs)
        this.faults.push(`checkpoint went back from ${this.checkpointTs} to ${event.checkpointTs}`);
      this.checkpointTs = event.checkpointTs;
      this.#checkDurable();
    }
    if (event.type === 'fault' || event.type === 'source-failed') this.faults.push(event.message ?? event.type);
  }
}

function sourceOf(context: ActorContext, options: SteppedHostOptions, workers: readonly string[]): Actor {
  let at = 0;
  const pull = () => {
    const events = options.log.events.slice(at, at + CHUNK);
    at += CHUNK;
    context.post(events.length === 0 ? { type: 'end' } : { type: 'chunk', events });
  };
  return new SourceRouter(context as ActorContext<never>, {
    workers,
    snapshot: { startTs: 0n, tables: [] },
    pump: { pull },
    batchBytes: 200,
    maxMessageBytes: options.linkBytes / 4,
    heldBytes: 2_000,
  }) as Actor;
}

function workerOf(context: ActorContext, stamps: StampLog, maxDelay: number, wakeOn: 'enqueue' | 'flush'): Actor {
  const group = new DispatcherGroup(
    context,
    { sink: new SteppedSink(context, stamps, { maxDelay, wakeOn }) },
    { highWater: 4_096, lowWater: 2_048 },
  );
  return {
    receive(message: GroupInput | Done, from: string) {
      if (!(message instanceof Done)) return group.receive(message, from);
      message.before();
      return group.receive(message.completion as GroupInput, from);
    },
    turnEnd: () => group.turnEnd(),
    room: (to: string) => group.room(to),
    stop: () => group.stop(),
    inspect: () => group.inspect(),
  } as Actor;
}

function linksOf(workers: readonly string[], capacityBytes: number): LinkDeclaration[] {
  const pairs: [string, string][] = [
    ['coordinator', 'source'],
    ['coordinator', 'maintainer'],
    ['maintainer', 'coordinator'],
    ...workers.flatMap((worker): [string, string][] => [
      ['source', worker],
      [worker, 'coordinator'],
      ['coordinator', worker],
    ]),
  ];
  return pairs.map(([from, to]) => ({ from, to, capacityBytes, outbox: 16 }));
}

/** Names of figures that must be zero, and of lists that must be empty, once everything is quiet. */
const QUIET = new Set([
  ...[
    'pending',
    'queued',
    'outstanding',
    'keys',
    'buffered',
    'open',
    'pendingSchedules',
    'add',
    'remove',
    'removing',
    'absent',
    'scheduling',
  ],
  ...[
    'events',
    'unacked',
    'heldBytes',
    'withSink',
    'reports',
    'blockedWorkers',
    'running',
    'lostAnswers',
    'overflowed',
    'componentStatuses',
  ],
]);

function collectLeft(path: string, value: unknown, left: string[]): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, part] of Object.entries(value)) {
    const here = `${path}.${name}`;
    // Not left over: facts of events that the coordinator remembers up to a bound, and streams that are open.
    const counts =
      QUIET.has(name) &&
      here !== 'coordinator.statuses.events' &&
      !here.includes('.suppressed.') &&
      !here.endsWith('.phases.open');
    if (counts && ((typeof part === 'number' && part !== 0) || (Array.isArray(part) && part.length > 0)))
      left.push(`${here}: ${JSON.stringify(part, text)}`);
    else collectLeft(here, part, left);
  }
}

function text(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
