import { describe, expect, test } from 'vitest';
import { createLane } from './createLane.js';
import { Doorbell } from './doorbell.js';
import { LaneConsumer } from './laneConsumer.js';
import { LaneProducer } from './laneProducer.js';
import * as layout from './layout.js';

/** Every number here is written out on purpose: two builds meet in this memory, so a change needs a new layout version. */
describe('layout', () => {
  test('the numbers', () => {
    expect({ ...layout }).toEqual({
      MAGIC: 0x4e4c4754,
      LAYOUT_VERSION: 1,
      WORD_BYTES: 4,
      WORD_MAGIC: 0,
      WORD_VERSION: 1,
      WORD_CAPACITY: 2,
      WORD_RESERVE: 3,
      WORD_FINGERPRINT: 4,
      WORD_PRODUCER_GENERATION: 5,
      WORD_CONSUMER_GENERATION: 6,
      WORD_PRODUCER_CLOSED: 7,
      WORD_CONSUMER_CLOSED: 8,
      NAME_OFFSET: 64,
      NAME_BYTES: 64,
      WORD_TAIL: 32,
      WORD_HEAD: 64,
      WORD_ROOM_WANTED: 96,
      WORD_WANTED_HEAD: 97,
      WORD_CONSUMER_DOORBELL: 128,
      WORD_PRODUCER_DOORBELL: 160,
      HEADER_BYTES: 768,
      HEADER_WORDS: 192,
      CELL_BYTES: 32,
      CELL_WORDS: 8,
      CELL_WORD_SHIFT: 3,
      CELL_BYTE_SHIFT: 5,
      TYPE_MASK: 0xff,
      TYPE_RECORD: 1,
      TYPE_FRAME: 2,
      TYPE_PADDING: 3,
      FRAME_LENGTH_WORD: 1,
      FRAME_HEADER_BYTES: 8,
      MIN_CAPACITY_BYTES: 4096,
      MAX_CAPACITY_BYTES: 1_073_741_824,
      DEFAULT_RESERVE_SHIFT: 3,
      BELL_SEQUENCE: 0,
      BELL_SLEEPERS: 1,
      BELL_MAGIC_WORD: 2,
      BELL_KNOCK: 3,
      BELL_MAGIC: 0x4c424754,
      BELL_BYTES: 128,
    });
  });

  test('what different sides store lies on lines of its own, 128 bytes apart', () => {
    const lines = [
      layout.WORD_MAGIC,
      layout.WORD_TAIL,
      layout.WORD_HEAD,
      layout.WORD_ROOM_WANTED,
      layout.WORD_CONSUMER_DOORBELL,
      layout.WORD_PRODUCER_DOORBELL,
      layout.HEADER_WORDS,
    ].map((word) => (word * 4) / 128);
    expect(lines).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test('a new lane, byte for byte', () => {
    const sab = createLane({
      capacityBytes: 8192,
      reserveBytes: 1024,
      fingerprint: 0xfedcba98,
      name: 'w→c',
      startCursor: 0xfffffff8,
    });
    expect(sab.byteLength).toBe(768 + 8192);
    const view = new DataView(sab);
    const expected = new DataView(new ArrayBuffer(768 + 8192));
    for (const [offset, byte] of [...'TGLN'].entries()) expected.setUint8(offset, byte.charCodeAt(0));
    expected.setUint32(4, 1, true);
    expected.setUint32(8, 8192, true);
    expected.setUint32(12, 1024, true);
    expected.setUint32(16, 0xfedcba98, true);
    for (const [offset, byte] of [0x77, 0xe2, 0x86, 0x92, 0x63].entries()) expected.setUint8(64 + offset, byte);
    expected.setUint32(128, 0xfffffff8, true);
    expected.setUint32(256, 0xfffffff8, true);
    expect(bytesOf(view)).toEqual(bytesOf(expected));
  });

  test('the reserve is one eighth of the capacity unless told', () => {
    expect(new Uint32Array(createLane({ capacityBytes: 4096 }))[3]).toBe(512);
  });

  test('a name is cut at a whole character', () => {
    const sab = createLane({ capacityBytes: 4096, name: `${'x'.repeat(62)}é…` });
    expect(LaneProducer.attach(sab).name).toBe(`${'x'.repeat(62)}é`);
  });

  test('attaching, closing, publishing and releasing store where the drawing says', () => {
    const sab = createLane({ capacityBytes: 4096, startCursor: 5 });
    const words = new Uint32Array(sab);
    const changed = changes(words);
    const producer = LaneProducer.attach(sab);
    expect(changed()).toEqual({ 5: 1 });
    const consumer = LaneConsumer.attach(sab);
    expect(changed()).toEqual({ 6: 1 });
    producer.words[producer.claimRecord()]! |= 0xabcdef00;
    expect(changed()).toEqual({ [192 + 5 * 8]: 0xabcdef01 });
    producer.publish();
    expect(changed()).toEqual({ 32: 6 });
    consumer.drain(1, { record: () => undefined, frame: () => undefined });
    expect(changed()).toEqual({ 64: 6 });
    producer.wantRoom(112);
    expect(changed()).toEqual({ 97: 6 });
    producer.claimRecord();
    producer.publish();
    changed();
    expect(producer.wantRoom(112)).toBe(false);
    expect(changed()).toEqual({ 96: 1, 97: 7 });
    producer.close();
    expect(changed()).toEqual({ 7: 1 });
    consumer.close();
    expect(changed()).toEqual({ 8: 1 });
  });

  test('a frame: type, length, payload from byte 8; whole cells; padding before it at the edge', () => {
    const sab = createLane({ capacityBytes: 4096, startCursor: 126 });
    const words = new Uint32Array(sab);
    const producer = LaneProducer.attach(sab);
    const changed = changes(words);
    // 3 cells do not fit the last two: padding in cell 126, the frame in cells 0 to 2.
    const offset = producer.claimFrame(3 * 32 - 8);
    expect(offset).toBe(768 + 8);
    expect(changed()).toEqual({ [192 + 126 * 8]: 3, 192: 2, 193: 88 });
    producer.bytes[offset] = 0xee;
    expect(changed()).toEqual({ 194: 0xee });
    expect(producer.claimFrame(25)).toBe(768 + 3 * 32 + 8);
    expect(producer.claimFrame(0)).toBe(768 + 5 * 32 + 8);
    producer.publish();
    expect(words[32]).toBe(128 + 3 + 2 + 1);
  });

  test('a doorbell: sequence, sleepers, magic', () => {
    const sab = Doorbell.create();
    expect(sab.byteLength).toBe(128);
    const words = new Uint32Array(sab);
    expect([...words.subarray(0, 4)]).toEqual([0, 0, 0x4c424754, 0]);
    const bell = Doorbell.attach(sab);
    bell.ring();
    expect([...words.subarray(0, 2)]).toEqual([0, 0]);
    bell.arm();
    bell.ring();
    expect([...words.subarray(0, 2)]).toEqual([1, 1]);
    bell.disarm();
    expect([...words.subarray(0, 2)]).toEqual([1, 0]);
  });

  test("a lane's own doorbells lie in lines 4 and 5", () => {
    const sab = createLane({ capacityBytes: 4096 });
    const words = new Uint32Array(sab);
    const producer = LaneProducer.attach(sab);
    const consumer = LaneConsumer.attach(sab);
    const parked = consumer.park(60_000);
    expect(words[129]).toBe(1);
    while (producer.claimRecord() >= 0);
    producer.publish();
    expect(words[128]).toBe(1);
    const waited = producer.waitRoom(1, 60_000);
    expect(words[161]).toBe(1);
    consumer.drain(1, { record: () => undefined, frame: () => undefined });
    expect(words[160]).toBe(1);
    return expect(Promise.all([parked, waited])).resolves.toEqual([true, true]);
  });
});

function bytesOf(view: DataView): number[] {
  return Array.from({ length: view.byteLength }, (_, offset) => view.getUint8(offset));
}

/** Returns a function that says which words changed since it was last asked, and to what. */
function changes(words: Uint32Array): () => Record<number, number> {
  let before = words.slice();
  return () => {
    const after = words.slice();
    const found: Record<number, number> = {};
    for (const [at, value] of after.entries()) if (value !== before[at]) found[at] = value;
    before = after;
    return found;
  };
}
