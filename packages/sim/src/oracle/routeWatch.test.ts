import type { SourceEvent } from '@tidegate/dispatcher';
import type { DdlEvent, DispatcherConfig, MaintainerEvent } from '@tidegate/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { rerouted, routed } from '../workload/routing.js';
import { type Workload, workloadOf } from '../workload/workload.js';
import { Oracle } from './oracle.js';
import { RouteWatch } from './routeWatch.js';
import { Violations } from './violation.js';

function create(tableId: number, schema: string, table: string, commitTs: bigint): DdlEvent {
  return {
    ...{ type: 'ddl', commitTs, query: '', kind: 'create table', schema, table, schemaChanges: [], admissions: [] },
    ...{ blockTables: { type: 'normal', tableIds: [0] }, adds: [{ tableId, schemaId: 1, splittable: false }] },
    tables: [{ tableId, schemaId: 1, schema, table, version: commitTs }],
  };
}

function log(events: readonly SourceEvent[]): Workload {
  const { events: admitted, routing } = routed([], events);
  return { ...workloadOf([], 1n, admitted), routing };
}

const CLASH = log([create(1, 'a', 't', 10n), create(2, 'b', 't', 20n), { type: 'resolved', ts: 30n }]);
const KEY = { commitTs: 20n, isSyncPoint: false };
const NAMES = { source: '`b`.`t`', owner: '`a`.`t`', target: '`target`.`t`' };
const CONFLICT: MaintainerEvent = { type: 'route-conflict', key: KEY, mode: 0, ...NAMES, text: 'both' };

const shown = (owners: number, appliedTs: bigint, rest: object = {}) => {
  return { changefeed: { barrier: { routes: { owners, appliedTs, late: 0, more: 0, queue: [], ...rest } } } };
};

describe('N-2: a watch over targets and their owners', () => {
  let violations: Violations;
  let watch: RouteWatch;
  const watching = (workload: Workload, executed = 2): void => {
    violations = new Violations(() => 0);
    const oracle = new Oracle(workload, violations);
    watch = new RouteWatch(workload, violations, oracle);
    for (const { event } of workload.blocks.slice(0, executed)) {
      const open = oracle.blocks.begin('w', event);
      if (open !== undefined) oracle.blocks.end(open);
    }
  };
  const texts = (): string[] => violations.found.map(({ text }) => text);

  beforeEach(() => watching(CLASH));

  it('takes the conflict that the log has, once a maintainer', () => {
    expect([watch.event(CONFLICT, 1), watch.event(CONFLICT, 2)]).toEqual([true, true]);
    expect(texts()).toEqual([]);
    watch.event(CONFLICT, 2);
    watch.event({ ...CONFLICT, owner: '`c`.`t`' }, 3);
    expect(texts()).toEqual(['the conflict at 20 is told twice by the maintainer of epoch 2', 'there is no such conflict: both']);
  });

  it('sees that something comes of the DDL that is refused', () => {
    watch.created({ tableId: 1, mode: 0 } as DispatcherConfig);
    watch.created({ tableId: 2, mode: 1 } as DispatcherConfig);
    expect(texts()).toEqual([]);
    watch.created({ tableId: 2, mode: 0 } as DispatcherConfig);
    watch.event({ type: 'checkpoint', checkpointTs: 20n } as MaintainerEvent, 1);
    watch.check(shown(2, 20n));
    expect(texts()).toEqual([
      'table 2 is scheduled, and the DDL at 20 that adds it is refused',
      'the checkpoint is at 20, and the DDL at 20 is refused',
      'transitions up to 20 are applied, and the DDL at 20 is refused',
    ]);
  });

  it('counts owners as of what is applied, and misses what was passed over', () => {
    watch.check(shown(0, 1n));
    watch.check(shown(1, 10n));
    expect(texts()).toEqual([]);
    watch.check(shown(0, 10n, { late: 1 }));
    watch.check({ changefeed: { barrier: {} } });
    expect(texts()).toEqual([
      '0 tables have a target at 10, and the log has 1',
      '1 transitions were passed over, for later ones had been applied',
      'names are routed, and the maintainer does not know',
    ]);
  });

  it('sees routes that change before the DDL is written (N-3)', () => {
    watching(rerouted(CLASH), 1);
    watch.check(shown(1, 10n));
    expect(texts()).toEqual([]);
    watch.check(shown(2, 20n));
    expect(texts()).toEqual(['the routes of the DDL at 20 have changed, and it is not executed']);
  });

  it('finds everything applied at the end, under the rules that the log was finished with', () => {
    watching(rerouted(CLASH));
    watch.finish(shown(2, 20n));
    expect(texts()).toEqual([]);
    watch.finish(shown(1, 10n, { queue: [{}] }));
    expect(texts()).toEqual(['1 transitions wait when all is quiet', 'transitions are applied up to 10, and the last is at 20']);
  });
});
