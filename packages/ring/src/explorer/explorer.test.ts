import { beforeAll, describe, expect, test } from 'vitest';
import { type ExploreOptions, Explorer, type Report } from './explorer.js';
import { ADD, LOAD, NOTIFY, READ, STORE, WAIT, WRITE } from './operations.js';
import { loadRing, type RingUnderTest } from './ringUnderTest.js';
import type { Course, Outcome, Scenario, ThreadSpec } from './scenario.js';

/** What is known of small programs, so that what is found out about large ones can be believed. */
let under: RingUnderTest;
beforeAll(() => {
  under = loadRing();
});

type Do = (operation: number, word: number, value?: number) => number;

/** A thread that does what `act` does; what that returns is noted. */
function thread(name: string, act: (operate: Do) => number | undefined, more: Partial<ThreadSpec> = {}): ThreadSpec {
  const prepare: ThreadSpec['prepare'] =
    (env): Course =>
    async () => {
      const { port } = under;
      const result = act((operation, word, value = 0) => port.operate(operation, port.place(0, word), value, 0));
      if (result !== undefined) env.note(result);
    };
  return { name, prepare, ...more };
}

async function outcomes(
  threads: readonly ThreadSpec[],
  judge: (outcome: Outcome) => string = ({ notes }) => threads.map((each) => notes(each.name).join()).join(' '),
  options: ExploreOptions = {},
): Promise<Report & { readonly seen: readonly string[] }> {
  const seen = new Set<string>();
  const check = (outcome: Outcome): void => void seen.add(judge(outcome));
  const scenario: Scenario = { name: 'litmus', memory: () => [new SharedArrayBuffer(64)], threads, check };
  const report = await new Explorer(scenario, under, options).explore();
  return { ...report, seen: [...seen].sort() };
}

describe('the explorer', () => {
  const five = (operate: Do): undefined => {
    for (let i = 0; i < 5; i++) operate(ADD, 0, 1);
  };

  test('tries every order of the steps: 10 over 5, where nothing is merged', async () => {
    const report = await outcomes([thread('a', five), thread('b', five)], undefined, { merge: false });
    expect(report).toMatchObject({ schedules: 252, complete: 252, longest: 10, cut: false, violation: undefined });
  });

  // Runs of the two alternate; being at its end is no interruption. Of r runs there are C(4, a - 1) C(4, b - 1), a + b = r.
  test.each([
    [0, 2],
    [1, 10],
    [2, 42],
    [3, 90],
  ])('interrupts at most %i times: %i orders', async (bound, orders) => {
    const report = await outcomes([thread('a', five), thread('b', five)], undefined, { merge: false, bound });
    expect(report.complete).toBe(orders);
  });

  test('merges what comes to the same state, and sees the same outcomes', async () => {
    const act = (operate: Do): number => operate(LOAD, 1) * 10 + operate(ADD, 0, 1) + operate(ADD, 1, 1) + operate(LOAD, 0);
    const all = await outcomes([thread('a', act), thread('b', act)], undefined, { merge: false });
    const merged = await outcomes([thread('a', act), thread('b', act)]);
    expect(merged.seen).toEqual(all.seen);
    expect(all.complete).toBe(70);
    expect(merged.complete).toBeLessThan(all.complete);
  });

  test('store buffering: atomics are sequentially consistent', async () => {
    const a = thread('a', (operate) => operate(STORE, 0, 1) + operate(LOAD, 1));
    const b = thread('b', (operate) => operate(STORE, 1, 1) + operate(LOAD, 0));
    expect((await outcomes([a, b])).seen).toEqual(['0 1', '1 0', '1 1']);
  });

  test('message passing: a payload behind an atomic flag is in order, behind a plain one or none a race', async () => {
    const send = (flag: number) => (operate: Do) => void [operate(WRITE, 1, 7), operate(flag, 0, 1)];
    const receive = (flag: number) => (operate: Do) => (operate(flag, 0) === 1 ? operate(READ, 1) : undefined);
    const safe = await outcomes([thread('a', send(STORE)), thread('b', receive(LOAD))]);
    expect(safe).toMatchObject({ violation: undefined, seen: [' ', ' 7'] });
    const plain = await outcomes([thread('a', send(WRITE)), thread('b', receive(READ))]);
    expect(plain.violation).toMatch(/not ordered after/);
    const mixed = await outcomes([thread('a', send(WRITE)), thread('b', receive(LOAD))]);
    expect(mixed.violation).toMatch(/load word 0 .*not ordered|load is not ordered after a write/);
  });

  test('a payload is written over while it can still be read: a race, although every value is right', async () => {
    const a = thread('a', (operate) => void [operate(WRITE, 1, 7), operate(STORE, 0, 1), operate(WRITE, 1, 7)]);
    const b = thread('b', (operate) => (operate(LOAD, 0) === 1 ? operate(READ, 1) : undefined));
    expect((await outcomes([a, b])).violation).toMatch(/not ordered after a (read|write)/);
  });

  test('a notification that comes before its wait is lost, and told', async () => {
    const ring = thread('ringer', (operate) => void [operate(STORE, 1, 1), operate(NOTIFY, 0)]);
    const sleep = thread('sleeper', (operate) => void (operate(LOAD, 1) === 0 && operate(WAIT, 0, 0)));
    const { violation } = await outcomes([ring, sleep]);
    expect(violation).toMatch(/nobody will wake sleeper/);
    expect(violation).toMatch(/sleeper {2}load word 1: 0[\s\S]*ringer {2}store word 1: 1[\s\S]*notify/);
    const counted = thread('ringer', (operate) => void [operate(ADD, 0, 1), operate(NOTIFY, 0)]);
    const safe = await outcomes([counted, thread('sleeper', (operate) => void operate(WAIT, 0, 0))]);
    expect(safe.violation).toBeUndefined();
  });

  test('kills before every step, and starts the successor after it', async () => {
    const act = (operate: Do): undefined =>
      void [operate(WRITE, 0, 1), operate(LOAD, 3), operate(WRITE, 1, 2), operate(STORE, 2, 3)];
    const victim = thread('victim', act, { mortal: true });
    const heir = thread('heir', (operate) => operate(READ, 0) + operate(READ, 1) + operate(LOAD, 2), { succeeds: 'victim' });
    const { seen, violation } = await outcomes([victim, heir]);
    expect(violation).toBeUndefined();
    // Dead before the first, second or third step; or never, and then without a successor.
    expect(seen).toEqual([' ', ' 0', ' 1', ' 3']);
  });

  test('gives up at a number of schedules, and says so', async () => {
    const report = await outcomes([thread('a', five), thread('b', five)], undefined, { merge: false, maxSchedules: 100 });
    expect(report).toMatchObject({ schedules: 100, cut: true });
  });
});
