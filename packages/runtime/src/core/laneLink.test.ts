import { createLane, LaneConsumer, LaneProducer } from '@tidegate/ring';
import { describe, expect, it } from 'vitest';
import { Codec } from './codec.js';
import { LaneReceiver, LaneSender } from './laneLink.js';
import { type LinkHandler, MessageKind } from './link.js';
import { MemoryLink } from './memoryLink.js';

class Collector implements LinkHandler {
  readonly got: unknown[] = [];
  /** Answers false to the item of this number. */
  stopAt = -1;

  taken = 0;

  records(words: Uint32Array, at: number, count: number): boolean {
    for (this.taken = 0; this.taken < count; ) if (!this.#take(words[at + 8 * this.taken++ + 1])) return false;
    return true;
  }

  message(kind: MessageKind, id: number, message: unknown): boolean {
    return this.#take([kind, id, message]);
  }

  undecodable(error: Error): boolean {
    return this.#take(error.message);
  }

  #take(item: unknown): boolean {
    this.got.push(item);
    return this.got.length - 1 !== this.stopAt;
  }
}

function lane(structures: string[][] = []) {
  const codec = new Codec(structures);
  const sab = createLane({ capacityBytes: 4_096, reserveBytes: 512, fingerprint: codec.fingerprint, name: 'a>b' });
  const { fingerprint } = codec;
  return {
    sab,
    sender: new LaneSender(LaneProducer.attach(sab, { fingerprint }), codec, 'a', 'b'),
    receiver: new LaneReceiver(LaneConsumer.attach(sab, { fingerprint }), codec),
  };
}

function memory() {
  const link = new MemoryLink(4_096, 512);
  return { sender: link, receiver: link };
}

function putRecord(sender: LaneSender | MemoryLink, n: number): boolean {
  const at = sender.claimRecord();
  if (at < 0) return false;
  sender.words[at + 1] = n;
  return true;
}

describe.each([
  ['lane', lane],
  ['memory', memory],
])('%s link', (_name, make) => {
  it('shows nothing before publish, and nothing that was aborted', () => {
    const { sender, receiver } = make();
    const collector = new Collector();
    putRecord(sender, 1);
    expect(receiver.empty).toBe(true);
    sender.publish();
    putRecord(sender, 2);
    sender.offer(MessageKind.TELL, 0, 'aborted', false);
    sender.abort();
    putRecord(sender, 3);
    sender.publish();
    receiver.drain(10, collector);
    expect(collector.got).toEqual([1, 3]);
    expect(receiver.empty).toBe(true);
  });

  it('keeps kinds and ids of messages', () => {
    const { sender, receiver } = make();
    const collector = new Collector();
    sender.offer(MessageKind.ASK, 0xffff_ffff, { type: 'q' }, false);
    sender.offer(MessageKind.REFUSAL, 5, 'deadline', true);
    sender.publish();
    expect(receiver.drain(10, collector)).toBe(2);
    expect(collector.got).toEqual([
      [MessageKind.ASK, 0xffff_ffff, { type: 'q' }],
      [MessageKind.REFUSAL, 5, 'deadline'],
    ]);
  });

  it('stops behind the item at which the handler says so, and goes on there', () => {
    const { sender, receiver } = make();
    for (let n = 0; n < 10; n++) putRecord(sender, n);
    sender.publish();
    const collector = new Collector();
    collector.stopAt = 3;
    expect(receiver.drain(100, collector)).toBe(4);
    expect(receiver.drain(2, collector)).toBe(2);
    expect(receiver.drain(100, collector)).toBe(4);
    expect(collector.got).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('refuses when full, keeps the reserve for control, and has room again when drained', () => {
    const { sender, receiver } = make();
    let n = 0;
    while (putRecord(sender, n)) n++;
    expect(n).toBe(112);
    expect(sender.offer(MessageKind.TELL, 0, 'ordinary', false)).toBe(false);
    expect(sender.hasRoom(false)).toBe(false);
    expect(sender.offer(MessageKind.TELL, 0, 'control', true)).toBe(true);
    sender.publish();
    // Worth trying is a quarter of what ordinary traffic may fill, behind the control message.
    receiver.drain(20, new Collector());
    expect(sender.hasRoom(false)).toBe(false);
    receiver.drain(20, new Collector());
    expect(sender.hasRoom(false)).toBe(true);
    expect(putRecord(sender, n)).toBe(true);
  });
});

describe('lane link', () => {
  it('cannot be attached with other structures than it was made for', () => {
    const { sab } = lane([['type', 'ts']]);
    const { fingerprint } = new Codec([['ts', 'type']]);
    expect(() => LaneProducer.attach(sab, { fingerprint, takeOver: true })).toThrow(
      expect.objectContaining({ code: 'LANE_FINGERPRINT', message: expect.stringContaining("lane 'a>b'") }),
    );
    expect(() => LaneConsumer.attach(sab, { fingerprint, takeOver: true })).toThrow(
      expect.objectContaining({ code: 'LANE_FINGERPRINT' }),
    );
  });

  it('hands on a frame that cannot be decoded as an error, once, and then what follows it', () => {
    const codec = new Codec();
    const sab = createLane({ capacityBytes: 4_096 });
    const producer = LaneProducer.attach(sab);
    const sender = new LaneSender(producer, codec, 'a', 'b');
    const at = producer.claimFrame(10);
    producer.bytes.set([0x93, 1], at + 8);
    putRecord(sender, 7);
    sender.publish();
    const collector = new Collector();
    const receiver = new LaneReceiver(LaneConsumer.attach(sab), codec);
    expect(receiver.drain(10, collector)).toBe(2);
    expect(collector.got).toEqual([expect.stringContaining('cannot be decoded'), 7]);
  });

  it('asks for the room of a whole frame', () => {
    const { sender, receiver } = lane();
    let n = 0;
    while (putRecord(sender, n)) n++;
    sender.publish();
    const large = { text: 'x'.repeat(1_000) };
    expect(sender.offer(MessageKind.TELL, 0, large, false)).toBe(false);
    receiver.drain(5, new Collector());
    expect(sender.hasRoom(false)).toBe(false);
    receiver.drain(100, new Collector());
    expect(sender.hasRoom(false)).toBe(true);
    expect(sender.offer(MessageKind.TELL, 0, large, false)).toBe(true);
  });

  it('names a message that never fits', () => {
    const { sender } = lane();
    expect(() => sender.offer(MessageKind.TELL, 0, { type: 'rows', text: 'x'.repeat(4_000) }, false)).toThrow(
      expect.objectContaining({ code: 'RUNTIME_MESSAGE_TOO_LARGE', message: expect.stringMatching(/'rows' from a to b/) }),
    );
  });
});
