import { createCoordinator } from '@tidegate/coordinator';
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
  readonly stamps: StampLog = { next: 0, stamps: [] };
  readonly faults: string[] = [];
  readonly events: { readonly type: string }[] = [];
  checkpointTs = 0n;
  readonly system: SteppedSystem;
  readonly #random: () => number;

  private constructor(system: SteppedSystem, seed: number, stamps: StampLog) {
    this.system = system;
    this.stamps = stamps;
    this.#random = generator(seed ^ 0x5eed);
    system.on('fault', (fault) => this.faults.push(fault.message));
    system.on('event', ({ event }) => this.#take(event as { type: string }));
  }

  static async create(options: SteppedHostOptions): Promise<SteppedHost> {
    const stamps: StampLog = { next: 0, stamps: [] };
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
    const host = new SteppedHost(system, options.seed, stamps);
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

  #choose(enabled: readonly Step[]): Step | undefined {
    // The clock may move while messages are under way, but not so fast that nothing else ever happens.
    const timer = enabled.at(-1)?.type === 'timer' && enabled.length > 1 && this.#random() % 8 !== 0 ? 1 : 0;
    return enabled[this.#random() % Math.max(1, enabled.length - timer)];
  }

  #take(event: { type: string; checkpointTs?: bigint; message?: string }): void {
    this.events.push(event);
    if (event.type === 'checkpoint' && event.checkpointTs !== undefined) {
      if (event.checkpointTs < this.checkpointTs)
        this.faults.push(`checkpoint went back from ${this.checkpointTs} to ${event.checkpointTs}`);
      this.checkpointTs = event.checkpointTs;
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
