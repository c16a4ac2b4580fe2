import { type CoordinatorToMaintainer, Mode } from '@tidegate/protocol';
import { describe, expect, test } from 'vitest';
import { config, EPOCH, MAINTAINER, normal, STOPPED, TestHost, typeOf, WORKING } from '../testing/host.js';
import { key } from '../testing/statuses.js';
import { Ownership } from './ownership.js';

function owned(address: string, epoch: number): Ownership {
  const ownership = new Ownership();
  ownership.take(address, epoch);
  return ownership;
}

describe('epoch rules', () => {
  test('PreCheck_MaintainerEpochFence / HeartBeatResponseAllowedByMaintainerEpoch (F-3)', () => {
    const current = owned('current', 2);
    expect([current.allows('old', 1), current.allows('current', 2), current.allows('current', 0)]).toEqual([false, true, false]);
    expect(owned('compat', 0).allows('compat', 0)).toBe(true);
  });

  test('22.20: an equal epoch of another owner is refused (F-2, F-3)', () => {
    const current = owned('current', 2);
    expect([current.allows('other', 2), current.mayTake('other', 2), current.mayTake('current', 2)]).toEqual([
      false,
      false,
      true,
    ]);
  });

  test('TryUpdateMaintainerEpoch (F-2)', () => {
    const current = owned('current', 2);
    expect(current.mayTake('current', 0)).toBe(false);
    expect(current.mayTake('new', 3)).toBe(true);
    expect([current.address, current.epoch]).toEqual(['current', 2]);
    expect(current.mayTake('old', 1)).toBe(false);
    expect(owned('old', 0).mayTake('new', 0)).toBe(true);
  });

  test('F-8: a closed epoch cannot come back, a later one can', () => {
    const ownership = owned('current', 2);
    ownership.close(false);
    expect([1, 2, 3].map((epoch) => ownership.mayTake('next', epoch))).toEqual([false, false, true]);
    expect(ownership.allows('current', 2)).toBe(false);
  });
});

