import { type BootstrapResponse, type BootstrapSpan, ComponentState, SPAN_PART_BYTES, spanBytes } from '@tidegate/protocol';
import { describe, expect, test } from 'vitest';
import { componentStatuses, config, EPOCH, MAINTAINER, TestHost, typeOf } from '../testing/host.js';

const { WORKING } = ComponentState;
const span = (handle: number): BootstrapSpan => ({ config: config(handle), state: WORKING, checkpointTs: 5n });
const spans = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => span(from + i));

function responsesOf(host: TestHost): BootstrapResponse[] {
  return host.messages(MAINTAINER).filter((message): message is BootstrapResponse => typeOf(message) === 'bootstrap-response');
}

/** A host whose workers have been asked for snapshot `id`. */
function asked(): { host: TestHost; id: number } {
  const host = new TestHost();
  host.receive(MAINTAINER, { type: 'bootstrap', epoch: EPOCH, startTs: 10n, trigger: config(0) });
  const requests = host.context.take('worker-0').map(({ message }) => message as { type: string; id: number });
  return { host, id: requests.find(({ type }) => type === 'snapshot')?.id ?? 0 };
}

describe('snapshots and bootstrap responses in parts that fit a lane (S-3)', () => {
  test('a worker has answered with its last part; 20 000 dispatchers go on in parts that fit, in order', () => {
    const { host, id } = asked();
    for (let from = 2; from < 20_002; from += 1_000) {
      expect(responsesOf(host)).toEqual([]);
      host.receive('worker-0', { type: 'worker-snapshot', id, spans: spans(from, from + 1_000), more: true });
    }
    host.receive('worker-1', { type: 'worker-snapshot', id, spans: [span(30_000)] });
    expect(responsesOf(host)).toEqual([]);
    host.receive('worker-0', { type: 'worker-snapshot', id, spans: [] });
    const parts = responsesOf(host);
    expect(parts.length).toBeGreaterThan(100);
    expect(parts.map(({ part }) => part?.index)).toEqual(parts.map((_, index) => index));
    expect(new Set(parts.map(({ part }) => part?.of)).size).toBe(1);
    expect(parts.map(({ more }) => more === true)).toEqual(parts.map((_, index) => index < parts.length - 1));
    for (const part of parts)
      expect(part.spans.reduce((sum, one) => sum + spanBytes(one), 0)).toBeLessThanOrEqual(SPAN_PART_BYTES);
    const handles = parts.flatMap((part) => part.spans.map((one) => one.config.handle));
    expect(handles).toEqual([...spans(2, 20_002).map((one) => one.config.handle), 30_000]);
  });

  test('one that fits is not cut; a span larger than a part travels alone', () => {
    const { host, id } = asked();
    const tableIds = Array.from({ length: 5_000 }, (_, i) => i);
    const facts = {
      key: { commitTs: 9n, isSyncPoint: false },
      blockTables: { type: 'normal', tableIds } as const,
      adds: [],
      schemaChanges: [],
      admissions: [],
    };
    host.receive('worker-0', { type: 'worker-snapshot', id, spans: [span(2), { ...span(3), blockState: { stage: 1, facts } }] });
    host.receive('worker-1', { type: 'worker-snapshot', id, spans: [span(4)] });
    expect(responsesOf(host).map((part) => part.spans.map((one) => one.config.handle))).toEqual([[2], [3], [4]]);
    const other = asked();
    for (const worker of ['worker-0', 'worker-1'])
      other.host.receive(worker, { type: 'worker-snapshot', id: other.id, spans: [span(5)] });
    expect(responsesOf(other.host)[0]).not.toHaveProperty('part');
  });

  test('parts wait for room and go on where they stopped; a request that comes meanwhile begins nothing new', () => {
    const { host, id } = asked();
    host.context.full.add(MAINTAINER);
    host.receive('worker-0', { type: 'worker-snapshot', id, spans: spans(2, 502) });
    host.receive('worker-1', { type: 'worker-snapshot', id, spans: [] });
    host.receive(MAINTAINER, { type: 'bootstrap', epoch: EPOCH, startTs: 10n, trigger: config(0) });
    expect(host.context.take('worker-0')).toEqual([]);
    host.room(MAINTAINER);
    expect(responsesOf(host).flatMap((part) => part.spans)).toEqual(spans(2, 502));
  });

  test('a complete heartbeat is complete with the last part of the last worker, columns or spans (H-1)', () => {
    const host = new TestHost({ heartbeatFirst: 50_000 });
    host.bootstrap([2, 3]);
    host.advance(10_000);
    const [request] = host.context.take('worker-0').map(({ message }) => message as { id: number });
    const id = request?.id ?? 0;
    const listed = (handle: number) => componentStatuses([{ handle, state: WORKING, checkpointTs: 20n }]);
    host.receive('worker-0', { type: 'component-statuses', statuses: listed(0) });
    host.receive('worker-0', { type: 'component-statuses', statuses: listed(3), snapshot: id });
    host.receive('worker-1', { type: 'worker-snapshot', id, spans: [span(2)], more: true });
    host.advance(10);
    expect(host.heartbeats().map(({ complete }) => complete)).toEqual([false]);
    host.receive('worker-1', { type: 'worker-snapshot', id, spans: [] });
    expect(host.heartbeats().map(({ complete }) => complete)).toEqual([true]);
  });
});
