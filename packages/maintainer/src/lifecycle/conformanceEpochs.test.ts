import { expect, it } from 'vitest';
import { MaintainerFixture, table } from '../testing/maintainerFixture.js';

it('AddMaintainerKeepsCompatibilityEpoch: ours has no epoch 0: a start with it is refused, and what lives stays (F-1, F-13)', () => {
  const idle = new MaintainerFixture({ epoch: 0 });
  idle.start([table(1)]);
  expect([idle.actor.phase, idle.bootstraps()]).toEqual(['idle', []]);
  const m = new MaintainerFixture({ epoch: 1 });
  m.run([]);
  const { changefeed } = m.actor;
  m.epoch = 0;
  m.start([table(1)]);
  expect([m.actor.phase, m.actor.changefeed === changefeed]).toEqual(['running', true]);
  expect(m.events('start-refused')).toMatchObject([{ epoch: 0, currentEpoch: 1 }]);
});

it('RemoveMissingMaintainerReportsRequestEpoch: where nothing runs a removal is over at once (F-13; ours: the event names the last epoch)', () => {
  const m = new MaintainerFixture({ epoch: 7 });
  m.receive({ type: 'stop', how: 'remove' });
  expect(m.events('stopped')).toMatchObject([{ epoch: 0, how: 'remove' }]);
  m.run([]);
  m.receive({ type: 'stop', how: 'remove' });
  m.receive({ type: 'close-response', from: 'node1', epoch: 7, success: true });
  m.receive({ type: 'stop', how: 'remove' });
  expect(m.events('stopped')).toMatchObject([
    { epoch: 7, how: 'remove' },
    { epoch: 7, how: 'remove' },
  ]);
});
