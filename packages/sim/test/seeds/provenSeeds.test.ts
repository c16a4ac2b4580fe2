import { runScenario, scenarioOf } from '@tidegate/sim';
import { describe, expect, it } from 'vitest';

/** Seeds that have found something, each with what it was. */
const PROVEN = [
  [20, 'tables', 'a live dispatcher that complete heartbeats in parts did not name was taken for lost (H-1)'],
  [10, 'sinks', 'a dispatcher that starts at the ts of a sync point was not given it (D-2)'],
  [26, 'tables', 'an event executed again by the successor of its writer (T-5)'],
  [7, 'workers', 'a lost trigger began again above an add that nobody had acknowledged (D-41)'],
  [16, 'workers', 'a trigger met an event again whose tables were gone (T-11)'],
  [12, 'control', 'a forwarded event scheduled nothing, and its table was lost (B-63)'],
  [28, 'control', 'a table had two dispatchers after a restart (S-6)'],
  [38, 'control', 'a table had two dispatchers after a restart (S-6)'],
  [5, 'handovers', 'main stood at a held barrier and told nobody how far it was (D-46)'],
  [11, 'handovers', 'a removal waited for a write that would never have its turn (D-48)'],
  [76, 'handovers', 'a removal waited for a write that would never have its turn (D-48)'],
  [28, 'routes', 'routes changed out of turn: the report of an earlier DDL was lost (N-2)'],
  [43, 'routes', 'routes changed out of turn: the report of an earlier DDL was lost (N-2)'],
  [126, 'everything', 'a trigger that was lost while it was told to write (T-1)'],
  [177, 'everything', 'a trigger that was lost while it was told to write (T-1)'],
  [527, 'everything', 'a table was scheduled once more, for its event was met again by a dispatcher created below it (W-14)'],
  [854, 'everything', 'an event waited for a table that a later one had dropped before a restart (B-60)'],
  [1448, 'losses', 'an event waited for a table that a later one had dropped before a restart (B-60)'],
  [940, 'everything', 'the DONE of a writer came behind the news that it had been moved (B-39)'],
  [459, 'fences', 'a host that came again was taken for bootstrapped by the word of the process before it (T-10)'],
  [2721, 'fences', 'of the simulator: a create on its way to a table that was dropped is no violation (K-7)'],
  [897, 'routes', 'a lost DONE was not told again, for the source stood at its event and brought no mark (D-37)'],
  [2784, 'routes', 'the report of a trigger went out with the facts of others, and its admissions were never told (N-1)'],
] as const;

describe('seeds that have found a defect', () => {
  it.each(PROVEN)('seed %i of %s: %s', { timeout: 120_000 }, async (seed, profile) => {
    const { violations } = await runScenario(scenarioOf(seed, profile));
    expect(violations).toEqual([]);
  });
});
