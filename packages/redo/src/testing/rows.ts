import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SinkContext, TableRows } from '@tidegate/dispatcher';
import type { DdlEvent, TableInfo } from '@tidegate/protocol';
import { createSink } from '../createSink.js';
import { type ReadOptions, readRedoLog } from '../readRedoLog.js';
import type { RedoEvent } from '../redoEvent.js';
import type { RedoSink } from '../redoSink.js';

/** Makes directories for the running test; `afterEach` of the test runner removes them. */
export function temporaryDirs(afterEach: (remove: () => Promise<void>) => void): () => Promise<string> {
  const dirs: string[] = [];
  afterEach(async () => {
    for (const dir of dirs.splice(0)) await rm(dir, { recursive: true, force: true });
  });
  return async () => {
    const dir = await mkdtemp(join(tmpdir(), 'tidegate-redo-'));
    dirs.push(dir);
    return dir;
  };
}

export function tableInfo(tableId: number, table: string, version: bigint): TableInfo {
  return { tableId, schemaId: 1, schema: 's', table, version };
}

/** Changes of one table, given by ts and text. */
export function rowsOf(table: TableInfo, changes: readonly (readonly [ts: bigint, text: string])[]): TableRows {
  const bytes = changes.map(([, text]) => new TextEncoder().encode(text));
  return {
    table,
    length: changes.length,
    commitTs: (index) => changes[index]?.[0] ?? 0n,
    rows: () => 1,
    bytes: (index) => bytes[index] ?? new Uint8Array(0),
  };
}

export function ddlEvent(commitTs: bigint, query: string, rest: Partial<DdlEvent> = {}): DdlEvent {
  return {
    type: 'ddl',
    commitTs,
    query,
    kind: 'create table',
    schema: 's',
    table: 'a',
    adds: [],
    schemaChanges: [],
    admissions: [],
    tables: [],
    ...rest,
  };
}

export function sinkContext(worker = 'worker-0', signal: AbortSignal = new AbortController().signal): SinkContext {
  return { worker, signal };
}

/** A sink that syncs on `flush` and `close` alone, unless the options say otherwise. */
export function quietSink(dir: string, options: object = {}, context: SinkContext = sinkContext()): Promise<RedoSink> {
  return createSink({ dir, commitInterval: 60_000, fsync: false, ...options }, context);
}

/** Names of the files in `dir`, in order. */
export async function fileNames(dir: string): Promise<string[]> {
  return (await readdir(dir)).sort();
}

export async function readAll(dir: string, options?: ReadOptions): Promise<RedoEvent[]> {
  const events: RedoEvent[] = [];
  for await (const event of readRedoLog(dir, options)) events.push(event);
  return events;
}

/** Events in short: `ts table=text`, `ts ddl query`, `ts sync`. */
export async function readShort(dir: string, options?: ReadOptions): Promise<string[]> {
  return (await readAll(dir, options)).map((event) => {
    if (event.type === 'ddl') return `${event.commitTs} ddl ${event.query}`;
    if (event.type === 'sync-point') return `${event.commitTs} sync`;
    return `${event.commitTs} ${event.table.table}=${Buffer.from(event.bytes).toString()}`;
  });
}
