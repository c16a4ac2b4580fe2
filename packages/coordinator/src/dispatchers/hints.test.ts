import { type CreateMany, configsOf, type RemoveDispatchers, STATUS_PART_ROWS } from '@tidegate/protocol';
import { describe, expect, test } from 'vitest';
import { config, EPOCH, INITIALIZING, MAINTAINER, normal, TestHost, typeOf, WORKING } from '../testing/host.js';
import { key } from '../testing/statuses.js';

describe('a hint for a dispatcher that works (T-3, H-6)', () => {
  const states = (host: TestHost) => host.heartbeats().map(({ statuses }) => Array.from(statuses?.handle ?? []));

  test('says that the news may be lost: it is told again before the repeat, once a heartbeat interval', () => {
    const host = new TestHost({ heartbeatFirst: 500 });
    host.bootstrap([2, 3]);
    host.components('worker-1', { handle: 2, state: INITIALIZING }, { handle: 2, state: WORKING, checkpointTs: 11n });
    host.advance(10);
    host.context.take();
    for (let bounce = 0; bounce < 5; bounce++) {
      host.answer([{ target: normal(2, 3), ignored: key(50) }]);
      host.waiting(2, 50);
      host.advance(10);
    }
    const sent = host.messages(MAINTAINER);
    expect(sent.slice(0, 2).map(typeOf)).toEqual(['heartbeat', 'block-statuses']);
    expect(sent.filter((message) => typeOf(message) === 'heartbeat').length).toBe(1);
    host.advance(500);
    host.context.take();
    host.answer([{ target: normal(2), ignored: key(50) }]);
    host.advance(10);
    expect(states(host)).toEqual([[2]]);
  });

  test('while the maintainer takes nothing, what hints ask for is not gathered beyond the bound (H-8)', () => {
    const host = new TestHost({ componentStatusCapacity: 2, heartbeatInterval: 20, heartbeatFirst: 0 });
    host.bootstrap([2, 3, 4]);
    for (const handle of [2, 3, 4]) host.components('worker-1', { handle, state: WORKING, checkpointTs: 11n });
    host.advance(40);
    host.context.full.add(MAINTAINER);
    for (let interval = 0; interval < 5; interval++) {
      for (const handle of [2, 3, 4]) host.answer([{ target: normal(handle), ignored: key(50) }]);
      host.advance(20);
    }
    expect(host.coordinator.inspect().progress).toMatchObject({ componentStatuses: 2, mostComponentStatuses: 2 });
    host.context.full.delete(MAINTAINER);
    host.coordinator.room(MAINTAINER);
    expect(host.coordinator.inspect().progress.componentStatuses).toBe(0);
  });

  test('when a request of the maintainer fills the window, the workers are paused before their next message (H-8, L-8)', () => {
    const host = new TestHost({ componentStatusCapacity: 1 });
    host.bootstrap([2, 3]);
    host.advance(40);
    host.context.full.add(MAINTAINER);
    const remove = [
      { id: '0'.repeat(31).concat('a'), handle: 10, generation: 1 },
      { id: '0'.repeat(31).concat('b'), handle: 11, generation: 1 },
    ];
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [], remove });
    expect(host.context.paused).toEqual(new Set(['worker-0', 'worker-1']));
    expect(host.coordinator.inspect().progress).toMatchObject({ componentStatuses: 1, mostComponentStatuses: 1 });
    host.context.full.delete(MAINTAINER);
    host.coordinator.room(MAINTAINER);
    expect(host.context.paused.size).toBe(0);
  });

  test('one that does not work yet, that goes, or that is another is not told', () => {
    const host = new TestHost();
    host.bootstrap([2, 3]);
    host.components('worker-1', { handle: 2, state: WORKING });
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [], remove: [{ id: '', handle: 2, generation: 1 }] });
    host.advance(10);
    host.context.take();
    host.answer([{ target: normal(2, 3, 77), ignored: key(50) }]);
    host.advance(10);
    expect(states(host)).toEqual([]);
  });
});

describe('messages in parts that fit the smallest lane', () => {
  const handles = Array.from({ length: 6_000 }, (_, index) => index + 2);

  test('creates and removes, in order and complete', () => {
    const host = new TestHost({ workers: ['worker-0'] });
    host.bootstrap();
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: handles.map((handle) => config(handle)), remove: [] });
    const creates = host.messages('worker-0') as CreateMany[];
    expect(creates.flatMap(configsOf)).toEqual(handles.map((handle) => config(handle)));
    expect(Math.max(...creates.map(({ columns }) => columns.handle.length))).toBeLessThan(500);
    host.receive(MAINTAINER, { type: 'close', epoch: EPOCH, removed: false });
    const removes = host.messages('worker-0') as RemoveDispatchers[];
    expect(removes.flatMap(({ handle }) => [...handle])).toEqual([0, ...handles]);
    expect(removes.map(({ force, handle }) => [force, handle.length])).toEqual([
      [true, 1],
      [undefined, 2_560],
      [undefined, 2_560],
      [undefined, 880],
    ]);
  });

  test('component statuses: each part with the bounds of all, the last one complete (H-1, H-6)', () => {
    const host = new TestHost({ workers: ['worker-0'], heartbeatFirst: 60_000 });
    host.bootstrap(handles);
    for (let from = 0; from < handles.length; from += 1_000) {
      const rows = handles
        .slice(from, from + 1_000)
        .map((handle) => ({ handle, state: WORKING, checkpointTs: 5n + BigInt(handle) }));
      host.components('worker-0', ...rows);
    }
    host.advance(10);
    const heartbeats = host.heartbeats();
    expect(heartbeats.flatMap(({ statuses }) => [...(statuses?.handle ?? [])])).toEqual(handles);
    expect(heartbeats.map(({ statuses }) => statuses?.handle.length)).toEqual([1024, 1024, 1024, 1024, 1024, 880]);
    expect(STATUS_PART_ROWS).toBe(1024);
    expect(heartbeats.every(({ watermark }) => watermark?.checkpointTs === 7n)).toBe(true);
  });

  test('component statuses that found no room go on where they stopped', () => {
    const host = new TestHost({ workers: ['worker-0'], heartbeatFirst: 60_000 });
    host.bootstrap(handles);
    let room = 2;
    const send = host.context.send.bind(host.context);
    host.context.send = (to, message, delivery) => (to === MAINTAINER && room-- <= 0 ? false : send(to, message, delivery));
    host.components('worker-0', ...handles.map((handle) => ({ handle, state: WORKING })));
    host.advance(10);
    expect(host.coordinator.inspect().progress.componentStatuses).toBe(handles.length - 2_048);
    room = 100;
    host.components('worker-0', { handle: 0, state: WORKING });
    host.room(MAINTAINER);
    expect(host.heartbeats().flatMap(({ statuses }) => [...(statuses?.handle ?? [])])).toEqual([...handles, 0]);
  });
});
