import { Action, Stage } from '@tidegate/protocol';
import { expect, it } from 'vitest';
import { normal, rowsOf, TestHost } from '../testing/host.js';
import { key } from '../testing/statuses.js';

/** Two dispatchers have waited at 100 and were acknowledged. */
function waited(): TestHost {
  const host = new TestHost({ batchWindow: 10 });
  host.bootstrap([2, 3, 4]);
  for (const handle of [2, 3]) host.waiting(handle, 100);
  host.advance(10);
  const [request] = host.requests();
  host.ack(100, [2, 3], request?.seq);
  return host;
}

const write = { target: normal(2), action: { action: Action.WRITE, key: key(100) } };

function stagesOf(host: TestHost): unknown[] {
  return host.requests().map((request) => rowsOf(request).map(({ handle, stage }) => [handle, stage]));
}

it('the DONE of a writer ends its window at the end of the turn, and takes along what waits before it (T-E, C-2)', () => {
  const host = waited();
  host.answer([write]);
  host.waiting(4, 200);
  host.context.settle(host.coordinator);
  expect(host.requests()).toEqual([]);
  host.done(2, 100);
  host.done(3, 200);
  expect(host.requests()).toEqual([]);
  host.context.settle(host.coordinator);
  expect(stagesOf(host)).toEqual([
    [
      [4, Stage.WAITING],
      [2, Stage.DONE],
      [3, Stage.DONE],
    ],
  ]);
});

it('other DONE wait for company: of those who pass, of another event, and a second one (C-1)', () => {
  const host = waited();
  host.answer([write]);
  host.done(4, 300);
  host.context.settle(host.coordinator);
  expect(host.requests()).toEqual([]);
  host.advance(10);
  host.messages('maintainer');
  host.done(2, 100);
  host.context.settle(host.coordinator);
  const [request] = host.requests();
  expect(request && rowsOf(request).map(({ handle }) => handle)).toEqual([2]);
  host.ack(100, [2], request?.seq);
  host.answer([{ target: normal(3), action: { action: Action.PASS, key: key(100) } }]);
  host.done(3, 100);
  host.context.settle(host.coordinator);
  expect(host.requests()).toEqual([]);
  host.advance(10);
  expect(stagesOf(host)).toEqual([[[3, Stage.DONE]]]);
});
