import { expect, test } from 'vitest';
import { Executor } from './executor.js';

function started(slots: number): { executor: Executor; log: string[] } {
  const log: string[] = [];
  return { executor: new Executor(slots, (row, task) => log.push(`${row}:${task}`)), log };
}

test('BlockEventExecutorDoesNotBlockOtherDispatchers: no fixed assignment of dispatcher to worker (D-44)', () => {
  const { executor, log } = started(8);
  executor.submit(1, 0); // blocks
  executor.submit(9, 0);
  expect(log).toEqual(['1:0', '9:0']);
  executor.finish(9);
  expect(executor.running).toBe(1);
});

test('two tasks of one dispatcher never overlap and keep their order (D-44, W-10)', () => {
  const { executor, log } = started(8);
  executor.submit(1, 0);
  executor.submit(1, 1);
  executor.submit(1, 2);
  expect(log).toEqual(['1:0']);
  executor.finish(1);
  expect(log).toEqual(['1:0', '1:1']);
  executor.finish(1);
  executor.finish(1);
  expect(log).toEqual(['1:0', '1:1', '1:2']);
  expect([executor.running, executor.queued]).toEqual([0, 0]);
});

test('at most `slots` tasks run; the rest wait in order of submission', () => {
  const { executor, log } = started(2);
  for (const row of [1, 2, 3, 4]) executor.submit(row, 0);
  expect([log, executor.queued]).toEqual([['1:0', '2:0'], 2]);
  executor.finish(2);
  expect(log).toEqual(['1:0', '2:0', '3:0']);
});

test('a task that ends while it is being started does not upset the order', () => {
  const log: string[] = [];
  const executor: Executor = new Executor(1, (row, task) => {
    log.push(`${row}:${task}`);
    if (task === 1) executor.finish(row);
  });
  executor.submit(1, 0);
  executor.submit(2, 1);
  executor.submit(3, 1);
  executor.finish(1);
  expect(log).toEqual(['1:0', '2:1', '3:1']);
  expect(executor.running).toBe(0);
});

test('cancel forgets what has not begun and leaves what runs', () => {
  const { executor, log } = started(1);
  executor.submit(1, 0);
  executor.submit(1, 1);
  executor.submit(2, 0);
  executor.cancel(1);
  executor.cancel(2);
  expect(executor.isRunning(1)).toBe(true);
  executor.finish(1);
  expect([log, executor.running, executor.queued]).toEqual([['1:0'], 0, 0]);
  executor.submit(2, 5);
  expect(log).toEqual(['1:0', '2:5']);
});
