import { describe, expect, it } from 'vitest';
import { GlobalRedo } from './globalRedo.js';

const make = () => new GlobalRedo(100n, { interval: 50, repeat: 1_000 });

describe('global redo ts (K-11)', () => {
  it('asks for a meta when either ts grew, not more often than the interval', () => {
    const redo = make();
    expect(redo.metaDue(0, 100n, 100n)).toBeUndefined();
    expect(redo.metaDue(0, 120n, 100n)).toEqual({ resolvedTs: 120n, checkpointTs: 100n });
    expect(redo.metaDue(49, 130n, 100n)).toBeUndefined();
    expect(redo.metaDue(50, 130n, 110n)).toEqual({ resolvedTs: 130n, checkpointTs: 110n });
    expect(redo.metaDue(100, 130n, 120n)).toEqual({ resolvedTs: 130n, checkpointTs: 120n });
  });

  it('a meta that nothing answers is repeated; an answered one is not', () => {
    const redo = make();
    redo.metaDue(0, 120n, 100n);
    expect(redo.metaDue(999, 120n, 100n)).toBeUndefined();
    expect(redo.metaDue(1_000, 120n, 100n)).toEqual({ resolvedTs: 120n, checkpointTs: 100n });
    redo.progressed(120n, 1_010);
    expect(redo.metaDue(9_000, 120n, 100n)).toBeUndefined();
  });

  it('never goes back, and is told again to those who may not have heard', () => {
    const redo = make();
    expect([redo.progressed(120n, 0), redo.progressed(110n, 0), redo.progressed(120n, 0), redo.ts]).toEqual([
      true,
      false,
      false,
      120n,
    ]);
    expect([redo.forwardDue(999), redo.forwardDue(1_000), redo.forwardDue(1_001)]).toEqual([false, true, false]);
  });
});
