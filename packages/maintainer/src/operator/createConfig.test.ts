import { Stage } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { BarrierFixture } from '../testing/barrierFixture.js';
import { createConfig, startPointOf } from './createConfig.js';

const at = (blockTs: bigint, isSyncPoint: boolean, stage: Stage) => ({ blockTs, isSyncPoint, stage });

describe('where a dispatcher starts (T-1, T-2, K-7)', () => {
  it.each([
    { checkpoint: 10n, committed: 20n, state: undefined, startTs: 20n, skip: false },
    { checkpoint: 9n, committed: 0n, state: at(10n, true, Stage.WAITING), startTs: 10n, skip: false },
    { checkpoint: 10n, committed: 20n, state: at(30n, true, Stage.WAITING), startTs: 30n, skip: false },
    { checkpoint: 20n, committed: 0n, state: at(10n, true, Stage.DONE), startTs: 20n, skip: false },
    { checkpoint: 9n, committed: 0n, state: at(10n, false, Stage.WAITING), startTs: 9n, skip: true },
    { checkpoint: 9n, committed: 10n, state: at(10n, false, Stage.WAITING), startTs: 10n, skip: false },
    { checkpoint: 9n, committed: 11n, state: at(10n, false, Stage.WRITING), startTs: 11n, skip: false },
  ])(
    'Create start ts: checkpoint $checkpoint, committed $committed, block state $state → $startTs, skip $skip',
    ({ checkpoint, committed, state, startTs, skip }) => {
      expect(startPointOf(checkpoint, committed, state)).toEqual({ startTs, skipDmlAsStartTs: skip });
    },
  );

  it('BindCommittedCheckpointToManagedSpan: added at 5, committed 20: created from 20 (K-7)', () => {
    const f = new BarrierFixture();
    const { handle, generation } = f.absent(3, { schemaId: 4, startTs: 5n });
    expect(createConfig(f.table, handle, 20n)).toMatchObject({
      handle,
      generation,
      tableId: 3,
      schemaId: 4,
      mode: 0,
      startTs: 20n,
      skipDmlAsStartTs: false,
    });
    expect(createConfig(f.table, handle, 1n).startTs).toBe(5n);
  });

  it('NewAddDispatcherMessage: from its own checkpoint, nothing skipped (T-1)', () => {
    const f = new BarrierFixture();
    const { handle } = f.absent(3, { startTs: 10n });
    expect(createConfig(f.table, handle, 1n)).toMatchObject({ startTs: 10n, skipDmlAsStartTs: false });
  });
});
