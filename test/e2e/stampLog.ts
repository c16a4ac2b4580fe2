import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSource } from '@tidegate/canal-json';
import type { SourceEvent } from '@tidegate/dispatcher';
import type { DdlEvent, SyncPointEvent } from '@tidegate/protocol';

/** What one worker's stamping sink wrote down. `begin` and `end` come from one counter shared by all workers. */
export interface Stamp {
  readonly worker: string;
  readonly kind: 'rows' | 'ddl' | 'sync-point' | 'pass';
  readonly begin: number;
  readonly end: number;
  readonly table?: number;
  readonly name?: string;
  readonly rows?: number;
  /** One ts, or one for each change of a write. */
  readonly ts: string | readonly string[];
}

/** Reads the files that the sinks wrote when they closed. */
export function readStamps(directory: string): Stamp[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) =>
      readFileSync(join(directory, name), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => ({ ...(JSON.parse(line) as Stamp), worker: name.replace('.jsonl', '') })),
    );
}

/** Every event of a log, read by the source itself, without a host. */
export async function readLog(options: Readonly<Record<string, unknown>>): Promise<SourceEvent[]> {
  const source = createSource(options);
  await source.open({ startTs: 0n, signal: new AbortController().signal });
  const events: SourceEvent[] = [];
  for (let chunk = await source.read(); chunk !== null; chunk = await source.read()) events.push(...chunk);
  await source.close();
  return events;
}

/** A change as the sink saw it: when its write began and when it was durable. */
interface Written {
  readonly ts: bigint;
  readonly begin: number;
  readonly end: number;
}

/**
 * Checks what happened against what the log says must happen, and returns every violation in words:
 * each change written once; each DDL and sync point executed once; before one, everything smaller of its tables durable;
 * until it was done, nothing larger of its tables begun.
 */
export function violations(events: readonly SourceEvent[], stamps: readonly Stamp[]): string[] {
  const found: string[] = [];
  const written = new Map<number, Written[]>();
  for (const stamp of stamps) {
    if (stamp.kind !== 'rows' || stamp.table === undefined) continue;
    const list = written.get(stamp.table) ?? [];
    written.set(stamp.table, list);
    for (const ts of stamp.ts as readonly string[]) list.push({ ts: BigInt(ts), begin: stamp.begin, end: stamp.end });
  }
  checkChanges(events, written, found);
  const schemaOf = new Map<number, number>();
  for (const event of events) {
    if (event.type !== 'ddl' && event.type !== 'sync-point') continue;
    const kind = event.type;
    const runs = stamps.filter((stamp) => stamp.kind === kind && stamp.ts === String(event.commitTs));
    const [run] = runs;
    if (runs.length !== 1 || run === undefined) found.push(`${kind} at ${event.commitTs} ran ${runs.length} times`);
    else {
      for (const table of influenced(event, schemaOf)) {
        for (const change of written.get(table) ?? []) {
          if (change.ts <= event.commitTs && change.end >= run.begin && change.ts !== event.commitTs) {
            found.push(
              `table ${table}: change ${change.ts} durable at ${change.end}, after ${kind} ${event.commitTs} began at ${run.begin}`,
            );
          }
          if (change.ts > event.commitTs && change.begin <= run.end) {
            found.push(
              `table ${table}: change ${change.ts} begun at ${change.begin}, before ${kind} ${event.commitTs} ended at ${run.end}`,
            );
          }
        }
      }
    }
    if (event.type === 'ddl') for (const table of event.tables) schemaOf.set(table.tableId, table.schemaId);
  }
  return found;
}

function checkChanges(events: readonly SourceEvent[], written: ReadonlyMap<number, readonly Written[]>, found: string[]): void {
  const expected = new Map<number, bigint[]>();
  for (const event of events) {
    if (event.type !== 'rows') continue;
    const list = expected.get(event.tableId) ?? [];
    expected.set(event.tableId, list);
    list.push(event.commitTs);
  }
  for (const table of new Set([...expected.keys(), ...written.keys()])) {
    const want = (expected.get(table) ?? []).join(' ');
    const got = (written.get(table) ?? []).map((change) => change.ts).join(' ');
    if (want !== got) found.push(`table ${table}: the sink did not get exactly the log's changes in the log's order`);
  }
}

/** Tables that an event holds up: those it names, or all that exist, and those it adds. */
function influenced(event: DdlEvent | SyncPointEvent, schemaOf: ReadonlyMap<number, number>): number[] {
  const influence = event.type === 'ddl' ? event.blockTables : ({ type: 'all' } as const);
  if (influence === undefined) return [];
  if (influence.type === 'normal')
    return [...influence.tableIds, ...(event.type === 'ddl' ? event.adds.map((add) => add.tableId) : [])];
  const all = [...schemaOf.keys()];
  return influence.type === 'all' ? all : all.filter((table) => schemaOf.get(table) === influence.schemaId);
}
