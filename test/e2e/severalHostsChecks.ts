import { decodeMessage } from '@tidegate/canal-json';
import { type Comparison, compareTables, type FinalTable, Fold, readFinalTables } from '@tidegate/canal-json/fold';
import type { SourceEvent } from '@tidegate/dispatcher';
import { type Call, hash, type Life } from './repeats.js';

/**
 * What the sinks were given more than once though nobody was lost. A stream that ends in the midst of a transaction has a
 * checkpoint below it, and the next one begins there: only the changes right behind its start may come again.
 */
export function repeatsOf(lives: readonly Life[]): string[] {
  const seen = new Map<string, number>();
  const starts = new Set<string>();
  for (const { kind, table, ts } of lives.flat()) {
    if (kind === 'restart') starts.add(`rows ${table} ${BigInt(ts[0] as string) + 1n}`);
    else for (const id of ts) seen.set(`${kind} ${table ?? ''} ${id}`, (seen.get(`${kind} ${table ?? ''} ${id}`) ?? 0) + 1);
  }
  const repeated = [...seen].filter(([what, times]) => times > 1 && !starts.has(what.slice(0, what.lastIndexOf(' '))));
  return repeated.map(([what, times]) => `${what}: ${times} times`);
}

/** Streams of one table that were served at the same time: a new one begins only when the last call of the one before has ended. */
export function overlapsOf(lives: readonly Life[]): string[] {
  const found: string[] = [];
  const byTable = new Map<number, { call: Call; life: number }[]>();
  for (const [life, calls] of lives.entries()) {
    for (const call of calls) {
      if (call.table === undefined) continue;
      const list = byTable.get(call.table);
      if (list === undefined) byTable.set(call.table, [{ call, life }]);
      else list.push({ call, life });
    }
  }
  for (const [table, calls] of byTable) {
    calls.sort((a, b) => a.call.begin - b.call.begin);
    let server: number | undefined;
    let busyUntil = 0;
    for (const { call, life } of calls) {
      const what = `table ${table}: ${call.kind} ${call.ts[0]} in life ${life} at ${call.begin}`;
      if (call.kind === 'restart') {
        if (call.begin < busyUntil) found.push(`${what}, before what came earlier has ended at ${busyUntil}`);
        server = life;
        continue;
      }
      if (life !== server) found.push(`${what}, while life ${server} serves the table`);
      if (call.end !== undefined) busyUntil = Math.max(busyUntil, call.end);
    }
  }
  return found;
}

/** The hosts on which rows of a table were written, by table. */
export function serversOf(lives: ReadonlyMap<string, readonly Life[]>): Map<number, string[]> {
  const servers = new Map<number, Set<string>>();
  for (const [host, calls] of lives) {
    for (const { kind, table } of calls.flat()) {
      if (kind === 'rows' && table !== undefined) servers.set(table, (servers.get(table) ?? new Set()).add(host));
    }
  }
  return new Map([...servers].map(([table, hosts]) => [table, [...hosts]]));
}

/** What the tables are when everything is done once, in the order in which it first took effect, against the tables in a file. */
export async function compareFinal(events: readonly SourceEvent[], lives: readonly Life[], path: string): Promise<Comparison> {
  const log = new Map<string, Exclude<SourceEvent, { type: 'resolved' }>>();
  for (const event of events) {
    if (event.type === 'rows') log.set(`rows ${event.tableId} ${event.commitTs} ${hash(event.bytes)}`, event);
    else if (event.type === 'ddl') log.set(`ddl  ${event.commitTs}`, event);
  }
  const fold = new Fold();
  const calls = lives.flat().filter(({ kind, end }) => kind !== 'restart' && end !== undefined);
  for (const { kind, table, ts } of calls.sort((a, b) => (a.end as number) - (b.end as number))) {
    for (const id of ts) {
      const key = `${kind} ${table ?? ''} ${id}`;
      const event = log.get(key);
      log.delete(key);
      if (event?.type === 'rows') fold.add(decodeMessage(event.bytes, { file: path, line: 1, offset: 0 }));
      else if (event?.type === 'ddl') {
        const { schema, table: name, commitTs, query } = event;
        fold.add({ type: 'ddl', canalType: '', database: schema, table: name, commitTs, sql: query });
      }
    }
  }
  const final: FinalTable[] = [];
  for await (const one of readFinalTables(path)) final.push(one);
  return compareTables(fold.tables(), final, { limit: 5 });
}
