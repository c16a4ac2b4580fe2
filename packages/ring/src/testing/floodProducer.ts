import { workerData } from 'node:worker_threads';
import { LaneProducer } from '../laneProducer.js';
import { frameLength, isFrameTurn, writeFrame, writeRecord } from './traffic.js';

/** A thread that produces as fast as the lane takes it, `count` entries in batches, then closes the lane. */
export interface FloodProducerData {
  readonly lane: SharedArrayBuffer;
  readonly count: number;
  readonly batch: number;
  /** Longest frame in bytes; 0: records only. */
  readonly longestFrame: number;
  readonly takeOver: boolean;
  /** Where to tell, in word 0, how many entries are published. */
  readonly progress: SharedArrayBuffer;
}

const data = workerData as FloodProducerData;
const producer = LaneProducer.attach(data.lane, { takeOver: data.takeOver });
const progress = new Int32Array(data.progress);
const { count, batch, longestFrame } = data;

/** Entry `sequence`, or false when the lane is full. */
function produce(sequence: number): boolean {
  if (longestFrame > 0 && isFrameTurn(sequence)) {
    const length = frameLength(sequence, longestFrame);
    const offset = producer.claimFrame(length);
    if (offset < 0) return false;
    writeFrame(producer.bytes, offset, length, producer.generation, sequence);
    return true;
  }
  const at = producer.claimRecord();
  if (at < 0) return false;
  writeRecord(producer.words, at, producer.generation, sequence);
  return true;
}

/** Produces until the lane is full. */
function burst(from: number): number {
  let sequence = from;
  let batched = 0;
  while (sequence < count && produce(sequence)) {
    sequence++;
    if (++batched === batch) {
      producer.publish();
      batched = 0;
    }
  }
  producer.publish();
  Atomics.store(progress, 0, sequence);
  Atomics.notify(progress, 0);
  return sequence;
}

const wanted = Math.min(producer.capacityCells >>> 2, longestFrame > 0 ? producer.frameCells(longestFrame) : batch);
let sequence = 0;
while (sequence < count) {
  sequence = burst(sequence);
  if (sequence < count) await producer.waitRoom(wanted, 1000);
}
producer.close();
