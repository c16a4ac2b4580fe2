import { parentPort, workerData } from 'node:worker_threads';
import { nanoseconds } from '../harness/sharedClock.js';
import { laneTransport } from './laneTransport.js';
import type { PairCommand, PairData, PairReply, TransportName } from './pairProtocol.js';
import { arraysPosted, columnsTransferred, eachPosted, packedPosted } from './portTransports.js';
import type { Transport } from './transport.js';

const { role, lane, port } = workerData as PairData;

const transports: Readonly<Record<TransportName, Transport>> = {
  lane: laneTransport(lane, role),
  each: eachPosted(port),
  arrays: arraysPosted(port),
  packed: packedPosted(port),
  columns: columnsTransferred(port),
};

function reply(message: PairReply): void {
  parentPort?.postMessage(message);
}

async function run({ transport, count }: PairCommand): Promise<void> {
  const chosen = transports[transport];
  const began = nanoseconds();
  if (role === 'sender') {
    await chosen.send(count);
    reply({ type: 'done', began, at: nanoseconds() });
    return;
  }
  const receiving = chosen.receive(count);
  reply({ type: 'ready' });
  const { count: arrived, faults } = await receiving;
  reply({ type: 'done', began, at: nanoseconds(), received: { count: arrived, faults } });
}

parentPort?.on('message', (command: PairCommand) => {
  run(command).catch((error: unknown) => {
    // An error in a thread of its own: the pair dies of it, and whoever waits for it learns why.
    setImmediate(() => {
      throw error;
    });
  });
});
