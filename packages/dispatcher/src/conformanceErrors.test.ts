import { expect, test } from 'vitest';
import { GroupFixture } from '../test/groupFixture.js';

test('ActiveActive: a mark with a row that is refused: one error, the lane stays open, nobody else is wedged (D-12, D-33; ours: the sink is who refuses)', () => {
  const f = new GroupFixture();
  f.add({ handle: 10, startTs: 100n });
  f.add({ handle: 11, tableId: 2, startTs: 100n });
  f.resolved(101n);
  f.rows(10, 102);
  f.settleCall(f.opened('write'), 'sink-failed', new Error('an active-active table is not allowed here'));
  expect(f.errors()).toEqual(['DISPATCHER_SINK']);
  // The one that failed keeps its checkpoint below the row; the other goes on, and no second error is told.
  f.rows(11, 103);
  f.settleAll('write');
  f.resolved(104n);
  expect([f.view(10).checkpointTs, f.view(11).checkpointTs, f.errors()]).toEqual([101n, 104n, []]);
  f.remove(10);
  expect(f.group.view(10)).toBeUndefined();
});

test('CheckpointTsMessageHandlerDeadlock: a sink that takes its time with a checkpoint holds up nothing; removal does not wait for it (K-12)', () => {
  const f = new GroupFixture();
  f.sink.auto.delete('checkpoint');
  f.add({ handle: 10 });
  f.send({ type: 'sink-checkpoint', checkpointTs: 12_345n });
  expect(f.sink.calls.filter(({ kind }) => kind === 'checkpoint').map(({ ts }) => ts)).toEqual([[12_345n]]);
  // Later ones wait for it, only the largest of them; rows go on meanwhile.
  for (const checkpointTs of [12_346n, 12_347n]) f.send({ type: 'sink-checkpoint', checkpointTs });
  f.rows(10, 5);
  f.settleAll('write');
  expect([f.view(10).checkpointTs, f.sink.count('checkpoint')]).toEqual([4n, 1]);
  f.remove(10);
  expect(f.group.view(10)).toBeUndefined();
  f.settleAll('checkpoint');
  expect(f.sink.calls.filter(({ kind }) => kind === 'checkpoint').map(({ ts }) => ts)).toEqual([[12_345n], [12_347n]]);
});
