import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import { createLane } from '@tidegate/ring';
import type { Measurement, Sample } from '../harness/measurement.js';
import type { WakeCommand, WakeData, WakeTimes, WakeWay } from '../wake/wakeProtocol.js';

/** From the publication of one entry until its reader, which sleeps, has it. */
export const wake: Measurement = {
  name: 'wake',
  title: 'from sending one entry to a thread that sleeps until it has read it',
  unit: 'entries',
  open: async ({ quick }) => {
    const lane = createLane({ capacityBytes: 1 << 12, reserveBytes: 0, name: 'wake' });
    const { port1, port2 } = new MessageChannel();
    const words = new SharedArrayBuffer(128);
    const sender = start({ role: 'sender', lane, port: port1, words });
    const receiver = start({ role: 'receiver', lane, port: port2, words });
    const of = (name: string, way: WakeWay) => ({ name, run: () => run(sender, receiver, { way, count: quick ? 100 : 400 }) });
    return {
      cases: [
        of('a lane, its reader parked', 'blocking'),
        of('bare futex: Atomics.wait', 'futex'),
        of('a lane, its reader parked, its event loop going on', 'lane'),
        of('bare futex: Atomics.waitAsync', 'async-futex'),
        of('postMessage', 'port'),
      ],
      close: async () => {
        await Promise.all([sender.terminate(), receiver.terminate()]);
      },
    };
  },
};

async function run(sender: Worker, receiver: Worker, command: WakeCommand): Promise<Sample> {
  const ready = once(receiver, 'message');
  receiver.postMessage(command);
  await ready;
  const arrived = once(receiver, 'message');
  sender.postMessage(command);
  const [{ nanoseconds }] = (await arrived) as [WakeTimes];
  const sorted = nanoseconds.sort();
  const at = (share: number) => ({ value: sorted[Math.ceil(sorted.length * share) - 1]! / 1e9, unit: 'seconds' as const });
  return { figures: { p50: at(0.5), p99: at(0.99), max: at(1) } };
}

function start(data: WakeData): Worker {
  return new Worker(new URL('../wake/wakeWorker.js', import.meta.url), { workerData: data, transferList: [data.port] });
}
