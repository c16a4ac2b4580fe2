import { describe, expect, test } from 'vitest';
import { createLane, type LaneOptions } from './createLane.js';
import { Doorbell } from './doorbell.js';
import { LaneClosedError, LaneCorruptError, LaneFrameTooLargeError, LaneOptionError, LaneReenteredError } from './errors.js';
import { LaneConsumer, type LaneHandler } from './laneConsumer.js';
import { LaneProducer } from './laneProducer.js';
import { WORD_PRODUCER_DOORBELL, WORD_ROOM_WANTED } from './layout.js';

const ignore: LaneHandler = { record: () => undefined, frame: () => undefined };

function pair(options: Partial<LaneOptions> = {}): { sab: SharedArrayBuffer; producer: LaneProducer; consumer: LaneConsumer } {
  const sab = createLane({ capacityBytes: 4096, name: 'full', ...options });
  return { sab, producer: LaneProducer.attach(sab), consumer: LaneConsumer.attach(sab) };
}

function fill(producer: LaneProducer, control = false): number {
  let claimed = 0;
  while (producer.claimRecord(control) >= 0) claimed++;
  return claimed;
}

describe.each([0, 2 ** 31 - 60, 2 ** 32 - 60])('a full lane (cursors from %d)', (startCursor) => {
  test('answers full and changes nothing, neither before nor after publish', () => {
    const { sab, producer } = pair({ startCursor });
    expect(fill(producer)).toBe(112);
    const memory = new Uint8Array(sab);
    for (const publish of [false, true]) {
      if (publish) producer.publish();
      const before = memory.slice();
      expect(producer.claimRecord()).toBe(-1);
      expect(producer.claimFrame(0)).toBe(-1);
      expect(producer.claimFrame(producer.maxFrameBytes)).toBe(-1);
      expect(producer.claimFrame(producer.maxFrameBytes, true)).toBe(-1);
      expect(memory.slice()).toEqual(before);
      expect(producer.pending).toBe(publish ? 0 : 112);
    }
  });

  test('a refused frame at the edge leaves no padding behind', () => {
    const { sab, producer, consumer } = pair({ startCursor, reserveBytes: 0 });
    // Cell 20 is next, nothing is in the lane; then 88 records: 20 cells are free up to the edge and 20 behind it.
    for (let cell = startCursor % 128; cell !== 20; cell = (cell + 1) % 128) {
      producer.claimRecord();
      producer.publish();
      consumer.drain(1, ignore);
    }
    for (let n = 0; n < 88; n++) producer.claimRecord();
    producer.publish();
    const before = new Uint8Array(sab).slice();
    expect(producer.claimFrame(21 * 32 - 8)).toBe(-1);
    expect(new Uint8Array(sab).slice()).toEqual(before);
    consumer.drain(1, ignore);
    expect(producer.claimFrame(21 * 32 - 8)).toBe(768 + 8);
    expect(producer.free()).toBe(0);
  });

  test('takes as much as was released', () => {
    const { producer, consumer } = pair({ startCursor });
    fill(producer);
    producer.publish();
    expect(consumer.drain(30, ignore)).toBe(30);
    expect(fill(producer)).toBe(30);
  });

  test('the reserve is for control: ordinary traffic stops before it, control goes on to the end', () => {
    const { producer, consumer } = pair({ startCursor, reserveBytes: 320 });
    expect([producer.free(), producer.free(true)]).toEqual([118, 128]);
    expect(fill(producer)).toBe(118);
    expect([producer.free(), producer.free(true)]).toEqual([0, 10]);
    expect(producer.claimFrame(40, true)).toBeGreaterThan(0);
    expect(producer.claimRecord()).toBe(-1);
    expect(fill(producer, true)).toBe(8);
    expect(producer.claimRecord(true)).toBe(-1);
    producer.publish();
    // Control has eaten into the reserve: ordinary traffic must wait until it is whole again.
    consumer.drain(10, ignore);
    expect([producer.free(), producer.free(true)]).toEqual([0, 10]);
    expect(producer.claimRecord()).toBe(-1);
    consumer.drain(1, ignore);
    expect([producer.free(), producer.free(true)]).toEqual([1, 11]);
    expect(producer.claimRecord()).toBeGreaterThan(0);
  });
});

