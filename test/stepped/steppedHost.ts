import { type CoordinatorOptions, createCoordinator } from '@tidegate/coordinator';
import type { SourceEvent } from '@tidegate/dispatcher';
import { DispatcherGroup, type GroupInput, type GroupOptions } from '@tidegate/dispatcher';
import { type Replays, SourceRouter } from '@tidegate/host';
import { createMaintainer, type MaintainerOptions } from '@tidegate/maintainer';
import {
  type Actor,
  type ActorContext,
  createStepped,
  type LinkDeclaration,
  type Step,
  type SteppedSystem,
} from '@tidegate/runtime';
import { type Faults, FaultyWay, WAY } from './faultyWay.js';
import { collectLeft } from './leftovers.js';
import { generator, type RandomLog, snapshotAt } from './randomLog.js';
import { Done, type StampLog, SteppedSink } from './steppedSink.js';

export interface SteppedHostOptions {
  readonly seed: number;
  readonly workers: number;
  readonly log: Pick<RandomLog, 'events' | 'endTs'>;
  /** Longest delay of a sink in milliseconds of the virtual clock. */
  readonly maxDelay: number;
  /** Bytes of each link: small ones fill up. */
  readonly linkBytes: number;
  /** Absent: what coordinator and maintainer send each other arrives at once, and once. */
  readonly faults?: Faults;
  /** Settings of the actors, beside those that the harness needs. */
  readonly group?: Partial<GroupOptions>;
  readonly coordinator?: Partial<CoordinatorOptions>;
  readonly maintainer?: MaintainerOptions;
}

/** Events of a chunk of the source. */
const CHUNK = 7;
/** A way on which nothing goes wrong. */
const SOUND: Faults = { drop: 0, duplicate: 0, delay: 0, stall: 0, until: 0 };

/** The whole path in one thread on a virtual clock: the real actors, a random log, sinks that stamp what they do. */
export class SteppedHost {
  readonly stamps: StampLog;
  readonly faults: string[] = [];
  readonly events: { readonly type: string }[] = [];
  checkpointTs = 0n;
  readonly system: SteppedSystem;
  readonly #random: () => number;
  readonly #log: Pick<RandomLog, 'events' | 'endTs'>;
  readonly #way: FaultyWay;
  /** Events of the log that the checkpoint has passed, and stamps that were seen to be done. */
  #passed = 0;
  #epoch = 0;

  private constructor(system: SteppedSystem, { seed, log }: SteppedHostOptions, stamps: StampLog, way: FaultyWay) {
    this.#way = way;
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
    const ways: FaultyWay[] = [];
    const way = (context: ActorContext): Actor => {
      ways.push(new FaultyWay(context, options.faults ?? SOUND));
      return ways[0] as Actor;
    };
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
                create: (context: ActorContext) => workerOf(context, stamps, options, i % 2 === 0 ? 'enqueue' : 'flush'),
              })),
              {
                address: 'coordinator',
                create: createCoordinator,
                options: { host: 'h', workers, source: 'source', maintainer: WAY, ...options.coordinator },
              },
              { address: 'maintainer', create: createMaintainer, options: options.maintainer ?? {} },
              { address: WAY, create: way },
            ],
          },
        ],
      },
      { seed: options.seed },
    );
    const host = new SteppedHost(system, options, stamps, ways[0] as FaultyWay);
    await host.#start();
    return host;
  }

  /** Steps at random until the checkpoint reaches `ts`. Returns false when `maxSteps` were not enough. */
  runTo(ts: bigint, maxSteps: number): boolean {
    return this.#stepUntil(() => this.checkpointTs >= ts, maxSteps);
  }

  /** The maintainer hands over, and that of the next epoch goes on from what was committed (F-11, F-13). */
  async handOver(maxSteps: number): Promise<boolean> {
    const before = this.#count('stopped');
    await this.system.send('maintainer', { type: 'stop', how: 'hand-over' });
    if (!this.#stepUntil(() => this.#count('stopped') > before, maxSteps)) return false;
    await this.#start();
    return this.#stepUntil(() => this.#count('bootstrapped') > before + 1, maxSteps);
  }

  #stepUntil(isThere: () => boolean, maxSteps: number): boolean {
    for (let steps = 0; steps < maxSteps; steps++) {
      if (isThere() || this.faults.length > 0) return this.faults.length === 0;
      this.system.step(this.#choose(this.system.enabled()));
    }
    return false;
  }

  #count(type: string): number {
    return this.events.filter((event) => event.type === type).length;
  }

  #start(): Promise<void> {
    const startTs = this.checkpointTs;
    return this.system.send('maintainer', {
      type: 'start',
      epoch: ++this.#epoch,
      startTs,
      tables: snapshotAt(this.#log.events, startTs).tables.map(({ tableId, schemaId, splittable }) => {
        return { tableId, schemaId, splittable };
      }),
      hosts: [{ host: 'h', coordinator: WAY }],
    });
  }

  /** What is left over two minutes after the last fault: every retry, reservation and open event, in words. Nothing may be (I-10, I-14). */
  async leftovers(): Promise<string[]> {
    this.#way.heal();
    this.system.advance(120_000);
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
  const { log } = options;
  let at = 0;
  const pull = () => {
    const events = log.events.slice(at, at + CHUNK);
    at += CHUNK;
    context.post(events.length === 0 ? { type: 'end' } : { type: 'chunk', events });
  };
  return new SourceRouter(context as ActorContext<never>, {
    workers,
    snapshot: { startTs: 0n, tables: [] },
    pump: { pull, replays: replaysOf(context, log) },
    batchBytes: 200,
    maxMessageBytes: options.linkBytes / 4,
    heldBytes: 2_000,
  }) as Actor;
}

/** The log, read again from any place. */
function replaysOf(context: ActorContext, log: SteppedHostOptions['log']): Replays {
  let left: SourceEvent[] = [];
  return {
    open(id, startTs) {
      left = log.events.filter((event) => (event.type === 'resolved' ? event.ts : event.commitTs) > startTs);
      context.post({ type: 'replay-open', id, snapshot: snapshotAt(log.events, startTs) });
    },
    pull(id) {
      const events = left.splice(0, CHUNK);
      context.post(events.length === 0 ? { type: 'replay-end', id } : { type: 'replay-chunk', id, events });
    },
    close: () => undefined,
  };
}

function workerOf(
  context: ActorContext,
  stamps: StampLog,
  { maxDelay, group: settings }: SteppedHostOptions,
  wakeOn: 'enqueue' | 'flush',
): Actor {
  const sink = new SteppedSink(context, stamps, { maxDelay, wakeOn });
  const group = new DispatcherGroup(context, { sink }, { highWater: 4_096, lowWater: 2_048, ...settings });
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
    ['coordinator', WAY],
    [WAY, 'maintainer'],
    ['maintainer', WAY],
    [WAY, 'coordinator'],
    ...workers.flatMap((worker): [string, string][] => [
      ['source', worker],
      [worker, 'coordinator'],
      ['coordinator', worker],
    ]),
  ];
  return pairs.map(([from, to]) => ({ from, to, capacityBytes, outbox: 16 }));
}
