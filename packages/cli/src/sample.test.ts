import { expect, test } from 'vitest';
import { sampleOf } from './sample.js';
import { hostSnapshot } from './testing/fakeHost.js';

test('a snapshot of which nothing answered', () => {
  expect(sampleOf(hostSnapshot())).toEqual({ rows: 0, changes: 0, ddls: 0, syncPoints: 0, suppressed: {}, barriers: [] });
});

test('counts, suppressed statuses by stage, and open barriers, wherever the actors keep them', () => {
  const snapshot = hostSnapshot({
    source: {
      tables: 2,
      changes: 9,
      rows: 10,
      ddls: 3,
      syncPoints: 1,
      commitTs: 5n,
      resolvedTs: 5n,
      heldBytes: 0,
      blockedWorkers: 0,
      ended: false,
    },
    coordinator: {
      pending: { size: 1, suppressed: { pending: 4, outstanding: 2 } },
      queue: { suppressed: 7 },
      columns: new Uint32Array(3),
    },
    maintainer: {
      buffer: { gate: { suppressed: 1 } },
      barriers: {
        default: {
          open: [
            {
              key: { commitTs: 5n, isSyncPoint: false },
              missingCount: 20,
              missing: [
                { handle: 3, tableId: 8 },
                { handle: 4, tableId: 9 },
              ],
            },
          ],
          history: [],
        },
        redo: { open: [{ key: { commitTs: 6n, isSyncPoint: true }, missing: [] }, { key: {} }, 'odd'] },
      },
    },
  });
  expect(sampleOf(snapshot)).toEqual({
    rows: 10,
    changes: 9,
    ddls: 3,
    syncPoints: 1,
    suppressed: { pending: 4, outstanding: 2, queue: 7, gate: 1 },
    barriers: [
      { commitTs: 5n, isSyncPoint: false, missingCount: 20, missingTables: [8, 9] },
      { commitTs: 6n, isSyncPoint: true, missingCount: 0, missingTables: [] },
    ],
  });
});