describe('frames', () => {
  test('the longest frame fits the empty lane wherever its cursor stands', () => {
    for (let startCursor = 0; startCursor < 128; startCursor++) {
      const { producer } = pair({ startCursor });
      expect(producer.frameCells(producer.maxFrameBytes)).toBeLessThanOrEqual(112);
      expect(producer.claimFrame(producer.maxFrameBytes)).toBeGreaterThan(0);
    }
  });

  test.each([1, -1, 0.5, Number.NaN, 2 ** 32])('a length that can never fit is an error (longest and %d)', (more) => {
    const { producer } = pair();
    const bytes = more === 1 ? producer.maxFrameBytes + 1 : more;
    expect(() => producer.claimFrame(bytes)).toThrow(LaneFrameTooLargeError);
    expect(() => producer.frameCells(bytes)).toThrow(/'full'.*0 to 1784/);
  });
});

describe('room', () => {
  test('is there at once when it is there', async () => {
    const { producer } = pair();
    await expect(producer.waitRoom(112, 0)).resolves.toBe(true);
  });

  test('comes when the consumer has released enough, not before', async () => {
    const { producer, consumer } = pair();
    fill(producer);
    producer.publish();
    let came = false;
    const waiting = producer.waitRoom(20, 60_000).then((room) => {
      came = true;
      return room;
    });
    consumer.drain(19, ignore);
    await new Promise(setImmediate);
    expect(came).toBe(false);
    consumer.drain(1, ignore);
    await expect(waiting).resolves.toBe(true);
    expect(producer.free()).toBe(20);
  });

  test('does not come: the timeout says so', async () => {
    const { producer } = pair();
    fill(producer);
    await expect(producer.waitRoom(1, 5)).resolves.toBe(false);
  });

  test('never comes from a consumer that has closed', async () => {
    const { producer, consumer } = pair();
    fill(producer);
    const waiting = producer.waitRoom(1, 60_000);
    consumer.close();
    await expect(waiting).resolves.toBe(false);
    expect(producer.consumerClosed).toBe(true);
  });

  test('without a promise: wanted once, reported once', () => {
    const { producer, consumer } = pair();
    expect(producer.wantRoom(5)).toBe(true);
    expect(producer.roomArrived()).toBe(false);
    fill(producer);
    producer.publish();
    expect(producer.wantRoom(5)).toBe(false);
    consumer.drain(4, ignore);
    expect(producer.roomArrived()).toBe(false);
    consumer.drain(1, ignore);
    expect(producer.roomArrived()).toBe(true);
    expect(producer.roomArrived()).toBe(false);
  });

  test('once there is nothing more to ring for', () => {
    const { sab, producer, consumer } = pair();
    const wanted = new Int32Array(sab, WORD_ROOM_WANTED * 4, 1);
    fill(producer);
    producer.publish();
    producer.wantRoom(5);
    expect(wanted[0]).toBe(1);
    consumer.drain(5, ignore);
    // Whoever looks, even without asking whether room has arrived.
    expect([producer.free(), wanted[0]]).toEqual([5, 0]);
    expect(producer.roomArrived()).toBe(true);
  });

  test('for control counts the reserve', () => {
    const { producer } = pair();
    fill(producer);
    expect(producer.wantRoom(16, true)).toBe(true);
    expect(producer.wantRoom(17, true)).toBe(false);
  });

  test.each([0, -1, 113, Number.NaN])('of %d cells can never be', async (cells) => {
    const { producer } = pair();
    fill(producer);
    expect(() => producer.wantRoom(cells)).toThrow(LaneOptionError);
  });
});

test.each([2 ** 31, 2 ** 32])(
  'room is rung for and reported exactly when it is there, wherever the cursors stand below %d',
  (overflow) => {
    for (let below = 2; below <= 41; below++) {
      // From one short of it to just there, or beyond.
      const rest = below % 2 === 0 ? 1 : 3;
      const { sab, producer, consumer } = pair({ startCursor: overflow - (below >>> 1) });
      const rung = new Int32Array(sab, WORD_PRODUCER_DOORBELL * 4, 1);
      fill(producer);
      producer.publish();
      new Doorbell(new Int32Array(sab), WORD_PRODUCER_DOORBELL).arm();
      expect(producer.wantRoom(5)).toBe(false);
      consumer.drain(4, ignore);
      expect([rung[0], producer.roomArrived()]).toEqual([0, false]);
      consumer.drain(rest, ignore);
      expect([rung[0], producer.roomArrived()]).toEqual([1, true]);
      consumer.drain(3, ignore);
      expect([rung[0], producer.roomArrived()]).toEqual([1, false]);
    }
  },
);

