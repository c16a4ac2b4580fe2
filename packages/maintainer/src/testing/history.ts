import type { BlockFacts, TableId } from '@tidegate/protocol';
import { facts } from './requests.js';

/** Deterministic chance from one seed. */
export function chance(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/**
 * A history of block events that a source could deliver: tables are used only while they exist. Of `kinds` kinds all
 * behind the seventh are DDLs over one or two tables.
 */
export function history(pick: (below: number) => number, initial: readonly TableId[], length: number, kinds = 6): BlockFacts[] {
  const live = new Set(initial);
  let nextTable = initial.length + 1;
  const events: BlockFacts[] = [];
  for (let i = 1; i <= length; i++) {
    const ts = BigInt(i * 10);
    const some = [...live];
    const table = some[pick(some.length)] ?? 0;
    const kind = pick(kinds);
    if (kind === 0) events.push(facts({ commitTs: ts, isSyncPoint: true }, { type: 'all' }));
    else if (kind === 1) events.push(facts(ts, { type: 'db', schemaId: 1 }));
    else if (kind === 2) events.push(facts(ts, undefined, { adds: [{ tableId: nextTable, schemaId: 1, splittable: false }] }));
    else if (kind === 3 && some.length > 1) {
      events.push(facts(ts, { type: 'normal', tableIds: [table, 0] }, { drops: { type: 'normal', tableIds: [table] } }));
      live.delete(table);
    } else if (kind === 4) {
      // Truncate: the table goes and its successor comes.
      const changes = {
        drops: { type: 'normal', tableIds: [table] },
        adds: [{ tableId: nextTable, schemaId: 1, splittable: false }],
      } as const;
      events.push(facts(ts, { type: 'normal', tableIds: [table, 0] }, changes));
      live.delete(table);
    } else if (kind === 6) {
      // CREATE TABLE … LIKE: its pattern lives on.
      events.push(
        facts(ts, { type: 'normal', tableIds: [0, table] }, { adds: [{ tableId: nextTable, schemaId: 1, splittable: false }] }),
      );
    } else {
      const other = some[pick(some.length)] ?? table;
      const tableIds = other === table ? [table, 0] : [table, other];
      events.push(facts(ts, { type: 'normal', tableIds }));
    }
    if (kind === 2 || kind === 4 || kind === 6) live.add(nextTable++);
  }
  return events;
}

export function concerns(event: BlockFacts, tableId: TableId): boolean {
  const influence = event.blockTables;
  if (influence === undefined) return tableId === 0;
  return influence.type !== 'normal' || influence.tableIds.includes(tableId);
}

/** Index of the event that drops a table: it sees nothing after it. */
export function dropOf(events: readonly BlockFacts[], tableId: TableId): number {
  const at = events.findIndex(({ drops }) => drops?.type === 'normal' && drops.tableIds.includes(tableId));
  return at < 0 ? events.length : at;
}

/** None (lost), one, or two of a message. */
export function copiesOf(pick: (below: number) => number): number {
  const roll = pick(10);
  return roll < 2 ? 0 : roll < 9 ? 1 : 2;
}

/** The tables that exist once everything at or below `ts` has happened, ascending. */
export function tablesAt(events: readonly BlockFacts[], initial: readonly TableId[], ts: bigint): TableId[] {
  const live = new Set(initial);
  for (const event of events) {
    if (event.key.commitTs > ts) break;
    if (event.drops?.type === 'normal') for (const tableId of event.drops.tableIds) live.delete(tableId);
    for (const { tableId } of event.adds) live.add(tableId);
  }
  return [...live].sort((a, b) => a - b);
}
