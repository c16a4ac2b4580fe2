import type { BarrierFixture } from './barrierFixture.js';

/** What the operators send now, as lines. */
export function sent(f: BarrierFixture, now = 0): string[] {
  return f.operators.take(now, 0n).flatMap(({ host, create, remove, merge = [] }) => [
    ...remove.map(({ handle }) => `remove ${handle} at ${host}`),
    ...create.map(({ handle, startTs }) => `create ${handle} at ${host} from ${startTs}`),
    ...merge.map(({ target, sources }) => {
      return `merge ${sources.map(({ handle }) => handle).join('+')} into ${target.handle} at ${host}`;
    }),
  ]);
}

/** T-9, as the maintainer does it. */
export function lose(f: BarrierFixture, host: number): void {
  f.hosts.lose(host);
  f.topology.hostLost(host);
}
