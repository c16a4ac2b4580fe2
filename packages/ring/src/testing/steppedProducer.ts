import { workerData } from 'node:worker_threads';
import { LaneProducer } from '../laneProducer.js';
import { writeFrame, writeRecord } from './traffic.js';
import { gateAtomics, Turnstile } from './turnstile.js';

/** A producer thread that stops before every atomic operation, every word and every few bytes that it writes. */
export interface SteppedProducerData {
  readonly lane: SharedArrayBuffer;
  readonly turnstile: SharedArrayBuffer;
}

/** What it produces: the lengths of frames, -1 for records, in batches that are published at once. */
export const SCRIPT: readonly (readonly number[])[] = [[-1], [-1, 12], [150, -1], [0], [-1, -1, 40]];

const data = workerData as SteppedProducerData | null;
if (data?.turnstile !== undefined) play(data.lane, new Turnstile(data.turnstile));

function play(lane: SharedArrayBuffer, turnstile: Turnstile): void {
  turnstile.nextCourse();
  gateAtomics(() => turnstile.pass());
  const producer = LaneProducer.attach(lane);
  const { words, bytes, generation } = producer;
  let sequence = 0;
  for (const batch of SCRIPT) {
    for (const length of batch) {
      turnstile.pass();
      if (length < 0) writeSlowly(words, producer.claimRecord(), generation, sequence, turnstile);
      else {
        const offset = producer.claimFrame(length);
        turnstile.pass();
        writeFrame(bytes, offset, length >>> 1, generation, sequence);
        turnstile.pass();
        writeFrame(bytes, offset, length, generation, sequence);
      }
      sequence++;
    }
    turnstile.pass();
    producer.publish();
  }
  producer.close();
  turnstile.over();
}

function writeSlowly(words: Uint32Array, at: number, generation: number, sequence: number, turnstile: Turnstile): void {
  const whole = words.slice(at, at + 8);
  writeRecord(whole, 0, generation, sequence);
  for (const [word, value] of whole.entries()) {
    if (word % 3 === 0) turnstile.pass();
    words[at + word] = value;
  }
}
