import type { HostSnapshot } from '@tidegate/host';
import { describe, expect, test } from 'vitest';
import { hostSnapshot } from '../testing/fakeHost.js';
import { HostReader } from './sample.js';

const suppressed = { pending: 3, reserved: 4, outstanding: 500 };
const statuses = {
  ...{ pending: 1, pendingCapacity: 16_384, queued: 2, queueCapacity: 10_000, outstanding: 90, sent: 220, resent: 100 },
  ...{ suppressed, refused: 5, withoutFacts: 6 },
};
const drill = { phase: 'stalled', requests: 2, statuses: 150, stalledAt: 1, now: 2 };
const actor = { ...{ state: 'running', turns: 1, timers: 0, asks: 0, lateReplies: 0, counters: {}, inbound: [], outbound: [] } };
const way = { paused: true, empty: false, records: 0 };
const toMaintainer = { to: 'maintainer', backlog: 0, sent: 12, refusals: 0, coalesced: 0 };

function busy(): HostSnapshot {
  const usage = { cpu: 7, heapUsed: 10, heapTotal: 20, external: 5 };
  return hostSnapshot({
    coordinator: { statuses },
    maintainer: { buffered: { statuses: 8, suppressed: 20, refused: 1 }, drill, changefeed: { tasks: { replicating: 101 } } },
    workers: { 'worker-0': { posted: 600, suppressed: 30 }, 'worker-1': { posted: 100, suppressed: 0 } },
    threads: [
      {
        ...{ name: 'control', state: 'running', usage },
        actors: [
          { ...actor, address: 'coordinator', outbound: [toMaintainer], detail: {} },
          { ...actor, address: 'maintainer', inbound: [{ ...way, from: 'coordinator', messages: 5 }], detail: {} },
        ],
      } as unknown as HostSnapshot['threads'][number],
      { name: 'worker-1', state: 'unresponsive', actors: [] },
    ],
  });
}

describe('a look at a host in a storm', () => {
  test('counts every stage', () => {
    expect(new HostReader().read(busy())).toEqual({
      working: 101,
      counts: {
        offered: 730,
        suppressed: { worker: 30, pending: 3, queue: 4, outstanding: 500, maintainer: 20 },
        ...{ refused: 12, sent: 220, resent: 100, received: 150, handled: 121 },
      },
      depths: { pending: 1, pendingBound: 16_384, queue: 2, queueBound: 10_000, outstanding: 90, inbox: 7, buffer: 8 },
      threads: [{ name: 'control', cpu: 7, heap: 15 }],
      drill,
    });
  });

  test('keeps what an actor said last while its thread does not answer', () => {
    const reader = new HostReader();
    const seen = reader.read(busy());
    const { coordinator: _, maintainer: __, ...rest } = busy();
    const part = reader.read({ ...rest, workers: { 'worker-1': { posted: 101, suppressed: 0 } } });
    expect(part.counts).toEqual({ ...seen.counts, offered: 731 });
    expect(part).toMatchObject({ working: 101, drill });
  });

  test('of a host of which nothing is known yet has only noughts', () => {
    const { counts, working, threads } = new HostReader().read(hostSnapshot());
    expect(counts).toMatchObject({ offered: 0, sent: 0, received: 0, handled: 0 });
    expect({ working, threads }).toEqual({ working: 0, threads: [] });
  });
});
