import type { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { createLane } from './createLane.js';
import { Doorbell } from './doorbell.js';
import { LaneConsumer, type LaneHandler } from './laneConsumer.js';
import { LaneProducer } from './laneProducer.js';
import { WORD_HEAD, WORD_PRODUCER_DOORBELL, WORD_ROOM_WANTED } from './layout.js';
import type { FloodProducerData } from './testing/floodProducer.js';
import type { ParkedConsumerData } from './testing/parkedConsumer.js';
import { spawn } from './testing/spawn.js';
import { BATCH, type SteppedConsumerData } from './testing/steppedConsumer.js';
import { SCRIPT, type SteppedProducerData } from './testing/steppedProducer.js';
import { frameLength, isFrame, isFrameTurn, isRecord, writeRecord } from './testing/traffic.js';
import { Turnstile } from './testing/turnstile.js';

/** Index 122 of 128, six cells below the overflow: the frame of the third batch is padded over both edges at once. */
const START = 2 ** 32 - 6;

const HOUR = 3_600_000;
const ignore: LaneHandler = { record: () => undefined, frame: () => undefined };

const lengths = SCRIPT.flat();
/** How many entries are visible after each batch. */
const batchEnds = SCRIPT.map((_, batch) => SCRIPT.slice(0, batch).flat().length).concat(lengths.length);

function stepped(): { lane: SharedArrayBuffer; turnstile: Turnstile; worker: Worker } {
  const lane = createLane({ capacityBytes: 4096, name: 'stepped', startCursor: START });
  const turnstile = Turnstile.create();
  const data: SteppedProducerData = { lane, turnstile };
  return { lane, turnstile: new Turnstile(turnstile), worker: spawn('steppedProducer', data) };
}

/** Drains everything and checks that it is a whole prefix of the script. Returns how many entries it was. */
function drainScript(consumer: LaneConsumer, from = 0): number {
  let seen = from;
  consumer.drain(Number.MAX_SAFE_INTEGER, {
    record(words, at) {
      expect(lengths[seen]).toBe(-1);
      expect(isRecord(words, at, 1, seen++)).toBe(true);
    },
    frame(bytes, offset, length) {
      expect(length).toBe(lengths[seen]);
      expect(isFrame(bytes, offset, length, 1, seen++)).toBe(true);
    },
  });
  return seen;
}

/** What must hold on a lane whose producer has died: the consumer sees whole batches, and a successor goes on after them. */
function checkAftermath(lane: SharedArrayBuffer): number {
  const consumer = LaneConsumer.attach(lane);
  const seen = drainScript(consumer);
  expect(batchEnds).toContain(seen);
  const successor = LaneProducer.attach(lane, { takeOver: true });
  expect(successor.generation).toBeLessThanOrEqual(2);
  expect(consumer.producerClosed).toBe(false);
  for (let n = 0; n < 112; n++) writeRecord(successor.words, successor.claimRecord(), 2, n);
  successor.publish();
  let next = 0;
  consumer.drain(Number.MAX_SAFE_INTEGER, {
    record: (words, at) => expect(isRecord(words, at, 2, next++)).toBe(true),
    frame: () => expect.unreachable('a frame of the dead producer'),
  });
  expect(next).toBe(112);
  return seen;
}

describe('a producer that dies', () => {
  test('before any one of its steps: nothing is half-visible, a successor goes on (on the memory as it was)', {
    timeout: 60_000,
  }, async () => {
    const { lane, turnstile, worker } = stepped();
    const seen: number[] = [];
    const alive = LaneConsumer.attach(lane);
    let drained = 0;
    turnstile.start(1);
    let steps = 0;
    do {
      // No store follows a death, so this copy is what the successor would find.
      const dead = new SharedArrayBuffer(lane.byteLength);
      new Uint8Array(dead).set(new Uint8Array(lane));
      new Uint32Array(dead)[6] = 0;
      const rewound = new Uint32Array(dead);
      rewound[64] = START;
      seen.push(checkAftermath(dead));
      // And while it stands there, the living consumer sees as much.
      drained = drainScript(alive, drained);
      expect(drained).toBe(seen.at(-1));
      steps++;
    } while (turnstile.step());
    expect(steps).toBeGreaterThan(50);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(new Set(seen)).toEqual(new Set(batchEnds));
    expect(alive.finished).toBe(true);
    await worker.terminate();
  });

  test('by terminate(), before any one of its steps', { timeout: 60_000 }, async () => {
    async function die(steps: number): Promise<boolean> {
      const { lane, turnstile, worker } = stepped();
      turnstile.start(1);
      for (let n = 0; n < steps; n++) turnstile.step();
      const over = turnstile.isOver;
      await worker.terminate();
      checkAftermath(lane);
      return over;
    }
    let steps = 0;
    while (!(await die(steps))) steps++;
    expect(steps).toBeGreaterThan(50);
  });

  test('at random moments of a flood, again and again: every successor goes on in the same lane', {
    timeout: 60_000,
  }, async () => {
    const longestFrame = 1500;
    const lives = 25;
    const lane = createLane({ capacityBytes: 16_384, name: 'flood', startCursor: START });
    const consumer = LaneConsumer.attach(lane);
    let generation = 1;
    let sequence = 0;
    let received = 0;
    /** The next entry of this generation, or the first one of the next: a life may end at any batch. */
    function accept(matches: (generation: number, sequence: number) => boolean): void {
      if (!matches(generation, sequence)) {
        if (!matches(generation + 1, 0))
          expect.unreachable(`entry after ${generation}/${sequence - 1} is neither its successor's nor its own`);
        generation++;
        sequence = 0;
      }
      sequence++;
      received++;
    }
    const handler: LaneHandler = {
      record: (words, at) => accept((g, n) => !isFrameTurn(n) && isRecord(words, at, g, n)),
      frame: (bytes, offset, length) =>
        accept((g, n) => isFrameTurn(n) && length === frameLength(n, longestFrame) && isFrame(bytes, offset, length, g, n)),
    };
    for (let life = 1; life <= lives; life++) {
      const progress = new SharedArrayBuffer(4);
      const data: FloodProducerData = { lane, count: 2 ** 31, batch: 5, longestFrame, takeOver: true, progress };
      const worker = spawn('floodProducer', data);
      const enough = received + 400 * life;
      while (generation < life || received < enough) {
        if (consumer.drain(64, handler) === 0) await consumer.park(1000);
      }
      const exit = worker.terminate();
      consumer.drain(10, handler);
      await exit;
      // Every other successor finds a lane that is full of its predecessor's entries.
      if (life % 2 === 0) consumer.drain(Number.MAX_SAFE_INTEGER, handler);
    }
    consumer.drain(Number.MAX_SAFE_INTEGER, handler);
    expect([generation, consumer.depth]).toEqual([lives, 0]);
    expect(LaneProducer.attach(lane, { takeOver: true }).generation).toBe(lives + 1);
  });

  test('between its publish and its ring: a slice of the sleep finds what it left', { timeout: 60_000 }, async () => {
    const lane = createLane({ capacityBytes: 4096 });
    const consumer = LaneConsumer.attach(lane);
    const parked = consumer.park(60_000);
    // A publish that got as far as its store of the tail.
    const words = new Uint32Array(lane);
    words[192] = 1;
    Atomics.store(words, 32, 1);
    await expect(parked).resolves.toBe(true);
    expect(consumer.depth).toBe(1);
  });

  test('between its publish and its ring: its successor rings', { timeout: 60_000 }, async () => {
    const lane = createLane({ capacityBytes: 4096 });
    const bell = Doorbell.attach(Doorbell.create(), { sliceMs: HOUR, spinLooks: 0 });
    const consumer = LaneConsumer.attach(lane, { doorbell: bell });
    const parked = consumer.park(HOUR);
    const words = new Uint32Array(lane);
    words[192] = 1;
    Atomics.store(words, 32, 1);
    LaneProducer.attach(lane, { takeOver: true, consumerDoorbell: bell });
    await expect(parked).resolves.toBe(true);
  });

  test('in a wait for room: its wish and its sleep are taken back', { timeout: 60_000 }, async () => {
    const lane = createLane({ capacityBytes: 4096, startCursor: START });
    const words = new Int32Array(lane);
    const consumer = LaneConsumer.attach(lane);
    const progress = new SharedArrayBuffer(4);
    const data: FloodProducerData = { lane, count: 2 ** 31, batch: 5, longestFrame: 0, takeOver: false, progress };
    const worker = spawn('floodProducer', data);
    while (Atomics.load(words, WORD_PRODUCER_DOORBELL + 1) === 0) await new Promise(setImmediate);
    await worker.terminate();
    expect(Atomics.load(words, WORD_ROOM_WANTED)).toBe(1);
    const successor = LaneProducer.attach(lane, { takeOver: true });
    expect(Atomics.load(words, WORD_ROOM_WANTED)).toBe(0);
    expect(Atomics.load(words, WORD_PRODUCER_DOORBELL + 1)).toBe(0);
    const waiting = successor.waitRoom(50, 60_000);
    expect(consumer.drain(60, ignore)).toBe(60);
    await expect(waiting).resolves.toBe(true);
  });
});

describe('a consumer that dies', () => {
  test('before any one of its steps: nothing is lost, only what it had not released comes again', {
    timeout: 60_000,
  }, async () => {
    const lane = createLane({ capacityBytes: 4096, startCursor: START, reserveBytes: 0 });
    const producer = LaneProducer.attach(lane);
    for (let n = 0; n < 20; n++) writeRecord(producer.words, producer.claimRecord(), 1, n);
    producer.publish();
    const control = Turnstile.create();
    const handled = new SharedArrayBuffer(4);
    const data: SteppedConsumerData = { lane, turnstile: control, handled };
    const worker = spawn('steppedConsumer', data);
    const turnstile = new Turnstile(control);
    turnstile.start(1);
    let steps = 0;
    const firsts = new Set<number>();
    do {
      const dead = new SharedArrayBuffer(lane.byteLength);
      new Uint8Array(dead).set(new Uint8Array(lane));
      const finished = new Uint32Array(handled)[0]!;
      const seen: number[] = [];
      const successor = LaneConsumer.attach(dead, { takeOver: true });
      successor.drain(100, { record: (words, at) => seen.push(words[at + 1]!), frame: () => expect.unreachable() });
      const first = 20 - seen.length;
      expect(seen).toEqual(Array.from({ length: 20 - first }, (_, n) => first + n));
      expect(finished - first).toBeGreaterThanOrEqual(0);
      expect(finished - first).toBeLessThanOrEqual(BATCH);
      expect(successor.empty).toBe(true);
      firsts.add(first);
      steps++;
    } while (turnstile.step());
    expect([...firsts]).toEqual([0, 7, 14, 20]);
    expect(steps).toBeGreaterThan(20);
    await worker.terminate();
  });

  test('between its release and its ring: a slice of the sleep finds the room, or its successor rings', {
    timeout: 60_000,
  }, async () => {
    for (const sliceMs of [5, HOUR]) {
      const lane = createLane({ capacityBytes: 4096, startCursor: START });
      const bell = Doorbell.attach(Doorbell.create(), { sliceMs, spinLooks: 0 });
      const producer = LaneProducer.attach(lane, { doorbell: bell });
      while (producer.claimRecord() >= 0);
      producer.publish();
      const waiting = producer.waitRoom(1, HOUR);
      Atomics.store(new Int32Array(lane), WORD_HEAD, START + 1);
      if (sliceMs === HOUR) LaneConsumer.attach(lane, { takeOver: true, producerDoorbell: bell });
      await expect(waiting).resolves.toBe(true);
    }
  });

  test('in its sleep: its successor is woken as ever, and nobody is taken for asleep', { timeout: 60_000 }, async () => {
    const lane = createLane({ capacityBytes: 4096 });
    const words = new Int32Array(lane);
    const producer = LaneProducer.attach(lane);
    for (let life = 1; life <= 10; life++) {
      const progress = new SharedArrayBuffer(8);
      const worker = spawn('parkedConsumer', { lane, progress } satisfies ParkedConsumerData);
      while (Atomics.load(words, 129) === 0) await new Promise(setImmediate);
      await worker.terminate();
      expect(Atomics.load(words, 129)).toBe(1);
      // A ring for the dead: it wakes nobody, and does no harm.
      writeRecord(producer.words, producer.claimRecord(), 1, life);
      producer.publish();
      const successor = LaneConsumer.attach(lane, { takeOver: true });
      expect(Atomics.load(words, 129)).toBe(0);
      await expect(successor.park(1000)).resolves.toBe(true);
      expect(successor.drain(10, { record: () => undefined, frame: () => undefined })).toBe(1);
    }
  });
});
