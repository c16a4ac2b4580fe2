import type { Source, SourceEvent, TableRows } from '@tidegate/dispatcher';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../faults/fault.js';
import { FAULT_POINTS } from '../faults/points.js';
import { simulate } from './simulate.js';
import type { UserSinkFactory } from './userSink.js';

const TABLES = [1, 2].map((tableId) => ({
  tableId,
  schemaId: 1,
  schema: 's',
  table: `t${tableId}`,
  version: 1n,
  splittable: false,
}));

function events(): SourceEvent[] {
  const row = (tableId: number, commitTs: bigint): SourceEvent => {
    return { type: 'rows', tableId, commitTs, count: 1, bytes: new TextEncoder().encode(`${tableId}@${commitTs}`) };
  };
  const stop: SourceEvent = {
    ...{ type: 'ddl', commitTs: 30n, query: 'create view v', kind: 'create view', schema: 's', table: '' },
    ...{ blockTables: { type: 'all' }, adds: [], schemaChanges: [], admissions: [], tables: [] },
  };
  return [row(1, 10n), row(2, 11n), row(1, 20n), stop, row(2, 31n), { type: 'sync-point', commitTs: 40n }, row(1, 41n)];
}

function sourceOf(list: readonly SourceEvent[]): Source {
  const left = [...list];
  return {
    open: async ({ startTs }) => ({ startTs, tables: TABLES }),
    read: async () => (left.length === 0 ? null : left.splice(0, 2)),
    close: async () => undefined,
  };
}

/** Remembers what it was given across lives, as a durable sink does. */
function recorder() {
  const rows = new Set<string>();
  const calls: string[] = [];
  const make: UserSinkFactory = ({ clock, worker }) => ({
    async write(batch: TableRows) {
      await clock.sleep(3);
      for (let i = 0; i < batch.length; i++) rows.add(new TextDecoder().decode(batch.bytes(i)));
    },
    flush: () => clock.sleep(1),
    async execute(ddl) {
      calls.push(`execute ${ddl.commitTs}`);
    },
    async pass(ddl) {
      calls.push(`pass ${ddl.commitTs} ${worker}`);
    },
    async syncPoint(event) {
      calls.push(`sync point ${event.commitTs} behind ${rows.size} rows`);
    },
    close: () => undefined,
  });
  return { rows, calls, make };
}

describe('simulate', () => {
  it('runs a source and a sink of ones own, each change once and each event in its place', async () => {
    const { rows, calls, make } = recorder();
    const result = await simulate({ source: sourceOf(events()), sink: make, workers: 3 });
    expect(result.violations).toEqual([]);
    expect(result).toMatchObject({ ok: true, lives: 1, checkpointTs: 42n });
    expect([...rows].sort()).toEqual(['1@10', '1@20', '1@41', '2@11', '2@31']);
    expect(calls.filter((call) => !call.startsWith('pass'))).toEqual(['execute 30', 'sync point 40 behind 4 rows']);
  });

  // The checkpoint is told to sinks while others go on: a log as short as this is over by then.
  it.each(FAULT_POINTS.filter((point) => !point.endsWith('checkpoint')))(
    'goes on after the process died at %s, and loses nothing',
    async (point) => {
      const { rows, make } = recorder();
      const fault: Fault = { do: 'crash', what: 'process', host: 1, worker: 0, back: 0, when: { point, nth: 1 } };
      const result = await simulate({ source: sourceOf(events()), sink: make, faults: [fault] });
      expect(result.violations).toEqual([]);
      expect(result.lives).toBe(2);
      expect([...rows].sort()).toEqual(['1@10', '1@20', '1@41', '2@11', '2@31']);
    },
  );

  it('begins again after a sink was made to fail (D-33)', async () => {
    const { rows, calls, make } = recorder();
    const fail: Fault = { do: 'fail', when: { point: 'before-execute', nth: 1 } };
    const result = await simulate({ source: sourceOf(events()), sink: make, faults: [fail] });
    expect(result).toMatchObject({ ok: true, lives: 2 });
    expect(rows.size).toBe(5);
    expect(calls.filter((call) => call.startsWith('execute'))).toEqual(['execute 30']);
  });

  it('reports the error of a sink that nobody made fail', async () => {
    const { rows, make } = recorder();
    const sink: UserSinkFactory = (context) => ({
      ...make(context),
      execute: () => Promise.reject(new Error('the disk is full')),
    });
    const result = await simulate({ source: sourceOf(events()), sink });
    expect(result.ok).toBe(false);
    expect(result.violations[0]).toMatchObject({ rule: 'FAULT', text: expect.stringContaining('the disk is full') as string });
    expect(rows.size).toBe(3);
    expect(result.story.at(-1)).toContain('the disk is full');
  });

  it('is the same run again', async () => {
    const once = () => simulate({ source: sourceOf(events()), sink: recorder().make, seed: 5 });
    expect(await once()).toEqual(await once());
  });

  it('says what is wrong with a source', async () => {
    const back = [...events()].reverse();
    await expect(simulate({ source: sourceOf(back), sink: recorder().make })).rejects.toThrow(/went back from 41 to 40/);
  });
});
