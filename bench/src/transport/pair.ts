import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import { createLane } from '@tidegate/ring';
import { VerificationError } from '../harness/errors.js';
import type { Sample } from '../harness/measurement.js';
import { processorSeconds } from '../harness/sharedClock.js';
import type { DoneReply, PairCommand, PairData, PairReply, TransportName } from './pairProtocol.js';

const LANE_BYTES = 1 << 20;

/** Two threads with a lane and a port between them; both stay for all runs, so that no run pays for a start. */
export class Pair {
  readonly #sender: Worker;
  readonly #receiver: Worker;

  constructor() {
    const lane = createLane({ capacityBytes: LANE_BYTES, reserveBytes: 0, name: 'bench' });
    const { port1, port2 } = new MessageChannel();
    this.#sender = start({ role: 'sender', lane, port: port1 });
    this.#receiver = start({ role: 'receiver', lane, port: port2 });
  }

  /** Sends `count` statuses and waits until the last has arrived. @throws VerificationError */
  async run(transport: TransportName, count: number): Promise<Sample> {
    const command: PairCommand = { transport, count };
    const ready = next(this.#receiver);
    this.#receiver.postMessage(command);
    await ready;
    const cpu = processorSeconds();
    const sent = next(this.#sender);
    const arrived = next(this.#receiver);
    this.#sender.postMessage(command);
    const { began } = (await sent) as DoneReply;
    const { at, received } = (await arrived) as DoneReply;
    const cpuSeconds = processorSeconds() - cpu;
    if (received?.count !== count || received.faults > 0) {
      throw new VerificationError(transport, `${count} sent, ${received?.count} received, ${received?.faults} of them wrong`);
    }
    return { items: received.count, seconds: (at - began) / 1e9, cpuSeconds };
  }

  async close(): Promise<void> {
    await Promise.all([this.#sender.terminate(), this.#receiver.terminate()]);
  }
}

function start(data: PairData): Worker {
  return new Worker(new URL('./pairWorker.js', import.meta.url), { workerData: data, transferList: [data.port] });
}

/** The next reply of a thread. Rejects with the error that the thread dies of. */
async function next(worker: Worker): Promise<PairReply> {
  return (await once(worker, 'message'))[0] as PairReply;
}
