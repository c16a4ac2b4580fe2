import { describe, expect, it, test } from 'vitest';
import { RoutingRuleError } from './errors.js';
import { type NameChanges, RoutingRules, routeAdmissions, routeOwners, type TableName } from './routing.js';

const ROUTED = new RoutingRules([{ match: '*.*', to: 'target_db.{table}_routed' }]);

const name = (schema: string, table: string): TableName => ({ schema, table });
const changes = (parts: Partial<NameChanges>): NameChanges => ({ droppedSchemas: [], dropped: [], added: [], ...parts });
const release = (schema: string, table: string): object => ({ type: 'release', schema, table });
const admit = (schema: string, table: string): object => ({
  type: 'admit',
  schema,
  table,
  targetSchema: 'target_db',
  targetTable: `${table}_routed`,
});

describe('RouteTableAdmissionsForNameLevelDDLs (N-1)', () => {
  test.each<[string, Partial<NameChanges>, object[]]>([
    ['create table db.p', { added: [name('db', 'p')] }, [admit('db', 'p')]],
    ['create tables', { added: [name('db', 't1'), name('db', 't2')] }, [admit('db', 't1'), admit('db', 't2')]],
    ['drop db.p', { dropped: [name('db', 'p')] }, [release('db', 'p')]],
    [
      'rename db.p -> db2.p2',
      { dropped: [name('db', 'p')], added: [name('db2', 'p2')] },
      [release('db', 'p'), admit('db2', 'p2')],
    ],
    [
      'rename two',
      { dropped: [name('db', 't1'), name('db', 't2')], added: [name('db', 't1_new'), name('db', 't2_new')] },
      [release('db', 't1'), release('db', 't2'), admit('db', 't1_new'), admit('db', 't2_new')],
    ],
    ['drop schema db', { droppedSchemas: ['db'] }, [{ type: 'release-schema', schema: 'db' }]],
    ['partition truncate: ids change, names do not', {}, []],
    ['drop without name change', {}, []],
  ])('%s', (_, parts, expected) => {
    expect(routeAdmissions(changes(parts), ROUTED)).toEqual(expected);
  });
});

test('N-1: one name that cannot be routed, and the DDL has no admissions at all', () => {
  const tooLong = 'x'.repeat(58);
  const parts = { dropped: [name('db', 'a')], added: [name('db', 'b'), name('db', tooLong)] };
  expect(ROUTED.targetOf(name('db', 'x'.repeat(57)))?.table).toHaveLength(64);
  expect(ROUTED.targetOf(name('db', tooLong))).toBeUndefined();
  expect(routeAdmissions(changes(parts), ROUTED)).toEqual([]);
});

describe('rules', () => {
  it('the first that matches counts, and a table that none matches keeps its name', () => {
    const rules = new RoutingRules([
      { match: 'shop.log_*', to: 'logs.{schema}_{table}' },
      { match: 'shop.*', to: 'archive.{table}' },
      { match: '`a.b`.`*`', to: '`c.d`.{table}' },
    ]);
    expect(rules.targetOf(name('shop', 'log_1'))).toEqual(name('logs', 'shop_log_1'));
    expect(rules.targetOf(name('shop', 'item'))).toEqual(name('archive', 'item'));
    expect(rules.targetOf(name('shop2', 'item'))).toEqual(name('shop2', 'item'));
    expect(rules.targetOf(name('a.b', '*'))).toEqual(name('c.d', '*'));
    expect(rules.targetOf(name('a.b', 't'))).toEqual(name('a.b', 't'));
  });

  it('names are compared as they are written, whatever signs they hold', () => {
    const rules = new RoutingRules([{ match: 's.t$(1', to: 'x.{table}{table}' }]);
    expect(rules.targetOf(name('s', 't$(1'))).toEqual(name('x', 't$(1t$(1'));
    expect(rules.targetOf(name('S', 't$(1'))).toEqual(name('S', 't$(1'));
    expect(new RoutingRules([{ match: '*.*', to: 'x.{schema}' }]).targetOf(name('{table}', 't'))).toEqual(name('x', '{table}'));
  });

  test.each([
    [
      [
        { match: '*.*', to: 'a.b' },
        { match: 'x', to: 'a.b' },
      ],
      2,
      /routing rule 2 \(match "x", to "a\.b"\): match must be schema\.table/,
    ],
    [[{ match: '*.*', to: 'a.b.c' }], 1, /to must be schema\.table/],
    [[{ match: '*.*', to: 'a.{tabel}' }], 1, /not \{tabel\}/],
    [[{ match: '*.*', to: 'a.{table' }], 1, /not \{table/],
    [[{ match: '*.*', to: 'a.*' }], 1, /a \* can only stand in match/],
    [[{ match: '*.*' }], 1, /to undefined\): it must have/],
    [[{ match: '*.*', to: 'a.b', if: 1 }], 1, /no such field as "if"/],
    [[null], 1, /rule 1/],
    ['*.*', 0, /must be a list/],
  ])('%j is refused, naming the rule', (rules, rule, message) => {
    const make = () => new RoutingRules(rules);
    expect(make).toThrow(RoutingRuleError);
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ code: 'ROUTING_RULE', rule }));
  });
});

test('owners: one admit for each table that can be routed', () => {
  expect(routeOwners([name('db', 'p'), name('db', 'x'.repeat(64))], ROUTED)).toEqual([admit('db', 'p')]);
});
