import type { BlockFacts } from '@tidegate/protocol';
import { expect, test } from 'vitest';
import { facts, key } from '../testing/statuses.js';
import { EventTable, NO_EVENT } from './eventTable.js';

test('T-A: an event is one number, by ts, sync-point flag and mode', () => {
  const events = new EventTable();
  const numbers = [
    events.internKey(0, key(5)),
    events.internKey(0, key(5, true)),
    events.internKey(1, key(5)),
    events.internKey(0, { commitTs: 5n << 32n, isSyncPoint: false }),
  ];
  expect(new Set(numbers).size).toBe(4);
  expect(events.internKey(0, key(5))).toBe(numbers[0]);
  expect(events.key(numbers[1] ?? 0)).toEqual(key(5, true));
  expect(events.mode(numbers[2] ?? 0)).toBe(1);
});

test('a ts of 64 bits comes out as it went in', () => {
  const events = new EventTable();
  const commitTs = 0xffff_fffe_8000_0001n;
  expect(events.key(events.internKey(0, { commitTs, isSyncPoint: false })).commitTs).toBe(commitTs);
});

test('L-10: the first facts stay; N-1: admissions of the trigger are added when they come', () => {
  const events = new EventTable();
  const admissions: BlockFacts['admissions'] = [{ type: 'release-schema', schema: 'db' }];
  const event = events.learn(0, facts(5));
  events.learn(0, { ...facts(5), blockTables: { type: 'db', schemaId: 9 } });
  expect(events.facts(event)).toEqual(facts(5));
  events.learn(0, { ...facts(5), admissions });
  expect(events.facts(event)).toEqual({ ...facts(5), admissions });
  events.learn(0, facts(5));
  expect(events.facts(event)?.admissions).toEqual(admissions);
});

test('facts outlive the gap between two bursts; only the last idle events are remembered, referenced ones always', () => {
  const events = new EventTable(2);
  const held = events.learn(0, facts(1));
  events.retain(held);
  for (let ts = 2; ts <= 5; ts++) events.learn(0, facts(ts));
  expect(events.size).toBe(3);
  expect(events.facts(held)).toEqual(facts(1));
  expect([2, 3, 4, 5].map((ts) => events.findKey(0, key(ts)) !== NO_EVENT)).toEqual([false, false, true, true]);
  events.release(held);
  // Idle again, and the youngest of the idle.
  expect(events.facts(events.findKey(0, key(1)))).toEqual(facts(1));
  expect(events.findKey(0, key(4))).toBe(NO_EVENT);
});

test('numbers are reused and nothing of the former event is left', () => {
  const events = new EventTable(1);
  const first = events.learn(0, facts(1));
  const other = events.internKey(0, key(2));
  const again = events.internKey(1, key(3, true));
  expect([other, again]).toContain(first);
  const reused = other === first ? other : again;
  expect(events.facts(reused)).toBeUndefined();
  expect(events.end).toBeLessThanOrEqual(4);
});

test('thousands of events', () => {
  const events = new EventTable(1);
  for (let ts = 1; ts <= 5000; ts++) events.retain(events.internKey(0, key(ts)));
  for (let ts = 1; ts <= 5000; ts++) expect(events.key(events.findKey(0, key(ts))).commitTs).toBe(BigInt(ts));
  for (let ts = 1; ts <= 5000; ts++) events.release(events.findKey(0, key(ts)));
  expect(events.size).toBe(1);
});
