import {
  STATUS_GENERATION,
  STATUS_HANDLE,
  STATUS_HEADER,
  STATUS_STAGE_SHIFT,
  STATUS_TS_HIGH,
  STATUS_TS_LOW,
  STATUS_WORDS,
  writeStatus,
} from '@tidegate/protocol';
import { LaneConsumer, type LaneHandler, LaneProducer } from '@tidegate/ring';
import { generationOf, handleOf, stageOf, TS_HIGH } from './status.js';
import { BATCH, type Received, type Transport } from './transport.js';

const PATIENCE = 10_000;

// Local, as wherever statuses are read in a loop: the engine loads an imported binding anew at every use.
const HEADER = STATUS_HEADER;
const STAGE_SHIFT = STATUS_STAGE_SHIFT;
const HANDLE = STATUS_HANDLE;
const GENERATION = STATUS_GENERATION;
const LOW = STATUS_TS_LOW;
const HIGH = STATUS_TS_HIGH;
const WORDS = STATUS_WORDS;
const EXPECTED_HIGH = TS_HIGH;

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
  while (sequence < to) {
    const count = producer.claimRecords(to - sequence);
    if (count === 0) break;
    const last = sequence + count;
    for (let at = producer.runAt; sequence < last; sequence++, at += WORDS) {
      writeStatus(words, at, stageOf(sequence), 0, handleOf(sequence), generationOf(sequence), EXPECTED_HIGH, sequence);
    }
  }
  return sequence;
}

class Checker implements LaneHandler {
  count = 0;
  faults = 0;

  record(words: Uint32Array, at: number): void {
    this.records(words, at, 1);
  }

  records(words: Uint32Array, at: number, count: number): number {
    let faults = 0;
    const end = this.count + count;
    for (let sequence = this.count, cell = at; sequence < end; sequence++, cell += WORDS) {
      if (
        words[cell + LOW] !== sequence ||
        words[cell + HANDLE] !== handleOf(sequence) ||
        words[cell + GENERATION] !== generationOf(sequence) ||
        words[cell + HIGH] !== EXPECTED_HIGH ||
        words[cell + HEADER]! >>> STAGE_SHIFT !== stageOf(sequence)
      ) {
        faults++;
      }
    }
    this.count = end;
    this.faults += faults;
    return count;
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
