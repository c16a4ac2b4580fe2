import { expect, test } from 'vitest';
import { bytesAllocated } from '../harness/heapSampling.js';
import { DrivenCoordinator } from './drivenCoordinator.js';
import { DrivenMaintainer } from './drivenMaintainer.js';
import { DrivenWorker } from './drivenWorker.js';

const DISPATCHERS = 20_000;
const BLOCK = 256;
const ROUNDS = 10;

/** Bytes that the coordinator allocates on the heap for one offer, when it has long been running. */
async function bytesPerOffer(repeats: number): Promise<number> {
  const coordinator = new DrivenCoordinator(DISPATCHERS);
  for (let round = 0; round < ROUNDS; round++) coordinator.syncPoint(repeats, BLOCK);
  const bytes = await bytesAllocated(() => {
    for (let round = 0; round < ROUNDS; round++) coordinator.syncPoint(repeats, BLOCK);
  });
  expect(coordinator.faultAfter(2 * ROUNDS)).toBeUndefined();
  return bytes / (DISPATCHERS * ROUNDS * (1 + repeats));
}

test('what is sampled is what is allocated', async () => {
  const bytes = await bytesAllocated(() => {
    const kept: unknown[] = [];
    for (let n = 0; n < 20_000; n++) kept.push({ n, text: `${n}` });
  });
  expect(bytes).toBeGreaterThan(20_000 * 24);
});

// The least object takes 12 bytes: one a status would show. What there is are the objects of a batch of 2 048.
test('a status costs no object: from the record to the answer that settles it', async () => {
  expect(await bytesPerOffer(0)).toBeLessThan(4);
});

test('a duplicate costs nothing', async () => {
  expect(await bytesPerOffer(19)).toBeLessThan(0.25);
});

test('a repetition costs nothing at its worker', async () => {
  const worker = new DrivenWorker(DISPATCHERS);
  for (let round = 0; round < ROUNDS; round++) worker.repeat();
  const before = worker.written;
  expect(before).toBe((1 + ROUNDS) * DISPATCHERS);
  const bytes = await bytesAllocated(() => {
    for (let round = 0; round < ROUNDS; round++) worker.repeat();
  });
  expect(worker.written - before).toBe(ROUNDS * DISPATCHERS);
  expect(bytes / (ROUNDS * DISPATCHERS)).toBeLessThan(0.25);
});

/** Bytes that a maintainer allocates on the heap for one status, when it has long been running. */
async function bytesPerStatus(): Promise<number> {
  const maintainer = new DrivenMaintainer(DISPATCHERS);
  for (let round = 0; round < ROUNDS; round++) maintainer.barrier();
  const bytes = await bytesAllocated(() => {
    for (let round = 0; round < ROUNDS; round++) maintainer.barrier();
  });
  expect(maintainer.faultAfter(2 * ROUNDS)).toBeUndefined();
  return bytes / (ROUNDS * maintainer.statuses);
}

// About 4 bytes; twice that in a process whose code is being compiled yet. An object a status would show in each of them.
test('a status costs the maintainer no object: from the request to its answer', async () => {
  const bytes = [await bytesPerStatus(), await bytesPerStatus(), await bytesPerStatus()];
  expect(Math.min(...bytes)).toBeLessThan(8);
});
