import { tableColumnsOf } from '@tidegate/protocol';
import { ManualContext } from '@tidegate/runtime/testing';
import { expect, test } from 'vitest';
import { createSourceActor } from './sourceActor.js';

const BASE = { options: {}, startTs: 3n, heldBytes: 1, workers: ['worker-0'], batchBytes: 1, maxMessageBytes: 1_000 };

function moduleOf(open: string): string {
  return `data:text/javascript,${encodeURIComponent(`
    let opened = 0;
    export const createSource = () => ({
      replayable: true,
      async open({ startTs }) { opened++; ${open} return { startTs, tables: [] }; },
      async read() { return null; },
      async close() {},
    });`)}`;
}

/** The actor, and what it emits. */
async function actorOf(open = '') {
  const context = new ManualContext({ self: 'source' });
  const actor = await createSourceActor(context as never, { ...BASE, module: moduleOf(open) });
  const told = async (): Promise<unknown> => {
    while (context.events.length === 0) await new Promise((resolve) => setImmediate(resolve));
    return context.events.splice(0);
  };
  return { context, actor, told };
}

test('source-snapshot is answered with what it opened with', async () => {
  const { context, actor } = await actorOf();
  actor.receive({ type: 'source-snapshot' } as never, 'host');
  expect(context.replies).toEqual([{ startTs: 3n, tables: tableColumnsOf([]) }]);
});

test('source-snapshot with `at` is told as an event: what exists there, by one more opening', async () => {
  const { context, actor, told } = await actorOf();
  actor.receive({ type: 'source-snapshot', at: 9n } as never, 'host');
  expect(await told()).toEqual([{ type: 'source-snapshot', at: 9n, snapshot: { startTs: 9n, tables: tableColumnsOf([]) } }]);
  expect(context.replies).toEqual([]);
});

test('source-snapshot with `at` tells why it cannot be known', async () => {
  const { actor, told } = await actorOf("if (opened > 1) throw Object.assign(new Error('gone'), { code: 'MINE' });");
  actor.receive({ type: 'source-snapshot', at: 9n } as never, 'host');
  expect(await told()).toEqual([{ type: 'source-snapshot', at: 9n, code: 'MINE', message: 'gone' }]);
});