describe('closing', () => {
  test('the producer publishes what it claimed, then nothing more can be claimed', () => {
    const { producer, consumer } = pair();
    producer.claimRecord();
    producer.close();
    producer.close();
    expect([consumer.producerClosed, consumer.finished, consumer.depth]).toEqual([true, false, 1]);
    expect(() => producer.claimRecord()).toThrow(LaneClosedError);
    expect(() => producer.claimRecord(true)).toThrow(LaneClosedError);
    expect(() => producer.claimFrame(1)).toThrow(LaneClosedError);
    expect(() => producer.wantRoom(1)).toThrow(LaneClosedError);
    expect(producer.free()).toBe(0);
    consumer.drain(1, ignore);
    expect(consumer.finished).toBe(true);
  });

  test('wakes a consumer that is parked', async () => {
    const { producer, consumer } = pair();
    const parked = consumer.park(60_000);
    producer.close();
    await expect(parked).resolves.toBe(true);
    expect(consumer.finished).toBe(true);
  });

  test('a consumer that has closed drains nothing more', () => {
    const { consumer } = pair();
    consumer.close();
    consumer.close();
    expect(() => consumer.drain(1, ignore)).toThrow(LaneClosedError);
  });
});

describe('drain', () => {
  test('releases once, at its end, everything that it handed out', () => {
    const { sab, producer, consumer } = pair();
    fill(producer);
    producer.publish();
    const head = new Uint32Array(sab, 256, 1);
    const seen = new Set<number>();
    expect(consumer.drain(100, { ...ignore, record: () => void seen.add(head[0]!) })).toBe(100);
    expect([...seen]).toEqual([0]);
    expect(head[0]).toBe(100);
  });

  test('a handler that throws: what it finished is released, the entry that it threw at comes again', () => {
    const { producer, consumer } = pair();
    for (let n = 0; n < 5; n++) producer.words[producer.claimRecord() + 1] = n;
    producer.publish();
    const seen: number[] = [];
    const handler: LaneHandler = {
      ...ignore,
      record(words, at) {
        const n = words[at + 1]!;
        seen.push(n);
        if (n === 3 && seen.length === 4) throw new Error('refused 3');
      },
    };
    expect(() => consumer.drain(10, handler)).toThrow('refused 3');
    expect(producer.free()).toBe(110);
    expect(consumer.drain(10, handler)).toBe(2);
    expect(seen).toEqual([0, 1, 2, 3, 3, 4]);
  });

  test('a handler that returns false: the drain ends after that entry', () => {
    const { producer, consumer } = pair();
    for (let n = 0; n < 4; n++) {
      producer.words[producer.claimRecord() + 1] = n;
      producer.words[producer.claimFrame(4) / 4] = n;
    }
    producer.publish();
    const seen: string[] = [];
    const handler: LaneHandler = {
      record: (words, at) => seen.push(`record ${words[at + 1]}`) !== 3,
      frame: (_, offset) => seen.push(`frame ${producer.words[offset / 4]}`) !== 6,
    };
    expect([consumer.drain(100, handler), consumer.drain(100, handler), consumer.drain(100, handler)]).toEqual([3, 3, 2]);
    expect(seen).toEqual(['record 0', 'frame 0', 'record 1', 'frame 1', 'record 2', 'frame 2', 'record 3', 'frame 3']);
    expect(consumer.empty).toBe(true);
  });

  test('a handler must not drain the lane that calls it', () => {
    const { producer, consumer } = pair();
    producer.claimRecord();
    producer.publish();
    expect(() => consumer.drain(1, { ...ignore, record: () => consumer.drain(1, ignore) })).toThrow(LaneReenteredError);
    expect(consumer.drain(1, ignore)).toBe(1);
  });

  test.each([
    ['a type that does not exist', 0, 9],
    ['memory never written', 0, 0],
    ['a frame longer than what is published', 1, 4000],
  ])('tells of %s', (_, word, value) => {
    const { producer, consumer } = pair();
    producer.claimRecord();
    const offset = producer.claimFrame(10);
    producer.publish();
    producer.words[(offset - 8) / 4 + word] = value;
    expect(() => consumer.drain(10, ignore)).toThrow(LaneCorruptError);
    expect(() => consumer.drain(10, ignore)).toThrow(/'full'.*cursor 1 /);
  });
});

test('abort drops what is claimed and not published', () => {
  const { producer, consumer } = pair();
  producer.words[producer.claimRecord() + 1] = 1;
  producer.publish();
  producer.words[producer.claimRecord() + 1] = 2;
  producer.claimFrame(100);
  producer.abort();
  producer.words[producer.claimRecord() + 1] = 3;
  producer.publish();
  const seen: number[] = [];
  consumer.drain(10, { ...ignore, record: (words, at) => seen.push(words[at + 1]!) });
  expect(seen).toEqual([1, 3]);
});
