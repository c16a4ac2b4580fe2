import { parentPort, workerData } from 'node:worker_threads';
import { Doorbell } from '../doorbell.js';

/** A thread that answers every ball at once: it waits for word 0 to rise, says so in word 1 and rings back. */
export interface EchoData {
  readonly balls: SharedArrayBuffer;
  readonly mine: SharedArrayBuffer;
  readonly yours: SharedArrayBuffer;
  readonly rounds: number;
  /** Long, so that a lost wake-up stays lost. */
  readonly sliceMs: number;
  /** It sleeps with its event loop standing still. */
  readonly blocking: boolean;
}

const { balls, mine, yours, rounds, sliceMs, blocking } = workerData as EchoData;
const words = new Int32Array(balls);
const bell = Doorbell.attach(mine, { sliceMs, spinLooks: 0 });
const back = Doorbell.attach(yours);

for (let round = 1; round <= rounds; round++) {
  const served = () => Atomics.load(words, 0) >= round;
  if (blocking) bell.sleepUntilBlocking(served, sliceMs);
  else await bell.sleepUntil(served, sliceMs);
  Atomics.store(words, 1, round);
  back.ring();
}
parentPort?.postMessage('done');
