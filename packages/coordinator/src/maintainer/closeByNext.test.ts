import { describe, expect, it } from 'vitest';
import { config, EPOCH, MAINTAINER, STOPPED, TestHost, typeOf } from '../testing/host.js';

const NEXT = 'next';
const close = (epoch: number, removed = true) => ({ type: 'close', epoch, removed }) as const;
const response = (epoch: number, success: boolean) => ({ type: 'close-response', from: 'host-0', epoch, success });
const answers = (host: TestHost, to: string) => host.messages(to).filter((message) => typeOf(message) !== 'heartbeat');

describe('a close of an epoch that never came to own this host (F-2, F-4, F-8)', () => {
  it('removes what the epoch before has left, and says so only then', () => {
    const host = new TestHost();
    host.bootstrap([2]);
    host.receive(NEXT, { type: 'bootstrap', epoch: EPOCH + 1, startTs: 10n, trigger: config(0, { id: 'f'.repeat(32) }) });
    expect(answers(host, NEXT)).toMatchObject([{ error: { code: 'COORDINATOR_TRIGGER_MISMATCH' } }]);
    host.context.take();
    host.receive(NEXT, close(EPOCH + 1));
    expect(answers(host, NEXT)).toEqual([response(EPOCH + 1, false)]);
    expect([...host.messages('worker-0'), ...host.messages('worker-1')].map(typeOf)).toEqual(['remove', 'remove']);
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [config(9)], remove: [] });
    expect(answers(host, MAINTAINER)).toMatchObject([{ type: 'stale-epoch', refused: 'schedule' }]);
    host.components('worker-0', { handle: 0, state: STOPPED });
    host.components('worker-1', { handle: 2, state: STOPPED });
    expect([answers(host, NEXT), host.coordinator.inspect().dispatchers]).toEqual([[response(EPOCH + 1, true)], 0]);
  });

  it('leaves its tombstone where nothing was: a bootstrap that comes after it is refused, a later one is taken', () => {
    const host = new TestHost();
    host.receive(NEXT, close(EPOCH));
    expect(host.context.take().map(({ message }) => message)).toEqual([response(EPOCH, true)]);
    for (const epoch of [1, EPOCH]) host.receive(NEXT, { type: 'bootstrap', epoch, startTs: 10n, trigger: config(0) });
    expect(host.context.take().map(({ message }) => typeOf(message))).toEqual(['stale-epoch', 'stale-epoch']);
    host.receive(NEXT, close(EPOCH));
    expect(answers(host, NEXT)).toEqual([response(EPOCH, true)]);
    host.receive(NEXT, { type: 'bootstrap', epoch: EPOCH + 1, startTs: 10n, trigger: config(0) });
    expect(host.coordinator.inspect()).toMatchObject({ epoch: EPOCH + 1, maintainer: NEXT, dispatchers: 1 });
  });

  it('an older one, or one of the same epoch and another owner, changes nothing', () => {
    const host = new TestHost();
    host.bootstrap([2]);
    for (const epoch of [EPOCH - 1, EPOCH]) host.receive(NEXT, close(epoch));
    expect(host.context.take().map(({ message }) => message)).toEqual([response(EPOCH - 1, true), response(EPOCH, true)]);
    expect(host.coordinator.inspect()).toMatchObject({ epoch: EPOCH, maintainer: MAINTAINER, dispatchers: 2 });
  });

  it('a stranger’s changes nothing, where only one maintainer may own this host', () => {
    const host = new TestHost({ maintainer: MAINTAINER });
    host.bootstrap([2]);
    host.receive('stranger', close(EPOCH + 1));
    expect(host.coordinator.inspect()).toMatchObject({ epoch: EPOCH, maintainer: MAINTAINER, dispatchers: 2 });
  });
});
