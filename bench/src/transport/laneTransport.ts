import {
  STATUS_GENERATION,
  STATUS_HANDLE,
  STATUS_HEADER,
  STATUS_STAGE_SHIFT,
  STATUS_TS_HIGH,
  STATUS_TS_LOW,
  writeStatus,
} from '@tidegate/protocol';
import { LaneConsumer, type LaneHandler, LaneProducer } from '@tidegate/ring';
import { generationOf, handleOf, stageOf, TS_HIGH } from './status.js';
import { BATCH, type Received, type Transport } from './transport.js';

const PATIENCE = 10_000;

/** Records of 32 bytes on a lane: claimed and written in place, published by the batch, checked in place. */
export function laneTransport(lane: SharedArrayBuffer, role: 'sender' | 'receiver'): Transport {
  if (role === 'sender') {
    const producer = LaneProducer.attach(lane);
    return { send: (count) => send(producer, count), receive: () => Promise.reject(new Error('this is the sending end')) };
  }
  const consumer = LaneConsumer.attach(lane);
  return {
    send: () => {
      throw new Error('this is the receiving end');
    },
    receive: (count) => receive(consumer, count),
  };
}

async function send(producer: LaneProducer, count: number): Promise<void> {
  for (let sequence = 0; sequence < count; ) {
    sequence = fill(producer, sequence, Math.min(sequence + BATCH, count));
    producer.publish();
    if (sequence < count && producer.free() === 0) await producer.waitRoom(producer.capacityCells >>> 2, PATIENCE);
  }
}

function fill(producer: LaneProducer, from: number, to: number): number {
  const { words } = producer;
  let sequence = from;
  for (; sequence < to; sequence++) {
    const at = producer.claimRecord();
    if (at < 0) break;
    writeStatus(words, at, stageOf(sequence), 0, handleOf(sequence), generationOf(sequence), TS_HIGH, sequence);
  }
  return sequence;
}

class Checker implements LaneHandler {
  count = 0;
  faults = 0;

  record(words: Uint32Array, at: number): void {
    const sequence = this.count++;
    if (
      words[at + STATUS_TS_LOW] !== sequence ||
      words[at + STATUS_HANDLE] !== handleOf(sequence) ||
      words[at + STATUS_GENERATION] !== generationOf(sequence) ||
      words[at + STATUS_TS_HIGH] !== TS_HIGH ||
      words[at + STATUS_HEADER]! >>> STATUS_STAGE_SHIFT !== stageOf(sequence)
    ) {
      this.faults++;
    }
  }

  frame(): void {
    this.faults++;
  }
}

async function receive(consumer: LaneConsumer, count: number): Promise<Received> {
  const checker = new Checker();
  while (checker.count < count) {
    if (consumer.drain(BATCH, checker) === 0 && !(await consumer.park(PATIENCE))) break;
  }
  return checker;
}