describe('bootstrap (section 21)', () => {
  const bootstrap = (epoch: number, trigger = config(0)) => ({ type: 'bootstrap', epoch, startTs: 10n, trigger }) as const;
  const responses = (host: TestHost, to = MAINTAINER) =>
    host.messages(to).filter((message) => typeOf(message) !== 'heartbeat') as CoordinatorToMaintainer[];

  test('S-1, S-3: creates the trigger, asks every worker, answers with all spans and the start ts of the trigger', () => {
    const host = new TestHost();
    host.receive(MAINTAINER, bootstrap(EPOCH));
    const sent = host.context.take();
    expect(sent.map(({ to, message }) => [to, typeOf(message)])).toEqual([
      ['worker-0', 'create'],
      ['worker-0', 'snapshot'],
      ['worker-1', 'snapshot'],
    ]);
    expect(sent[0]?.message).toEqual({ type: 'create', configs: [config(0)] });
    const id = (sent[1]?.message as { id: number } | undefined)?.id ?? 0;
    const span = (handle: number) => ({ config: config(handle), state: WORKING, checkpointTs: 5n });
    host.receive('worker-1', { type: 'worker-snapshot', id, spans: [span(5)] });
    host.receive('worker-1', { type: 'worker-snapshot', id, spans: [span(6)] });
    expect(responses(host)).toEqual([]);
    host.receive('worker-0', { type: 'worker-snapshot', id, spans: [span(0)] });
    expect(responses(host)).toEqual([
      // T-F: where the trigger lives. The other one stopped before it could be placed here.
      {
        type: 'bootstrap-response',
        from: 'host-0',
        epoch: EPOCH,
        spans: [{ ...span(0), worker: 0 }, span(5)],
        checkpointTs: 10n,
      },
    ]);
  });

  test('S-3: 0 on a host without the trigger', () => {
    const host = new TestHost();
    host.receive(MAINTAINER, { type: 'bootstrap', epoch: EPOCH, startTs: 10n });
    host.answerSnapshots();
    expect(responses(host)).toMatchObject([{ type: 'bootstrap-response', checkpointTs: 0n, spans: [] }]);
  });

  test('T-10: the answer repeats which coming of the host it was asked for; for another one it begins anew', () => {
    const host = new TestHost({ snapshotDeadline: 300 });
    for (const join of [1, 2]) host.receive(MAINTAINER, { ...bootstrap(EPOCH), join });
    host.answerSnapshots();
    expect(responses(host)).toMatchObject([{ type: 'bootstrap-response', join: 2, checkpointTs: 10n }]);
    host.context.take();
    host.receive(MAINTAINER, { ...bootstrap(EPOCH), join: 3 });
    host.advance(300);
    expect(responses(host)).toMatchObject([{ join: 3, error: { code: 'COORDINATOR_WORKER_SILENT' } }]);
    host.receive(MAINTAINER, { ...bootstrap(EPOCH, config(0, { id: 'e'.repeat(32) })), join: 4 });
    expect(responses(host)).toMatchObject([{ join: 4, error: { code: 'COORDINATOR_TRIGGER_MISMATCH' } }]);
  });

  test('a repeated request is answered once, and again after that', () => {
    const host = new TestHost();
    host.receive(MAINTAINER, bootstrap(EPOCH));
    host.receive(MAINTAINER, bootstrap(EPOCH));
    expect(host.context.sent.filter(({ message }) => typeOf(message) === 'create').length).toBe(1);
    host.answerSnapshots();
    expect(responses(host).length).toBe(1);
    host.context.take();
    host.receive(MAINTAINER, bootstrap(EPOCH));
    host.answerSnapshots();
    expect(responses(host).length).toBe(1);
    expect(host.coordinator.inspect().dispatchers).toBe(1);
  });

  test('a worker that is silent until the deadline fails the attempt by name; the next request tries again', () => {
    const host = new TestHost({ snapshotDeadline: 300 });
    host.receive(MAINTAINER, bootstrap(EPOCH));
    const requests = host.context.take('worker-0').map(({ message }) => message as { type: string; id: number });
    const { id } = requests.find(({ type }) => type === 'snapshot') ?? { id: 0 };
    host.receive('worker-0', { type: 'worker-snapshot', id, spans: [] });
    host.advance(300);
    const [response] = responses(host);
    expect(response).toMatchObject({ type: 'bootstrap-response', epoch: EPOCH, error: { code: 'COORDINATOR_WORKER_SILENT' } });
    expect((response as { error: { message: string } }).error.message).toMatch(/^worker-1 on host-0 .* 300 ms/);
    // Too late: the attempt is over.
    host.receive('worker-1', { type: 'worker-snapshot', id, spans: [] });
    expect(responses(host)).toEqual([]);
    host.context.take();
    host.receive(MAINTAINER, bootstrap(EPOCH));
    host.answerSnapshots();
    expect(responses(host)).toMatchObject([{ type: 'bootstrap-response' }]);
    expect(host.coordinator.inspect().maintainer).toBe(MAINTAINER);
  });

  test('F-2: a lower or equal foreign epoch is refused with a notice, and asks nobody', () => {
    const host = new TestHost();
    host.bootstrap();
    host.receive('old', bootstrap(EPOCH - 1));
    host.receive('other', bootstrap(EPOCH));
    expect(host.context.take().map(({ to, message }) => [to, message])).toEqual([
      ['old', { type: 'stale-epoch', from: 'host-0', refused: 'bootstrap', refusedEpoch: EPOCH - 1, currentEpoch: EPOCH }],
      ['other', { type: 'stale-epoch', from: 'host-0', refused: 'bootstrap', refusedEpoch: EPOCH, currentEpoch: EPOCH }],
    ]);
  });

  test('BootstrapTriggerMismatchKeepsOldMaintainerOwner, NilTriggerRejectsExistingTableTrigger (S-2)', () => {
    const host = new TestHost();
    host.bootstrap();
    host.receive('new', bootstrap(EPOCH + 1, config(0, { id: 'f'.repeat(32) })));
    host.receive('new', { type: 'bootstrap', epoch: EPOCH + 1, startTs: 10n });
    const error = { code: 'COORDINATOR_TRIGGER_MISMATCH' };
    const expected = { type: 'bootstrap-response', epoch: EPOCH + 1, spans: [], checkpointTs: 0n, error };
    expect(responses(host, 'new')).toMatchObject([expected, expected]);
    expect(host.coordinator.inspect()).toMatchObject({ epoch: EPOCH, maintainer: MAINTAINER });
    // The old owner's close is then processed, not yet successful.
    host.receive(MAINTAINER, { type: 'close', epoch: EPOCH, removed: false });
    expect(responses(host)).toEqual([{ type: 'close-response', from: 'host-0', epoch: EPOCH, success: false }]);
    host.components('worker-0', { handle: 0, state: STOPPED });
    expect(responses(host)).toEqual([{ type: 'close-response', from: 'host-0', epoch: EPOCH, success: true }]);
    host.receive('new', bootstrap(EPOCH + 1, config(0, { id: 'f'.repeat(32), generation: 2 })));
    expect(host.coordinator.inspect()).toMatchObject({ epoch: EPOCH + 1, maintainer: 'new' });
  });

  test('only the named maintainer may take ownership, if one is named', () => {
    const host = new TestHost({ maintainer: MAINTAINER });
    host.receive('stranger', bootstrap(EPOCH));
    expect(responses(host, 'stranger')).toMatchObject([{ type: 'stale-epoch', refused: 'bootstrap' }]);
    expect(host.coordinator.inspect().maintainer).toBeUndefined();
  });
});

