import { type BlockFacts, STATUS_WORDS, Stage, statusFlags, writeStatus } from '@tidegate/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { EPOCH, MAINTAINER, normal, rowsOf, TestHost } from '../testing/host.js';
import { facts, key } from '../testing/statuses.js';

const long = (ts: number): BlockFacts => ({
  ...facts(ts),
  blockTables: { type: 'normal', tableIds: Array.from({ length: 10_000 }, (_, index) => index) },
});

describe('long facts (T-A)', () => {
  let host: TestHost;

  beforeEach(() => {
    host = new TestHost();
    host.bootstrap([2, 3, 4, 5]);
  });

  const report = (handle: number, ts = 50, known: BlockFacts = long(ts)) => {
    host.learn(ts, false, 0, known);
    host.record(Stage.WAITING, handle, ts);
    host.advance(10);
  };
  const told = () => host.requests().map(({ events }) => events.map((event) => event.facts !== undefined));

  test('go once to a maintainer; short ones go with every batch', () => {
    for (const handle of [2, 3, 4]) report(handle);
    expect(told()).toEqual([[true], [false], [false]]);
    for (const handle of [2, 3]) report(handle, 60, facts(60));
    expect(told()).toEqual([[true], [true]]);
  });

  test('go again when a status is not admitted: the maintainer may not have them', () => {
    report(2);
    report(3);
    told();
    host.answer([{ target: normal(3), ignored: key(50) }]);
    report(3);
    expect(told()).toEqual([[true]]);
  });

  test('go again with a resend, and with what is resent to a new maintainer', () => {
    report(2);
    report(3);
    told();
    host.advance(2_000);
    expect(told().flat()).toContain(true);
    host.receive('@outside', { type: 'owner-lost', epoch: EPOCH });
    host.components('worker-0', { handle: 0, state: 1 });
    host.context.take();
    host.receive('next', { type: 'bootstrap', epoch: EPOCH + 1, startTs: 10n });
    const requests = host.messages('next') as { type: string; events?: { facts?: BlockFacts }[] }[];
    expect(
      requests.filter(({ type }) => type === 'block-statuses').map(({ events }) => events?.[0]?.facts !== undefined),
    ).toEqual([true]);
  });

  test('what waits for a maintainer that is gone takes them along to the next', () => {
    report(2);
    host.context.full.add(MAINTAINER);
    report(3);
    host.receive('@outside', { type: 'owner-lost', epoch: EPOCH });
    host.components('worker-0', { handle: 0, state: 1 });
    host.receive('next', { type: 'bootstrap', epoch: EPOCH + 1, startTs: 10n });
    const [first] = host.messages('next') as { events?: { facts?: BlockFacts }[] }[];
    expect(first?.events?.[0]?.facts).toEqual(long(50));
  });

  test('a NONE, a status of the trigger, and facts that have grown always carry them', () => {
    report(2);
    host.record(Stage.NONE, 3, 50);
    host.advance(10);
    host.record(Stage.WAITING, 0, 50);
    host.advance(10);
    const release = { type: 'release', schema: 'a', table: 'b' } as const;
    report(4, 50, { ...long(50), admissions: [release], admissionsAfter: 40n });
    const requests = host.requests();
    expect(requests.map(({ events }) => events[0]?.facts !== undefined)).toEqual([true, true, true, true]);
    expect(requests.at(-1)?.events[0]?.facts).toMatchObject({ admissions: [release], admissionsAfter: 40n });
  });
});

