import type { DispatcherConfig } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { MaintainerFixture, table } from './testing/maintainerFixture.js';
import { facts, waiting } from './testing/requests.js';

const TICK = 100;

function running(options: { readonly redo?: boolean } = {}): MaintainerFixture {
  const m = new MaintainerFixture(options);
  m.run([table(1), table(2)]);
  m.watermark(1, 200n, 9);
  m.advance(TICK);
  return m;
}

describe('ticks (E-1)', () => {
  it('there is none while nothing is under way', () => {
    const m = running();
    expect(m.context.timers).toBe(0);
  });

  it('one comes within the interval after any message, and computes the checkpoint (K-1)', () => {
    const m = running();
    m.advance(60_000);
    m.watermark(1, 300n, 9);
    m.advance(TICK - 1);
    expect(m.actor.changefeed?.pipeline.committed.committedTs).toBe(200n);
    m.advance(1);
    expect(m.actor.changefeed?.pipeline.committed.committedTs).toBe(300n);
    expect(m.context.timers).toBe(0);
  });

  it('one comes at once where only the checkpoint is waited for', () => {
    const m = running();
    const watermark = { checkpointTs: 300n, resolvedTs: 300n, seq: 9, lastSyncedTs: 0n };
    m.watermark(1, 250n, 9);
    m.receive({ type: 'heartbeat', from: 'node1', epoch: 2, complete: false, watermark, hurry: true });
    m.advance(0);
    expect(m.actor.changefeed?.pipeline.committed.committedTs).toBe(300n);
  });

  it('many messages bring one', () => {
    const m = running();
    for (let ts = 201n; ts < 250n; ts++) m.watermark(1, ts, 9);
    expect(m.context.timers).toBe(1);
  });

  it('they go on while an event is open, and its resends with them', () => {
    const m = running();
    const [first, second] = [...m.created.values()];
    const event = facts(300n, { type: 'normal', tableIds: [1, 2] });
    m.statuses(1, [waiting(first as DispatcherConfig, event), waiting(second as DispatcherConfig, event)]);
    m.context.take();
    m.advance(5_000);
    expect(m.answers().length).toBeGreaterThanOrEqual(4);
    expect(m.context.timers).toBe(1);
  });

  it('they go on while a dispatcher is being created, and its request is repeated', () => {
    const m = new MaintainerFixture();
    m.start([table(1)]);
    m.bootstrap();
    m.receive({ type: 'post-bootstrap-response', from: 'node1', epoch: 2 });
    m.context.take();
    m.advance(60_000);
    expect(m.schedules().length).toBeGreaterThanOrEqual(4);
    m.work();
    expect(m.context.timers).toBe(1);
  });

  it('with redo they come as often as hosts are told again how far the log is (K-11)', () => {
    const m = running({ redo: true });
    m.watermark(1, 200n, 9, 200n, 1);
    m.advance(TICK);
    m.receive({ type: 'redo-progress', from: 'node1', epoch: 2, resolvedTs: 200n });
    m.advance(500);
    m.context.take();
    m.advance(4_000);
    expect(m.sent('redo-forward')).toHaveLength(4);
    expect(m.context.timers).toBe(1);
  });
});