describe('post-bootstrap, checkpoint, close', () => {
  test('PostBootstrapMissingTriggerReportsError (S-12)', () => {
    const host = new TestHost();
    host.receive(MAINTAINER, { type: 'bootstrap', epoch: 2, startTs: 10n });
    host.context.take();
    host.receive(MAINTAINER, { type: 'post-bootstrap', epoch: 2 });
    expect(host.messages(MAINTAINER)).toMatchObject([
      { type: 'post-bootstrap-response', epoch: 2, error: { code: 'COORDINATOR_TRIGGER_MISSING' } },
    ]);
  });

  test('K-12: the committed checkpoint goes to the worker of the trigger, the latest replacing one that waits', () => {
    const host = new TestHost();
    host.receive(MAINTAINER, { type: 'checkpoint', epoch: 0, checkpointTs: 1n });
    host.bootstrap();
    host.receive(MAINTAINER, { type: 'checkpoint', epoch: EPOCH, checkpointTs: 12_345n });
    expect(host.context.take()).toEqual([
      { to: 'worker-0', message: { type: 'sink-checkpoint', checkpointTs: 12_345n }, delivery: { coalesce: 'sink-checkpoint' } },
    ]);
  });

  test('the last committed checkpoint is told again where a lost trigger comes to, and not to the next owner (K-12)', () => {
    const host = new TestHost();
    host.bootstrap();
    const lose = (worker: string) => host.receive('@outside', { type: 'worker-lost', worker });
    const checkpoint = { type: 'sink-checkpoint', checkpointTs: 400n };
    host.receive(MAINTAINER, { type: 'checkpoint', epoch: EPOCH, checkpointTs: 400n });
    expect(host.messages('worker-0')).toEqual([checkpoint]);
    lose('worker-0');
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [config(0, { generation: 2 })], remove: [] });
    expect(host.messages('worker-1').slice(-1)).toEqual([checkpoint]);
    // One that comes while it is nowhere waits for it.
    lose('worker-1');
    host.receive(MAINTAINER, { type: 'checkpoint', epoch: EPOCH, checkpointTs: 410n });
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [config(0, { generation: 3 })], remove: [] });
    host.receive('@outside', { type: 'worker-replaced', worker: 'worker-0' });
    expect(host.messages('worker-0').map(typeOf)).toEqual(['create', 'sink-checkpoint']);
    host.receive('@outside', { type: 'owner-lost', epoch: EPOCH });
    host.components('worker-0', { handle: 0, generation: 3, state: STOPPED });
    host.context.take();
    host.receive('next', { type: 'bootstrap', epoch: EPOCH + 1, startTs: 10n, trigger: config(0, { generation: 4 }) });
    expect(host.messages('worker-0').map(typeOf)).not.toContain('sink-checkpoint');
  });

  test('HandleCloseRequestAcksStaleMaintainerEpoch, RejectsClosedOlderMaintainerEpoch (F-4, F-8)', () => {
    const host = new TestHost();
    host.bootstrap([2]);
    host.receive('old', { type: 'close', epoch: 1, removed: true });
    expect(host.context.take()).toEqual([
      { to: 'old', message: { type: 'close-response', from: 'host-0', epoch: 1, success: true }, delivery: 'lossless' },
    ]);
    expect(host.coordinator.inspect()).toMatchObject({ dispatchers: 2, maintainer: MAINTAINER });
  });

  test('close: everything is removed, no key stays, creates are refused, and the closed epoch cannot come back', () => {
    const host = new TestHost();
    host.bootstrap([2, 3]);
    for (const handle of [2, 3]) host.waiting(handle, 50);
    host.advance(10);
    host.waiting(2, 60);
    host.context.take();
    host.receive(MAINTAINER, { type: 'close', epoch: EPOCH, removed: true });
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [config(9)], remove: [] });
    const removed = host.context.take().filter(({ message }) => typeOf(message) === 'remove');
    expect(removed.map(({ to, message }) => [to, ...(message as { handle: Uint32Array }).handle])).toEqual([
      ['worker-0', 0],
      ['worker-0', 3],
      ['worker-1', 2],
    ]);
    host.components('worker-0', { handle: 0, state: STOPPED }, { handle: 3, state: STOPPED });
    host.components('worker-1', { handle: 2, state: STOPPED });
    expect(host.messages(MAINTAINER)).toContainEqual({ type: 'close-response', from: 'host-0', epoch: EPOCH, success: true });
    expect(host.coordinator.inspect()).toMatchObject({
      dispatchers: 0,
      statuses: { keys: 0, outstanding: 0, pending: 0, queued: 0 },
    });
    host.receive(MAINTAINER, { type: 'bootstrap', epoch: EPOCH, startTs: 10n, trigger: config(0) });
    expect(host.messages(MAINTAINER)).toMatchObject([{ type: 'stale-epoch' }]);
  });
});

