import { type BlockStatusRequest, type DispatcherConfig, Stage, type SyncPointEvent } from '@tidegate/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { keyBytes, workloadOf } from '../workload/workload.js';
import { CoverageWatch } from './coverageWatch.js';
import { Oracle } from './oracle.js';
import { Violations } from './violation.js';

const KEY = { commitTs: 20n, isSyncPoint: true };
const EVENT: SyncPointEvent = { type: 'sync-point', commitTs: 20n };
const TABLES = [1, 2].map((tableId) => {
  return { tableId, schemaId: 1, schema: 's', table: `t${tableId}`, version: 1n, splittable: true };
});
const LOG = workloadOf(TABLES, 1n, [EVENT]);

function config(handle: number, tableId: number, range?: readonly [number, number]): DispatcherConfig {
  const base = { id: '', handle, generation: 1, mode: 0, tableId, schemaId: 1, startTs: 1n, skipDmlAsStartTs: false } as const;
  return range === undefined ? base : { ...base, range: { start: keyBytes(range[0]), end: endOf(range[1]) } };
}

function endOf(key: number): Uint8Array {
  return key === 0x1_0000 ? new Uint8Array(0) : keyBytes(key);
}

function waiting(...handles: number[]): BlockStatusRequest {
  return {
    ...{ type: 'block-statuses', from: 'h1', mode: 0, epoch: 1, seq: 1, events: [{ key: KEY }] },
    handle: Uint32Array.from(handles),
    generation: Uint32Array.from(handles, () => 1),
    event: Uint32Array.from(handles, () => 0),
    stage: Uint8Array.from(handles, () => Stage.WAITING),
  };
}

describe('I-6: coverage of an event for everything, by the tables that the log has', () => {
  let violations: Violations;
  let oracle: Oracle;
  let watch: CoverageWatch;
  const texts = (): string[] => violations.found.map(({ rule, text }) => `${rule}: ${text}`);

  beforeEach(() => {
    violations = new Violations(() => 0);
    oracle = new Oracle(LOG, violations);
    watch = new CoverageWatch(LOG, violations, [oracle]);
    for (const each of [config(0, 0), config(2, 1, [0, 9]), config(3, 1, [9, 0x1_0000]), config(4, 2)]) watch.created(each);
  });

  it('is content when every table has reported with all its keys', () => {
    watch.statuses(waiting(0, 2, 3, 4));
    watch.selected(0, KEY);
    expect(texts()).toEqual([]);
  });

  it('misses a table, and a part of a table', () => {
    watch.statuses(waiting(0, 3));
    watch.selected(0, KEY);
    expect(texts()).toEqual([
      'I-6: the sync point at 20 is selected, and table 1 has not reported',
      'I-6: the sync point at 20 is selected, and table 2 has not reported',
    ]);
  });

  it('takes what a bootstrap says of those that stand at the event, and asks nothing where it is done', () => {
    watch.statuses(waiting(0, 2, 3));
    const facts = { key: KEY, blockTables: { type: 'all' }, adds: [], schemaChanges: [], admissions: [] } as const;
    const span = { config: config(4, 2), state: 0, checkpointTs: 19n, blockState: { stage: Stage.WAITING, facts } } as const;
    watch.bootstrap({ type: 'bootstrap-response', from: 'h1', epoch: 2, spans: [span], checkpointTs: 0n });
    watch.selected(0, KEY);
    const open = oracle.blocks.begin('w', EVENT);
    if (open !== undefined) oracle.blocks.end(open);
    new CoverageWatch(LOG, violations, [oracle]).selected(0, KEY);
    expect(texts()).toEqual([]);
  });
});
