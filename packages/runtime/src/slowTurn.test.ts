import { expect, it, vi } from 'vitest';
import { createLocal } from './local.js';

function busyFor(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

it('E-1: a turn that takes too long is logged and counted, others are not', async () => {
  const create = () => ({ receive: (message: unknown) => busyFor(message as number), inspect: () => 'there' });
  const system = await createLocal({
    threads: [{ name: 'one', actors: [{ address: 'slow', create }] }],
    links: [],
    limits: { slowTurn: 1_000 },
  });
  const told: string[] = [];
  system.on('log', ({ from, text }) => told.push(`${from}: ${text}`));
  await system.send('slow', 1);
  await system.send('slow', 1_100);
  await vi.waitFor(async () => {
    const [thread] = (await system.inspect()).threads;
    expect(thread?.state === 'running' && thread.actors.map(({ counters }) => counters['slow-turns'])).toEqual([1]);
  });
  await system.stop();
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/^slow: a turn took \d{4,} ms/);
});
