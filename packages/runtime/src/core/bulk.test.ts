import { createLane, LaneConsumer, LaneProducer } from '@tidegate/ring';
import { expect, test } from 'vitest';
import type { BulkMessage } from './bulk.js';
import { Codec } from './codec.js';
import { LaneReceiver, LaneSender } from './laneLink.js';
import { MessageKind } from './link.js';

interface Rows extends BulkMessage {
  readonly type: string;
  readonly count: number;
}

function fixture() {
  const lane = createLane({ capacityBytes: 1 << 20 });
  const sender = new LaneSender(LaneProducer.attach(lane), new Codec(), 'source', 'worker-0');
  const receiver = new LaneReceiver(LaneConsumer.attach(lane), new Codec());
  const received: { kind: MessageKind; id: number; message: Rows }[] = [];
  const handler = {
    taken: 0,
    records: () => true,
    message: (kind: MessageKind, id: number, message: unknown) => {
      received.push({ kind, id, message: message as Rows });
      return true;
    },
    undecodable: (error: Error): boolean => {
      throw error;
    },
  };
  const pass = (message: Rows): Rows => {
    expect(sender.offer(MessageKind.ASK, 7, message, false)).toBe(true);
    sender.publish();
    receiver.drain(10, handler);
    const last = received.at(-1);
    expect([last?.kind, last?.id]).toEqual([MessageKind.ASK, 7]);
    return last?.message as Rows;
  };
  return { sender, pass };
}

function rows(count: number, length: number): Rows {
  return { type: 'rows', count, bytes: new Uint8Array(length).fill(count) };
}

test('bulk arrives as it was sent, and stays as it is until it is released', () => {
  const { pass } = fixture();
  const first = pass(rows(1, 5_000));
  const second = pass(rows(2, 100_001));
  expect(first).toEqual(rows(1, 5_000));
  expect(second).toEqual(rows(2, 100_001));
  first.release?.();
  first.release?.();
  const third = pass(rows(3, 6_000));
  const fourth = pass(rows(4, 6_000));
  expect(third.bytes.buffer).toBe(first.bytes.buffer);
  expect(fourth.bytes.buffer).not.toBe(first.bytes.buffer);
  expect([second, third, fourth]).toEqual([rows(2, 100_001), rows(3, 6_000), rows(4, 6_000)]);
});

test('few bytes travel within their message', () => {
  const { pass } = fixture();
  const message = pass(rows(5, 100));
  expect(message).toEqual(rows(5, 100));
  expect(message.release).toBeUndefined();
});

test('the sender is told when its message was copied, and not when it was refused', () => {
  const { sender, pass } = fixture();
  let told = 0;
  const lent = (length: number): Rows => Object.setPrototypeOf(rows(1, length), { copied: () => told++ }) as Rows;
  pass(lent(5_000));
  pass(lent(5));
  expect(told).toBe(2);
  while (sender.offer(MessageKind.TELL, 0, rows(1, 90_000), false));
  expect(sender.offer(MessageKind.TELL, 0, lent(90_000), false)).toBe(false);
  expect(told).toBe(2);
});