describe('admissions, which only the trigger tells (N-1)', () => {
  const release = { type: 'release-schema', schema: 'a' } as const;
  const ofTrigger: BlockFacts = { ...facts(50), admissions: [release] };
  let host: TestHost;

  beforeEach(() => {
    host = new TestHost({ idleEvents: 1 });
    host.bootstrap([2, 3, 4, 5]);
  });

  const learnForgetLearn = () => {
    host.learn(50, false, 0, ofTrigger);
    host.learn(60);
    host.learn(50, false, 0, facts(50), true);
  };
  const run = (...handles: number[]) => {
    const words = new Uint32Array(handles.length * STATUS_WORDS);
    handles.forEach((handle, row) => {
      writeStatus(words, row * STATUS_WORDS, Stage.WAITING, statusFlags(false, 0, false), handle, 1, 0, 50);
    });
    host.coordinator.receiveRecords(words, 0, handles.length, 'worker-0');
  };
  const sent = () => {
    host.advance(10);
    return host.requests().flatMap((request) => {
      const admissions = request.events.flatMap((event) => event.facts?.admissions ?? []);
      return [[rowsOf(request).map(({ handle }) => handle), admissions]];
    });
  };

  test.each([Stage.WAITING, Stage.NONE])('a report of the trigger (%i) does not go out without them', (stage) => {
    learnForgetLearn();
    host.record(stage, 0, 50);
    host.record(Stage.WAITING, 2, 50);
    expect(sent()).toEqual([[[2], []]]);
    expect(host.coordinator.inspect().statuses.withoutFacts).toBe(1);
    host.learn(50, false, 0, ofTrigger);
    host.record(stage, 0, 50);
    expect(sent()).toEqual([[[0], [release]]]);
  });

  test('nor in a run with others, which go', () => {
    learnForgetLearn();
    run(2, 3, 0, 4, 5);
    expect(sent()).toEqual([[[2, 3, 4, 5], []]]);
    host.learn(50, false, 0, ofTrigger);
    run(2, 0);
    expect(sent()).toEqual([[[0], [release]]]);
  });

  test('a DDL without any is told by the facts of anybody', () => {
    host.learn(50);
    host.record(Stage.WAITING, 0, 50);
    expect(sent()).toEqual([[[0], []]]);
  });
});

describe('a request that no lane can hold', () => {
  /** A lane to the maintainer that holds requests of at most `rows` statuses. */
  function narrow(host: TestHost, rows: number): void {
    const send = host.context.send.bind(host.context);
    host.context.send = (to, message, delivery) => {
      const { type, handle } = message as { type: string; handle?: Uint32Array };
      if (type === 'block-statuses' && (handle?.length ?? 0) > rows) {
        throw Object.assign(new Error('too large'), { code: 'RUNTIME_MESSAGE_TOO_LARGE' });
      }
      return send(to, message, delivery);
    };
  }

  test('goes in halves, in order, each with its own events; every key is settled by its own reply', () => {
    const host = new TestHost();
    const handles = Array.from({ length: 50 }, (_, index) => index + 2);
    host.bootstrap(handles);
    narrow(host, 7);
    for (const handle of handles) host.done(handle, handle < 30 ? 50 : 60);
    host.advance(10);
    const requests = host.requests();
    expect(requests.flatMap((request) => rowsOf(request).map(({ handle, ts }) => [handle, Number(ts)]))).toEqual(
      handles.map((handle) => [handle, handle < 30 ? 50 : 60]),
    );
    expect(requests.every(({ handle, events }) => handle.length <= 7 && events.length <= 2)).toBe(true);
    expect(requests[0]?.events.length).toBe(1);
    for (const { seq } of requests) host.answer([], { inReplyTo: seq });
    expect(host.coordinator.inspect().statuses).toMatchObject({ keys: 0, outstanding: 0, queued: 0 });
  });

  test('a single status that is too large is an error of the changefeed (H-7), not silence', () => {
    const host = new TestHost();
    host.bootstrap([2]);
    narrow(host, 0);
    host.done(2, 50);
    host.advance(10);
    expect(host.coordinator.inspect().progress.error).toContain('COORDINATOR_STATUS_TOO_LARGE: ');
    expect(host.coordinator.inspect().statuses).toMatchObject({ keys: 0, queued: 0, outstanding: 0 });
  });
});
