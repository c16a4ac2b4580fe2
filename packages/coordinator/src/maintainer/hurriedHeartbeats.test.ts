import { expect, test } from 'vitest';
import { TestHost, workerHeartbeat } from '../testing/host.js';

function heard(host: TestHost, checkpointTs: bigint): void {
  host.receive('worker-0', workerHeartbeat(1, { checkpointTs, resolvedTs: checkpointTs, hurry: true }));
}

test('where a worker hurries, news is told within 10 ms, the first too, and says so; what it repeats waits ever longer (H-1)', () => {
  const host = new TestHost({ workers: ['worker-0'], heartbeatFirst: 1_000, heartbeatInterval: 200 });
  host.bootstrap();
  host.context.take();
  host.advance(5);
  heard(host, 200n);
  host.advance(5);
  expect(host.heartbeats()).toMatchObject([{ watermark: { checkpointTs: 200n }, hurry: true }]);
  heard(host, 300n);
  const at: number[] = [];
  for (let time = 0; time < 60; time += 10) {
    host.advance(10);
    for (const _ of host.heartbeats()) at.push(host.context.now());
  }
  expect(at).toEqual([20, 30, 50]);
});
