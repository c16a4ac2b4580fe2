import { BatchBuilder, EventTable, Offered, RequestQueue } from '@tidegate/coordinator';
import { Mode, Stage, tsHigh, tsLow } from '@tidegate/protocol';
import type { Measurement } from '../harness/measurement.js';
import { type MicroCase, microCase } from '../harness/microCase.js';

const BATCH = 2_048;
const REPEATS = 19;
const COMMIT_TS = 462_000_000_000_000_000n;

/** Dedupe stage Q by itself: a request is built and enqueued, then sent and completed; repeats of it come while it waits. */
export const requestQueue: Measurement = {
  name: 'request-queue',
  title: 'build and enqueue requests of 2 048, send and complete what was not suppressed',
  unit: 'statuses',
  open: async (scale) => ({
    cases: [ours('unique', 0), strings('unique', 0), ours('95 % duplicates', REPEATS), strings('95 % duplicates', REPEATS)].map(
      (one) => microCase(one, scale),
    ),
    close: async () => {},
  }),
};

function ours(stream: string, repeats: number): MicroCase {
  const events = new EventTable();
  const queue = new RequestQueue({ events, target: 'maintainer' });
  const builder = new BatchBuilder(events, Mode.DEFAULT, BATCH);
  const event = events.intern(tsHigh(COMMIT_TS), tsLow(COMMIT_TS), Mode.DEFAULT);
  let calls = 0;
  let enqueued = 0;
  let sent = 0;
  return {
    name: `ours, ${stream}`,
    baseline: `Set of strings, ${stream}`,
    items: BATCH * (1 + repeats),
    body: () => {
      calls++;
      for (let round = 0; round <= repeats; round++) {
        for (let i = 0; i < BATCH; i++) builder.push(2 + i, 1, event, Stage.WAITING, false);
        if (queue.enqueue(builder.finish('maintainer')) === Offered.ACCEPTED) enqueued++;
      }
      const request = queue.dequeue();
      sent += request?.handle.length ?? 0;
      queue.sendComplete(request);
    },
    check: () => {
      if (enqueued !== calls || sent !== calls * BATCH)
        return `${calls} distinct requests, ${enqueued} enqueued, ${sent} statuses`;
      return queue.length + queue.inFlight + queue.reserved === 0 ? undefined : 'the queue is not empty';
    },
  };
}

function strings(stream: string, repeats: number): MicroCase {
  const keys = new Set<string>();
  let calls = 0;
  let sent = 0;
  return {
    name: `Set of strings, ${stream}`,
    items: BATCH * (1 + repeats),
    body: () => {
      calls++;
      const queue: { key: string; handle: number }[][] = [];
      for (let round = 0; round <= repeats; round++) {
        const request: { key: string; handle: number }[] = [];
        for (let i = 0; i < BATCH; i++) {
          const key = `maintainer/${2 + i}/1/${COMMIT_TS}/${Stage.WAITING}`;
          if (keys.has(key)) continue;
          keys.add(key);
          request.push({ key, handle: 2 + i });
        }
        if (request.length > 0) queue.push(request);
      }
      for (const request of queue) {
        sent += request.length;
        for (const { key } of request) keys.delete(key);
      }
    },
    check: () => (sent === calls * BATCH && keys.size === 0 ? undefined : `${calls} distinct requests, ${sent} statuses sent`),
  };
}
