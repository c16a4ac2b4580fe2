import { MessageChannel, Worker } from 'node:worker_threads';
import { type Remote, wrap } from 'comlink';
import { Piscina } from 'piscina';
import { VerificationError } from '../harness/errors.js';
import type { Sample } from '../harness/measurement.js';
import { nanoseconds, processorSeconds } from '../harness/sharedClock.js';
import { type StatusObject, statusObject } from '../transport/status.js';
import type { Received } from '../transport/transport.js';
import { portEndpoint } from './portEndpoint.js';
import type { Receiver } from './receiver.js';

/** A way of handing statuses to another thread that answers each of them. */
export interface Caller {
  take(status: StatusObject): Promise<unknown>;
  report(): Promise<Received>;
  close(): Promise<void>;
}

/** Comlink's proxy of an object on a worker thread. */
export function comlinkCaller(): Caller {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(new URL('./comlinkWorker.js', import.meta.url), { workerData: port2, transferList: [port2] });
  const remote: Remote<Receiver> = wrap<Receiver>(portEndpoint(port1));
  return {
    take: (status) => remote.take(status),
    report: () => remote.report(),
    close: async () => {
      port1.close();
      await worker.terminate();
    },
  };
}

/** A pool of one thread; a task for each status. */
export function piscinaCaller(): Caller {
  const pool = new Piscina({ filename: new URL('./piscinaWorker.js', import.meta.url).href, minThreads: 1, maxThreads: 1 });
  return {
    take: (status) => pool.run(status, { name: 'take' }),
    report: () => pool.run(undefined, { name: 'report' }),
    close: () => pool.destroy(),
  };
}

/** `count` statuses, `parallel` of them without waiting for an answer. @throws VerificationError */
export async function callAll(name: string, caller: Caller, count: number, parallel: number): Promise<Sample> {
  await caller.report(); // It is there, and counts from nothing.
  const cpu = processorSeconds();
  const began = nanoseconds();
  for (let first = 0; first < count; first += parallel) {
    const calls: Promise<unknown>[] = [];
    for (let i = first; i < Math.min(first + parallel, count); i++) calls.push(caller.take(statusObject(i)));
    await Promise.all(calls);
  }
  const seconds = (nanoseconds() - began) / 1e9;
  const cpuSeconds = processorSeconds() - cpu;
  const { count: arrived, faults } = await caller.report();
  if (arrived !== count || faults > 0)
    throw new VerificationError(name, `${count} sent, ${arrived} received, ${faults} of them wrong`);
  return { items: arrived, seconds, cpuSeconds };
}
