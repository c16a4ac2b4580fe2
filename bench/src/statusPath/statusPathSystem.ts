import { setTimeout as delay } from 'node:timers/promises';
import type { CoordinatorInspection } from '@tidegate/coordinator';
import { type ActorSnapshot, type System, startThreads } from '@tidegate/runtime';
import { VerificationError } from '../harness/errors.js';
import type { Figure, Sample } from '../harness/measurement.js';
import { processorSeconds } from '../harness/sharedClock.js';
import {
  COORDINATOR,
  MAINTAINER,
  type PostCommand,
  type PostedEvent,
  type Tally,
  type TallyQuestion,
  workerAddress,
} from './messages.js';
import { type PathShape, pathTopology } from './topology.js';

const DEADLINE = 120_000;
const STOP_DEADLINE = 5_000;

interface Seen {
  readonly tally: Tally;
  /** Records that the coordinator has been given, and those of them that it suppressed. */
  readonly offered: number;
  readonly suppressed: number;
  /** Milliseconds of processor time of each thread so far, where the platform tells. */
  readonly threads: ReadonlyMap<string, number>;
}

/** A status path on worker threads with all its dispatchers replicating, and runs through it. */
export class StatusPathSystem {
  readonly #system: System;
  readonly #shape: PathShape;
  readonly #dispatchers: number;

  private constructor(system: System, shape: PathShape, dispatchers: number) {
    this.#system = system;
    this.#shape = shape;
    this.#dispatchers = dispatchers;
  }

  static async start(shape: PathShape, dispatchers: number): Promise<StatusPathSystem> {
    const path = new StatusPathSystem(await startThreads(pathTopology(shape)), shape, dispatchers);
    const tables = Array.from({ length: dispatchers }, (_, i) => ({ tableId: i + 1, schemaId: 1, splittable: false }));
    const hosts = [{ host: 'host-0', coordinator: COORDINATOR }];
    await path.#system.send(MAINTAINER, { type: 'start', epoch: 1, startTs: 10n, tables, hosts });
    await path.#tally(({ replicating }) => replicating === dispatchers, 'dispatchers to replicate');
    return path;
  }

  /** One stream of `rounds` events. @throws VerificationError when a status was lost, overtaken or not counted. */
  async run(rounds: number, repeats: number): Promise<Sample> {
    const distinct = this.#dispatchers * rounds * 2;
    const before = await this.#seen(0);
    const cpu = processorSeconds();
    const posted = await this.#post({ type: 'bench-post', rounds, repeats });
    const cpuSeconds = processorSeconds() - cpu;
    const after = await this.#seen(before.tally.distinct + distinct);
    const offered = after.offered - before.offered;
    const suppressed = after.suppressed - before.suppressed;
    const again = after.tally.repeats - before.tally.repeats;
    if (offered !== distinct * (1 + repeats)) throw this.#wrong(`${offered} of ${distinct * (1 + repeats)} offers arrived`);
    if (after.tally.distinct - before.tally.distinct !== distinct || after.tally.faults > 0) {
      throw this.#wrong(`${distinct} distinct statuses, the maintainer has ${JSON.stringify(after.tally)}`);
    }
    const began = Math.min(...posted.map((event) => event.began));
    const ended = Math.max(...posted.map((event) => event.ended));
    return {
      items: offered,
      seconds: (ended - began) / 1e9,
      cpuSeconds,
      counts: { offered, suppressed, distinct, 'delivered again': again },
      figures: eachOn(before, after, offered),
    };
  }

  async close(): Promise<void> {
    await this.#system.stop({ deadline: STOP_DEADLINE });
  }

  async #post(command: PostCommand): Promise<PostedEvent[]> {
    const posted: PostedEvent[] = [];
    const { workers } = this.#shape;
    const all = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(this.#wrong(`${workers - posted.length} workers did not finish`)), DEADLINE);
      const off = this.#system.on('event', ({ event }) => {
        // The maintainer tells of its barriers meanwhile.
        if ((event as PostedEvent).type !== 'bench-posted') return;
        posted.push(event as PostedEvent);
        if (posted.length < workers) return;
        clearTimeout(timer);
        off();
        resolve();
      });
    });
    await Promise.all(Array.from({ length: workers }, (_, index) => this.#system.send(workerAddress(index), command)));
    await all;
    return posted;
  }

  async #seen(distinct: number): Promise<Seen> {
    const tally = await this.#tally((now) => now.distinct >= distinct, `${distinct} distinct statuses`);
    const { threads } = await this.#system.inspect();
    const actors = threads.flatMap((thread) => (thread.state === 'running' ? thread.actors : []));
    const coordinator = actors.find(({ address }) => address === COORDINATOR);
    if (coordinator === undefined) throw this.#wrong('the coordinator does not answer');
    const used = threads.flatMap(({ name, ...thread }) => {
      const cpu = thread.state === 'running' ? thread.usage?.cpu : undefined;
      return cpu === undefined ? [] : [[name, cpu] as const];
    });
    return { tally, ...countsOf(coordinator), threads: new Map(used) };
  }

  async #tally(until: (tally: Tally) => boolean, what: string): Promise<Tally> {
    const end = performance.now() + DEADLINE;
    for (;;) {
      const question: TallyQuestion = { type: 'bench-tally' };
      const tally = (await this.#system.ask(MAINTAINER, question, { deadline: DEADLINE })) as Tally;
      if (until(tally)) return tally;
      if (performance.now() > end) throw this.#wrong(`waited in vain for ${what}: ${JSON.stringify(tally)}`);
      await delay(20);
    }
  }

  #wrong(what: string): VerificationError {
    const { workers, control } = this.#shape;
    return new VerificationError(`status path, ${workers} workers, ${control} control`, what);
  }
}

/** Processor time of each thread for one offer; together they are less than the process's, which collects and compiles beside them. */
function eachOn(before: Seen, after: Seen, offered: number): Record<string, Figure> {
  const entries = [...after.threads].map(([name, cpu]): [string, Figure] => {
    const spent = cpu - (before.threads.get(name) ?? cpu);
    return [`on ${name}`, { value: spent / 1e3 / offered, unit: 'seconds' }];
  });
  return Object.fromEntries(entries);
}

function countsOf({ inbound, detail }: ActorSnapshot): { offered: number; suppressed: number } {
  const { suppressed } = (detail as CoordinatorInspection).statuses;
  return {
    offered: inbound.reduce((sum, { records }) => sum + records, 0),
    suppressed: suppressed.pending + suppressed.reserved + suppressed.outstanding,
  };
}
