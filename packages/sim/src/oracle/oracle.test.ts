import type { SourceEvent, TableRows } from '@tidegate/dispatcher';
import type { BlockEvent, DispatcherConfig } from '@tidegate/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { keyBytes, rowBytes, type Workload, workloadOf } from '../workload/workload.js';
import { Oracle } from './oracle.js';
import { Violations } from './violation.js';

const T1 = { tableId: 1, schemaId: 1, schema: 's', table: 't1', version: 1n, splittable: false };
const ALTER: BlockEvent = {
  ...{ type: 'ddl', commitTs: 20n, query: 'alter t1', kind: 'alter table', schema: 's', table: 't1' },
  ...{ blockTables: { type: 'normal', tableIds: [1] }, adds: [], schemaChanges: [], admissions: [], tables: [T1] },
};
const row = (commitTs: bigint): SourceEvent => {
  return { type: 'rows', tableId: 1, commitTs, count: 1, bytes: new Uint8Array(0), key: keyBytes(0) };
};

/** Rows 0, 1, 2 at 10, 11, 30, and an alter at 20. */
const LOG: Workload = workloadOf([T1], 1n, [row(10n), row(11n), ALTER, row(30n)]);

function batch(...rows: number[]): TableRows {
  return {
    table: T1,
    length: rows.length,
    commitTs: (i) => LOG.rows[rows[i] ?? -1]?.commitTs ?? -1n,
    rows: () => 1,
    bytes: (i) => rowBytes(rows[i] ?? -1),
  };
}

function started(startTs: bigint): DispatcherConfig {
  return { id: '', handle: 2, generation: 1, mode: 0, tableId: 1, schemaId: 1, startTs, skipDmlAsStartTs: false };
}

describe('the oracle', () => {
  let violations: Violations;
  let oracle: Oracle;
  const rules = (): string[] => violations.found.map(({ rule }) => rule);
  const write = (...rows: number[]): void => oracle.rows.end(oracle.beginWrite('w', batch(...rows)));
  const execute = (): void => {
    const open = oracle.beginBlock('w', ALTER);
    if (open !== undefined) oracle.blocks.end(open);
  };

  beforeEach(() => {
    violations = new Violations(() => 7);
    oracle = new Oracle(LOG, violations);
    oracle.created(started(1n));
  });

  it('is content with a run in order', () => {
    write(0, 1);
    execute();
    write(2);
    oracle.checkpoint(30n);
    oracle.finish();
    expect(violations.found).toEqual([]);
  });

  it('I-2: a row behind an event that is not done', () => {
    write(0, 1, 2);
    expect(violations.found[0]).toMatchObject({
      rule: 'I-2',
      at: 7,
      text: expect.stringContaining('"alter t1" at 20') as string,
    });
  });

  it('I-3: an event while a row before it is not durable', () => {
    oracle.beginWrite('w', batch(0, 1));
    execute();
    expect(rules()).toEqual(['I-3']);
  });

  it('I-1: an event twice without a reason, and by two at once', () => {
    write(0, 1);
    execute();
    execute();
    expect(rules()).toEqual(['I-1']);
    oracle.created(started(19n));
    execute();
    expect(rules()).toEqual(['I-1']);
    const other = new Oracle(LOG, violations);
    other.rows.end(other.beginWrite('w', batch(0, 1)));
    other.beginBlock('w', ALTER);
    other.beginBlock('v', ALTER);
    expect(rules()).toEqual(['I-1', 'I-1']);
  });

  it('ORDER: rows again without a start below them; allowed once with one', () => {
    write(0, 1);
    oracle.created(started(10n));
    write(1);
    expect(rules()).toEqual([]);
    write(1);
    expect(rules()).toEqual(['ORDER']);
  });

  it('I-7: a checkpoint above what is not durable, one that goes back, a start above a missing row', () => {
    write(0);
    oracle.checkpoint(11n);
    expect(rules()).toEqual(['I-7']);
    oracle.checkpoint(10n);
    expect(rules()).toEqual(['I-7', 'I-7']);
    oracle.created(started(11n));
    expect(rules()).toEqual(['I-7', 'I-7', 'I-7']);
  });

  it('K-7: a start below the checkpoint, but for a create that was on its way when its table was dropped', () => {
    const drop: BlockEvent = {
      ...ALTER,
      query: 'drop t1',
      kind: 'drop table',
      drops: { type: 'normal', tableIds: [1] },
      tables: [],
    };
    for (const [event, expected] of [[ALTER, ['K-7']] as const, [drop, []] as const]) {
      const found = new Violations(() => 7);
      const one = new Oracle(workloadOf([T1], 1n, [row(10n), event]), found);
      one.created(started(1n));
      one.rows.end(one.beginWrite('w', batch(0)));
      const open = one.beginBlock('w', event);
      if (open !== undefined) one.blocks.end(open);
      one.checkpoint(20n);
      one.created(started(19n));
      expect(found.found.map(({ rule }) => rule)).toEqual(expected);
    }
  });

  it('LOST: what nobody wrote, and what died with its worker', () => {
    write(0, 1);
    oracle.rows.abandon(oracle.beginWrite('w', batch(2)), false);
    oracle.finish();
    expect(rules().filter((rule) => rule === 'LOST')).toHaveLength(2);
  });

  it('EXTRA: a row that the log does not have', () => {
    oracle.beginWrite('w', { ...batch(0), commitTs: () => 12n });
    expect(rules()).toEqual(['EXTRA']);
  });

  it('D-46, D-47: nothing that the redo log does not have', () => {
    const redo = new Oracle(LOG, violations, { mode: 1 });
    const behind = new Oracle(LOG, violations, { redo });
    behind.rows.end(behind.beginWrite('w', batch(0, 1)));
    behind.beginBlock('w', ALTER);
    expect(rules()).toEqual(['D-46', 'D-46', 'D-47']);
  });
});
