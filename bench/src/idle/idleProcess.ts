import { setTimeout as delay } from 'node:timers/promises';
import { type HostSnapshot, startHost } from '@tidegate/host';
import { answerOnce } from '../harness/answerOnce.js';
import { quietHost, untilReplicating } from '../quiet/quietHost.js';

export interface IdleQuestion {
  readonly tables: number;
  readonly workers: number;
  /** Milliseconds before, for what the start has left behind: collections, answers, compilation. */
  readonly settle: number;
  /** Milliseconds that are measured. */
  readonly time: number;
}

export interface IdleAnswer {
  readonly startMilliseconds: number;
  /** Shares of one core: the whole process, and each thread of the host where the platform tells. */
  readonly process: number;
  readonly threads: Readonly<Record<string, number>>;
}

answerOnce(idle);

async function idle({ tables, workers, settle, time }: IdleQuestion): Promise<IdleAnswer> {
  const started = performance.now();
  const host = await startHost(quietHost(tables, workers));
  await untilReplicating(async () => (await host.inspect()).maintainer, tables);
  const startMilliseconds = performance.now() - started;
  await delay(settle);
  // Looking costs something; the looks are outside of what is measured.
  const before = cpuOf(await host.inspect());
  const cpu = process.cpuUsage();
  const began = performance.now();
  await delay(time);
  const { user, system } = process.cpuUsage(cpu);
  const elapsed = performance.now() - began;
  const after = cpuOf(await host.inspect());
  await host.stop();
  const threads = [...after].map(([name, used]) => [name, (used - (before.get(name) ?? used)) / elapsed] as const);
  return { startMilliseconds, process: (user + system) / 1e3 / elapsed, threads: Object.fromEntries(threads) };
}

function cpuOf({ threads }: HostSnapshot): ReadonlyMap<string, number> {
  return new Map(threads.flatMap(({ name, usage }) => (usage?.cpu === undefined ? [] : [[name, usage.cpu] as const])));
}
