import { Offered, PendingMap } from '@tidegate/coordinator';
import { Mode, Stage, tsHigh, tsLow } from '@tidegate/protocol';
import type { Measurement } from '../harness/measurement.js';
import { type MicroCase, microCase } from '../harness/microCase.js';

const BATCH = 2_048;
const REPEATS = 19;
const COMMIT_TS = 462_000_000_000_000_000n;

/** Dedupe stage L by itself: offers, and everything that was accepted taken out again. */
export const pendingMap: Measurement = {
  name: 'pending-map',
  title: 'offer to the pending map and take what was accepted',
  unit: 'offers',
  open: async (scale) => ({
    cases: [ours('unique', 0), strings('unique', 0), ours('95 % duplicates', REPEATS), strings('95 % duplicates', REPEATS)].map(
      (one) => microCase(one, scale),
    ),
    close: async () => {},
  }),
};

function ours(stream: string, repeats: number): MicroCase {
  const map = new PendingMap();
  const event = map.events.intern(tsHigh(COMMIT_TS), tsLow(COMMIT_TS), Mode.DEFAULT);
  let calls = 0;
  let accepted = 0;
  let taken = 0;
  return {
    name: `ours, ${stream}`,
    baseline: `Set of strings, ${stream}`,
    items: BATCH * (1 + repeats),
    body: () => {
      calls++;
      const first = 2 + (calls & 31) * BATCH;
      for (let round = 0; round <= repeats; round++) {
        for (let i = 0; i < BATCH; i++) {
          if (map.offerKey(first + i, 1, event, Stage.WAITING, false) === Offered.ACCEPTED) accepted++;
        }
      }
      while (map.shift()) {
        taken++;
        map.release();
      }
    },
    check: () => faultOf(calls, accepted, taken, map.keys.size),
  };
}

/** What one would write first: a key as text, a Set of keys, an array of statuses. */
function strings(stream: string, repeats: number): MicroCase {
  const keys = new Set<string>();
  let calls = 0;
  let accepted = 0;
  let taken = 0;
  return {
    name: `Set of strings, ${stream}`,
    items: BATCH * (1 + repeats),
    body: () => {
      calls++;
      const queue: { key: string; handle: number; generation: number; commitTs: bigint; stage: Stage }[] = [];
      const first = 2 + (calls & 31) * BATCH;
      for (let round = 0; round <= repeats; round++) {
        for (let i = 0; i < BATCH; i++) {
          const handle = first + i;
          const key = `${handle}/1/${COMMIT_TS}/${Stage.WAITING}`;
          if (keys.has(key)) continue;
          keys.add(key);
          queue.push({ key, handle, generation: 1, commitTs: COMMIT_TS, stage: Stage.WAITING });
          accepted++;
        }
      }
      for (const { key } of queue) {
        keys.delete(key);
        taken++;
      }
    },
    check: () => faultOf(calls, accepted, taken, keys.size),
  };
}

function faultOf(calls: number, accepted: number, taken: number, left: number): string | undefined {
  if (accepted !== calls * BATCH) return `accepted ${accepted} of ${calls * BATCH} distinct statuses`;
  return taken === accepted && left === 0 ? undefined : `${accepted} accepted, ${taken} taken, ${left} keys left`;
}
