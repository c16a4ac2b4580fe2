import type { SourceEvent } from '@tidegate/dispatcher';
import type { TableName } from '@tidegate/protocol';
import {
  type DdlEvent,
  type RouteAdmission,
  type RouteAdmit,
  RoutingRules,
  routeAdmissions,
  routeOwners,
} from '@tidegate/protocol';
import { applyDdl, type Workload, type WorkloadTable } from './workload.js';

/** A DDL that claims a target which another table has: it is never admitted (N-2). */
interface RefusedDdl {
  readonly commitTs: bigint;
  /** Names as `` `schema`.`table` ``: the table that claims, the one that has, and what. */
  readonly source: string;
  readonly owner: string;
  readonly target: string;
  /** Tables that it adds. */
  readonly adds: readonly number[];
  /** It waits to be written; otherwise it is written before it is reported (D-25). */
  readonly blocks: boolean;
}

/** How the names of a log are routed (section 23). */
export interface Routing {
  readonly rules: RoutingRules;
  /** The first DDL that is refused under these rules; absent: each finds its target free. */
  readonly refused?: RefusedDdl;
}

/** Tables of one name in two schemas have one target. */
const BY_TABLE = new RoutingRules([{ match: '*.*', to: 'target.{table}' }]);
/** Nobody has the target of another. What somebody changes the rules to when a DDL was refused. */
const BY_BOTH = new RoutingRules([{ match: '*.*', to: 'target.{schema}_{table}' }]);

/** Gives every DDL of a log the admissions that its changes of names ask for, and finds the first that cannot be admitted. */
export function routed(
  initial: readonly WorkloadTable[],
  events: readonly SourceEvent[],
): { readonly events: SourceEvent[]; readonly routing: Routing } {
  const { events: admitted, refused } = walk(initial, events, BY_TABLE);
  return { events: admitted, routing: { rules: BY_TABLE, ...(refused && { refused }) } };
}

/** The same log after the rules were changed so that no two tables have one target. */
export function rerouted(workload: Workload): Workload {
  if (workload.routing === undefined) return workload;
  const { events } = walk(workload.initial, workload.events, BY_BOTH);
  return { ...workload, events, routing: { rules: BY_BOTH } };
}

/** Who has which target while these tables exist. */
export function ownersOf(tables: Iterable<WorkloadTable>, { rules }: Routing): RouteAdmit[] {
  return routeOwners(namesOf(tables).values(), rules);
}

function walk(initial: readonly WorkloadTable[], events: readonly SourceEvent[], rules: RoutingRules) {
  const tables = new Map(initial.map((table) => [table.tableId, table]));
  let refused: RefusedDdl | undefined;
  const admitted = events.map((event): SourceEvent => {
    if (event.type !== 'ddl') return event;
    const before = namesOf(tables.values());
    const schemas = new Map([...tables.values()].map(({ schemaId, schema }) => [schemaId, schema]));
    applyDdl(tables, event);
    const after = namesOf(tables.values());
    const dropped = event.drops?.type === 'db' ? schemas.get(event.drops.schemaId) : undefined;
    const changes = {
      droppedSchemas: dropped === undefined ? [] : [dropped],
      dropped: [...before].filter(([name, { schema }]) => !after.has(name) && schema !== dropped).map(([, name]) => name),
      added: [...after].filter(([name]) => !before.has(name)).map(([, name]) => name),
    };
    const admissions = routeAdmissions(changes, rules);
    refused ??= refusal(event, before, admissions);
    return { ...event, admissions };
  });
  return { events: admitted, refused };
}

/** What an admission claims although a table that stays has it. Written anew on purpose: it is what the admin is held against. */
function refusal(
  event: DdlEvent,
  before: ReadonlyMap<string, TableName>,
  admissions: readonly RouteAdmission[],
): RefusedDdl | undefined {
  const owners = new Map([...before].map(([name, { table }]) => [quoted('target', table), name]));
  for (const admission of admissions) {
    if (admission.type === 'release') owners.delete(quoted('target', admission.table));
    if (admission.type === 'release-schema')
      for (const [target, name] of owners) if (before.get(name)?.schema === admission.schema) owners.delete(target);
    if (admission.type !== 'admit') continue;
    const target = quoted(admission.targetSchema, admission.targetTable);
    const source = quoted(admission.schema, admission.table);
    const owner = owners.get(target);
    if (owner !== undefined && owner !== source) {
      const blocks = event.blockTables?.type !== 'normal' || event.blockTables.tableIds.length > 1;
      return { commitTs: event.commitTs, source, owner, target, adds: event.adds.map(({ tableId }) => tableId), blocks };
    }
    owners.set(target, source);
  }
  return undefined;
}

function namesOf(tables: Iterable<WorkloadTable>): Map<string, TableName> {
  return new Map([...tables].map(({ schema, table }) => [quoted(schema, table), { schema, table }]));
}

function quoted(schema: string, table: string): string {
  return `\`${schema}\`.\`${table}\``;
}
