import type { Actor } from '@tidegate/runtime';
import { OUTSIDE } from '@tidegate/runtime';
import { ManualContext } from '@tidegate/runtime/testing';
import { describe, expect, test } from 'vitest';
import { createDrilledMaintainer, type DrillSnapshot } from './drilledMaintainer.js';

const STALL = 5_000;

/** A request of two statuses. What reaches a maintainer that was never started, it counts as `maintainer.not-running`. */
const request = (seq: number) => ({
  ...{ type: 'block-statuses', from: 'host-0', mode: 0, epoch: 1, seq, events: [] },
  ...{ handle: Uint32Array.of(1, 2), generation: Uint32Array.of(1, 1), event: new Uint32Array(2), stage: Uint8Array.of(1, 1) },
});

async function drilled(stall = STALL) {
  const context = new ManualContext({ self: 'maintainer' });
  const actor = (await createDrilledMaintainer(context, { stall, maintainer: {} })) as Actor<never>;
  return {
    context,
    actor,
    give: (message: unknown, from = 'coordinator') => actor.receive(message as never, from),
    delivered: () => context.counters.get('maintainer.not-running') ?? 0,
    drill: () => (actor.inspect?.() as { readonly drill: DrillSnapshot } | undefined)?.drill,
  };
}

describe('a maintainer in a drill', () => {
  test('works until the first block statuses; those stay in hand, what comes behind them on the way', async () => {
    const { context, give, delivered, drill } = await drilled();
    give({ type: 'heartbeat', from: 'host-0', epoch: 1 });
    expect(delivered()).toBe(1);
    expect(drill()).toMatchObject({ phase: 'before', statuses: 0 });
    give(request(1));
    expect([...context.paused]).toEqual(['coordinator']);
    expect(delivered()).toBe(1);
    expect(drill()).toMatchObject({ phase: 'stalled', requests: 0, statuses: 0, stalledAt: 0 });
  });

  test('stalls towards every sender, and keeps one message of each', async () => {
    const { context, actor, give, delivered, drill } = await drilled();
    give(request(1));
    give({ type: 'heartbeat', from: 'host-1', epoch: 1 }, 'host-1/coordinator');
    expect([...context.paused]).toEqual(['coordinator', 'host-1/coordinator']);
    context.advance(actor, STALL - 1);
    expect(delivered()).toBe(0);
    context.advance(actor, 1);
    expect(delivered()).toBe(2);
    expect(context.paused.size).toBe(0);
    expect(drill()).toEqual({ phase: 'over', requests: 1, statuses: 2, stalledAt: 0, resumedAt: STALL, now: STALL });
  });

  test('stalls once, and counts what it takes afterwards', async () => {
    const { context, actor, give, drill } = await drilled();
    give(request(1));
    context.advance(actor, STALL);
    give(request(2));
    expect(context.paused.size).toBe(0);
    expect(drill()).toMatchObject({ requests: 2, statuses: 4 });
  });

  test('answers the host while it stalls', async () => {
    const { context, give } = await drilled();
    give(request(1));
    give({ type: 'start', epoch: 0, startTs: 0n, tables: [], hosts: [] }, OUTSIDE);
    expect(context.events).toEqual([expect.objectContaining({ type: 'start-refused' })]);
  });

  test('of no length only counts', async () => {
    const { context, give, delivered, drill } = await drilled(0);
    give(request(1));
    expect(delivered()).toBe(1);
    expect(context.paused.size).toBe(0);
    expect(drill()).toEqual({ phase: 'over', requests: 1, statuses: 2, now: 0 });
  });

  test('refuses options as the maintainer itself does', async () => {
    await expect(createDrilledMaintainer(new ManualContext(), { stall: STALL, maintainer: { tick: 0 } })).rejects.toMatchObject({
      code: 'MAINTAINER_OPTION',
    });
  });
});
