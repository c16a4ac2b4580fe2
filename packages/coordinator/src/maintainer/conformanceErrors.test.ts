import { expect, it } from 'vitest';
import { INITIALIZING, MAINTAINER, TestHost } from '../testing/host.js';

it('TriggerErrorReportsNonWritePathClosed: an error of the trigger is told to its maintainer, with its code (H-7; behind the fence it is not, F-12)', () => {
  const host = new TestHost();
  host.bootstrap([2]);
  host.components('worker-0', { handle: 0, state: INITIALIZING });
  host.context.take();
  const error = { type: 'worker-error', handle: 0, generation: 1, code: 'DISPATCHER_SINK', message: 'no such schema' } as const;
  host.receive('worker-0', error);
  expect(host.messages(MAINTAINER)).toMatchObject([{ type: 'heartbeat', error: { code: 'DISPATCHER_SINK' } }]);
  host.receive('@outside', { type: 'fence' });
  host.context.take();
  host.receive('worker-0', { ...error, message: 'write path closed' });
  expect(host.messages(MAINTAINER)).toEqual([]);
});
