import { workerData } from 'node:worker_threads';
import { LaneConsumer } from '../laneConsumer.js';

/** A consumer thread that does nothing but wait for an entry; it ends when one is there. */
export interface ParkedConsumerData {
  readonly lane: SharedArrayBuffer;
  /** Word 0: turns that its timers have had while it waited. Word 1: 1 when it was woken. */
  readonly progress: SharedArrayBuffer;
}

const { lane, progress } = workerData as ParkedConsumerData;
const words = new Int32Array(progress);
const consumer = LaneConsumer.attach(lane, { takeOver: true });

// Unreferenced: only the wait itself may hold this thread's loop open.
setInterval(() => void Atomics.add(words, 0, 1), 2).unref();
if (await consumer.park(60_000)) Atomics.store(words, 1, 1);