describe('22.20: stale epoch for each control message type', () => {
  const messages = [
    { type: 'answers', mode: Mode.DEFAULT, answers: [{ target: normal(2), action: { action: 1, key: key(50) } }] },
    { type: 'schedule', create: [config(9)], remove: [{ id: config(2).id, handle: 2, generation: 1 }] },
    { type: 'post-bootstrap' },
    { type: 'checkpoint', checkpointTs: 99n },
  ] as const;
  for (const message of messages) {
    for (const [from, epoch] of [
      ['old', EPOCH - 1],
      ['other', EPOCH],
      [MAINTAINER, 0],
      [MAINTAINER, EPOCH + 1],
    ] as const) {
      test(`I-11, T-B: ${message.type} of ${from} under epoch ${epoch} has no effect and is refused with its reason`, () => {
        const host = new TestHost();
        host.bootstrap([2]);
        host.waiting(2, 50);
        host.advance(10);
        host.context.take();
        const before = host.coordinator.inspect();
        host.receive(from, { ...message, epoch });
        expect(host.context.take()).toEqual([
          {
            to: from,
            message: { type: 'stale-epoch', from: 'host-0', refused: message.type, refusedEpoch: epoch, currentEpoch: EPOCH },
            delivery: 'lossless',
          },
        ]);
        expect(host.coordinator.inspect()).toEqual(before);
      });
    }
  }
});
