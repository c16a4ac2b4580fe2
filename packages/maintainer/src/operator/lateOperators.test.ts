import { ComponentState, type MaintainerEvent } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { MaintainerFixture, table } from '../testing/maintainerFixture.js';
import { facts, none } from '../testing/requests.js';

type Stuck = Extract<MaintainerEvent, { type: 'operators-stuck' }>;

/** A maintainer that has just asked for the dispatchers of `tables`. */
function asking(tables: number, options: ConstructorParameters<typeof MaintainerFixture>[0] = {}): MaintainerFixture {
  const m = new MaintainerFixture(options);
  m.start(Array.from({ length: tables }, (_, i) => table(i + 1)));
  m.bootstrap();
  m.receive({ type: 'post-bootstrap-response', from: 'node1', epoch: m.epoch });
  return m;
}

const told = (m: MaintainerFixture): Stuck[] => m.events('operators-stuck');

describe('requests that a host leaves unanswered (section 28: operator warns after 30 s)', () => {
  it('a create is told of after 30 s, once in 30 s, until it is answered', () => {
    const m = asking(2);
    m.advance(29_900);
    expect(told(m)).toEqual([]);
    m.advance(3_100);
    expect(told(m)).toMatchObject([{ mode: 0, count: 2 }]);
    const [{ operators, text } = { operators: [], text: '' }] = told(m);
    expect(operators).toMatchObject([
      { kind: 'add', host: 'node1', tableId: expect.any(Number) },
      { kind: 'add', host: 'node1' },
    ]);
    expect(operators[0]?.age).toBeGreaterThanOrEqual(30_000);
    expect(operators[0]?.age).toBeLessThan(33_100);
    expect(text).toMatch(
      /^Host node1 has not answered the add of dispatcher \d+ of table \d for 3\d{4} ms, and 1 more requests? /,
    );
    m.advance(20_000);
    expect(told(m)).toHaveLength(1);
    m.advance(10_000);
    expect(told(m)).toHaveLength(2);
    expect(told(m)[1]?.operators[0]?.age).toBeGreaterThanOrEqual(60_000);
    m.work();
    m.context.events.length = 0;
    m.advance(100_000);
    expect(told(m)).toEqual([]);
  });

  it('a remove, whose table is gone, is named without it', () => {
    const m = new MaintainerFixture();
    m.run([table(1)]);
    m.statuses(1, [none(m.trigger, facts(110n, undefined, { drops: { type: 'normal', tableIds: [1] } }))]);
    m.advance(34_000);
    const [stuck] = told(m);
    expect(stuck?.operators).toEqual([{ kind: 'remove', handle: expect.any(Number), host: 'node1', age: expect.any(Number) }]);
    expect(stuck?.text).toMatch(/^Host node1 has not answered the remove of dispatcher \d+ for \d+ ms\.$/);
  });

  it('the next request of a task has a clock of its own', () => {
    const m = asking(1);
    m.advance(25_000);
    const created = m.work();
    expect(created).toHaveLength(3);
    const [config] = [...m.created.values()];
    if (config === undefined) throw new Error('a dispatcher expected');
    m.report(1, [[config, ComponentState.STOPPED]]);
    m.advance(29_000);
    expect(told(m)).toEqual([]);
    m.advance(4_100);
    expect(told(m)).toHaveLength(1);
  });

  it('of many the oldest 16 are named, oldest first; the time is an option', () => {
    const m = asking(40, { operatorWarning: 1_000 });
    m.advance(500);
    m.statuses(1, [none(m.trigger, facts(110n, undefined, { adds: [table(99)] }))]);
    m.advance(1_100);
    const last = told(m).at(-1);
    expect(last?.operators).toHaveLength(16);
    expect(last?.count).toBe(40);
    m.advance(1_100);
    expect(told(m).at(-1)?.count).toBe(41);
    const ages =
      told(m)
        .at(-1)
        ?.operators.map(({ age }) => age) ?? [];
    expect(ages).toEqual([...ages].sort((a, b) => b - a));
  });

  it('nothing is told once the maintainer was told to stop (F-11)', () => {
    const m = asking(1);
    m.receive({ type: 'stop' });
    m.advance(100_000);
    expect(told(m)).toEqual([]);
  });
});
