import { expect, test } from 'vitest';
import { laterSample, NO_SAMPLE, sampleOf } from './sample.js';
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
      subscribers: 0,
      behind: 0,
      replays: 0,
      replayedEvents: 0,
      commitTs: 5n,
      resolvedTs: 5n,
      heldBytes: 0,
      blockedWorkers: 0,
      ended: false,
    },
    coordinator: {
      dispatchers: 16,
      statuses: { pending: 0, suppressed: { pending: 4, outstanding: 2 } },
      queue: { suppressed: 7 },
    },
    maintainer: {
      phase: 'running',
      buffered: { statuses: 0, suppressed: 1 },
      changefeed: {
        columns: new Uint32Array(3),
        barrier: {
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
    suppressed: { pending: 4, outstanding: 2, queue: 7, buffered: 1 },
    barriers: [
      { commitTs: 5n, isSyncPoint: false, missingCount: 20, missingTables: [8, 9] },
      { commitTs: 6n, isSyncPoint: true, missingCount: 0, missingTables: [] },
    ],
  });
});

test('a look at which a thread did not answer takes nothing back', () => {
  const earlier = { ...NO_SAMPLE, rows: 9, changes: 8, ddls: 2, suppressed: { pending: 3 } };
  const later = { ...NO_SAMPLE, ddls: 4, syncPoints: 1, suppressed: { pending: 1, gate: 2 } };
  expect(laterSample(earlier, later)).toEqual({
    rows: 9,
    changes: 8,
    ddls: 4,
    syncPoints: 1,
    suppressed: { pending: 3, gate: 2 },
    barriers: [],
  });
});
