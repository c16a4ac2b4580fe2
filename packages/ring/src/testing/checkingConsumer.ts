import { parentPort, workerData } from 'node:worker_threads';
import { LaneConsumer } from '../laneConsumer.js';
import { frameLength, isFrame, isFrameTurn, isRecord } from './traffic.js';

/** A thread that drains a flood until its producer closes, checks every word of it, and reports. */
export interface CheckingConsumerData {
  readonly lane: SharedArrayBuffer;
  readonly longestFrame: number;
}

export interface CheckReport {
  readonly received: number;
  readonly wrong: number;
  readonly firstWrong: number;
  /** From the first entry to the last. */
  readonly milliseconds: number;
}

const { lane, longestFrame } = workerData as CheckingConsumerData;
const consumer = LaneConsumer.attach(lane);
const generation = 1;
let sequence = 0;
let wrong = 0;
let firstWrong = -1;

function check(good: boolean): void {
  if (!good) {
    if (wrong++ === 0) firstWrong = sequence;
  }
  sequence++;
}

const handler = {
  record(words: Uint32Array, at: number): void {
    check((longestFrame === 0 || !isFrameTurn(sequence)) && isRecord(words, at, generation, sequence));
  },
  frame(bytes: Uint8Array, offset: number, length: number): void {
    const due = isFrameTurn(sequence) && length === frameLength(sequence, longestFrame);
    check(due && isFrame(bytes, offset, length, generation, sequence));
  },
};

await consumer.park(60_000);
const start = performance.now();
while (!consumer.finished) {
  if (consumer.drain(4096, handler) === 0) await consumer.park(1000);
}
const report: CheckReport = { received: sequence, wrong, firstWrong, milliseconds: performance.now() - start };
parentPort?.postMessage(report);
