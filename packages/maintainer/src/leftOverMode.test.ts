import { ComponentState } from '@tidegate/protocol';
import { expect, it } from 'vitest';
import { MaintainerFixture, table } from './testing/maintainerFixture.js';
import { span } from './testing/spans.js';

const { STOPPED, WORKING } = ComponentState;
const ref = (handle: number, mode: 0 | 1) => ({ handle, generation: 3, mode });

it('E-8: redo is off by now: redo dispatchers that the epoch before left are nobody’s, and are removed when they say that they work', () => {
  const m = new MaintainerFixture({ epoch: 5 });
  m.start([table(1)]);
  m.bootstrap({ 1: [span(1, 5, { mode: 1 }), span(1, 6)] });
  m.report(1, [
    [ref(5, 1), WORKING, 160n],
    [ref(6, 0), WORKING, 160n],
  ]);
  expect(m.schedules()).toMatchObject([{ to: 'coordinator1', message: { create: [], remove: [{ handle: 5, generation: 3 }] } }]);
  m.report(1, [[ref(5, 1), STOPPED, 160n]]);
  expect([m.tasks(), m.schedules()]).toEqual(['absent 0, scheduling 0, replicating 2, removing 0', []]);
});

it('E-8: with redo on each is its own mode’s', () => {
  const m = new MaintainerFixture({ epoch: 5, redo: true });
  m.start([table(1)]);
  m.bootstrap({ 1: [span(1, 5, { mode: 1 }), span(1, 6)] });
  m.report(1, [
    [ref(5, 1), WORKING, 160n],
    [ref(6, 0), WORKING, 160n],
  ]);
  expect([m.schedules(), m.tasks(0), m.tasks(1)]).toEqual([
    [],
    'absent 0, scheduling 0, replicating 2, removing 0',
    'absent 0, scheduling 0, replicating 2, removing 0',
  ]);
});
