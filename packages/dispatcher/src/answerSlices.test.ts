import { Action } from '@tidegate/protocol';
import { expect, test } from 'vitest';
import { configOf, keyOf, syncPoint } from '../test/builders.js';
import { GroupFixture } from '../test/groupFixture.js';

/** More than are visited in one turn. */
const MANY = 9_000;
const FIRST = 10;
const LAST = FIRST + MANY - 1;

/** That many dispatchers wait at a sync point at 20. */
function waiting(): GroupFixture {
  const f = new GroupFixture({}, { recordCapacity: 4 * MANY });
  const configs = Array.from({ length: MANY }, (_, i) => configOf({ handle: FIRST + i, tableId: FIRST + i }));
  f.create(...configs);
  for (const config of configs) f.start(config);
  f.deliver(syncPoint(20n));
  expect(f.posted().length).toBe(MANY);
  return f;
}

const passAll = {
  type: 'answer',
  mode: 0,
  answer: { target: { type: 'all' }, action: { action: Action.PASS, key: keyOf(20n, true) } },
} as const;

test('an answer to all reaches everybody once, in turns, and what the first owe goes out before the last are asked (D-35)', () => {
  const f = waiting();
  f.group.receive(passAll, 'coordinator');
  f.group.turnEnd();
  const first = f.posted();
  expect(first.length).toBeGreaterThan(0);
  expect(first.length).toBeLessThan(MANY);
  f.context.settle(f.group);
  const all = [...first, ...f.posted()];
  expect(new Set(all).size).toBe(MANY);
  expect(all.length).toBe(MANY);
  expect([all[0], all.at(-1)]).toEqual([`DONE ${FIRST}/20s`, `DONE ${LAST}/20s`]);
});

test('what comes behind it from the coordinator finds it finished: an answer, a removal, a dispatcher that is new', () => {
  const f = waiting();
  f.group.receive(passAll, 'coordinator');
  f.group.receive({ type: 'remove', handle: Uint32Array.of(LAST), generation: Uint32Array.of(1) }, 'coordinator');
  f.group.receive({ type: 'create', configs: [configOf({ handle: LAST + 1, tableId: LAST + 1 })] }, 'coordinator');
  f.context.settle(f.group);
  const posted = f.posted();
  expect([posted.length, posted.at(-1)]).toEqual([MANY, `DONE ${LAST}/20s`]);
  expect(f.context.counters.get('dispatcher.early-answers')).toBeUndefined();
});
