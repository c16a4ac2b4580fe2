import { type BootstrapResponse, NO_WORKER } from '@tidegate/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { config, EPOCH, INITIALIZING, MAINTAINER, normal, STOPPED, TestHost, typeOf, WORKING } from '../testing/host.js';

let host: TestHost;

/** worker-0: the trigger and 3; worker-1: 2 and 4. All work. */
beforeEach(() => {
  host = new TestHost({ completeHeartbeatInterval: 10_000, heartbeatInterval: 60_000 });
  host.bootstrap([2, 3, 4]);
  for (const handle of [0, 3]) host.components('worker-0', { handle, state: INITIALIZING }, { handle, state: WORKING });
  for (const handle of [2, 4]) host.components('worker-1', { handle, state: INITIALIZING }, { handle, state: WORKING });
});

/** Handle and worker of each component status told in `milliseconds`, in order. */
function told(milliseconds: number): number[][] {
  host.advance(milliseconds);
  return host.heartbeats().flatMap(({ statuses }) => {
    return Array.from(statuses?.handle ?? [], (handle, row) => [handle, statuses?.worker?.[row] ?? -1]);
  });
}

describe('the maintainer is told on which worker a dispatcher lives (T-F)', () => {
  it('when it begins to work, in the order in which the list of workers has them', () => {
    expect(told(10)).toEqual([
      [0, 0],
      [3, 0],
      [2, 1],
      [4, 1],
    ]);
  });

  it('when it is told again because of a hint', () => {
    told(10);
    host.receive(MAINTAINER, {
      type: 'answers',
      epoch: EPOCH,
      mode: 0,
      answers: [{ target: normal(4), ignored: { commitTs: 20n, isSyncPoint: false } }],
    });
    expect(told(10)).toEqual([[4, 1]]);
  });

  it('when a round lists everything (H-1)', () => {
    told(10);
    host.advance(9_990);
    const asked = host.context.take().filter(({ message }) => typeOf(message) === 'snapshot');
    expect(asked.map(({ to }) => to)).toEqual(['worker-0', 'worker-1']);
    for (const { to, message } of asked) {
      const { id } = message as { id: number };
      const handles = to === 'worker-0' ? [3] : [2, 4];
      const spans = handles.map((handle) => ({ config: config(handle), state: WORKING, checkpointTs: 20n }));
      host.receive(to, { type: 'worker-snapshot', id, spans });
    }
    expect(told(0)).toEqual([
      [3, 0],
      [2, 1],
      [4, 1],
    ]);
  });

  it('when it is lost with its worker, and each time that is told again (K-9)', () => {
    told(10);
    host.receive('@outside', { type: 'worker-lost', worker: 'worker-1' });
    const lost = [
      [2, 1],
      [4, 1],
    ];
    expect(told(10)).toEqual(lost);
    expect(told(130_000)).toEqual(expect.arrayContaining(lost));
  });

  it('in the answer to a bootstrap, but for what is not placed here (S-3)', () => {
    told(10);
    host.receive('@outside', { type: 'owner-lost', epoch: EPOCH });
    host.components('worker-0', { handle: 0, state: STOPPED });
    const next = { type: 'bootstrap', epoch: EPOCH + 1, startTs: 10n, trigger: config(0, { generation: 2 }) } as const;
    host.context.take();
    host.receive(MAINTAINER, next);
    for (const { to, message } of host.context.take()) {
      if (typeOf(message) !== 'snapshot') continue;
      const handles = to === 'worker-0' ? [3] : [2, 4, 77];
      const spans = handles.map((handle) => ({ config: config(handle), state: WORKING, checkpointTs: 20n }));
      host.receive(to, { type: 'worker-snapshot', id: (message as { id: number }).id, spans });
    }
    const isResponse = (message: unknown): message is BootstrapResponse => typeOf(message) === 'bootstrap-response';
    const [response] = host.messages(MAINTAINER).filter(isResponse);
    expect(response?.spans.map(({ config: { handle }, worker }) => [handle, worker])).toEqual([
      [3, 0],
      [2, 1],
      [4, 1],
      [77, undefined],
    ]);
  });

  it('of what is not here no worker is named (D-49)', () => {
    told(10);
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [], remove: [{ id: '', handle: 99, generation: 1 }] });
    expect(told(10)).toEqual([[99, NO_WORKER]]);
  });
});
