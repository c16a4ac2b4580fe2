import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { SinkContext, TableRows } from '@tidegate/dispatcher';
import type { DdlEvent, TableInfo } from '@tidegate/protocol';
import { createSink } from '../createSink.js';
import { type Change, type ReadOptions, readChanges } from '../readChanges.js';
import type { StorageSink } from '../storageSink.js';

/** Makes directories for the running test; `afterEach` of the test runner removes them. */
export function temporaryDirs(afterEach: (remove: () => Promise<void>) => void): () => Promise<string> {
  const dirs: string[] = [];
  afterEach(async () => {
    for (const dir of dirs.splice(0)) await rm(dir, { recursive: true, force: true });
  });
  return async () => {
    const dir = await mkdtemp(join(tmpdir(), 'tidegate-storage-'));
    dirs.push(dir);
    return dir;
  };
}

export function tableInfo(tableId: number, schema: string, table: string, version: bigint, schemaId = 1): TableInfo {
  return { tableId, schemaId, schema, table, version };
}

/** A change as Canal-JSON has it. */
export function line(table: TableInfo, commitTs: bigint, value: string): string {
  const { schema, table: name } = table;
  const data = JSON.stringify([{ id: value }]);
  return `{"id":0,"database":${JSON.stringify(schema)},"table":${JSON.stringify(name)},"isDdl":false,"type":"INSERT","data":${data},"_tidb":{"commitTs":${commitTs}}}`;
}

/** Changes of one table, given by ts and value. */
export function rowsOf(table: TableInfo, changes: readonly (readonly [ts: bigint, value: string])[]): TableRows {
  return rowsOfLines(
    table,
    changes.map(([ts, value]) => [ts, line(table, ts, value)]),
  );
}

export function rowsOfLines(table: TableInfo, lines: readonly (readonly [ts: bigint, text: string])[]): TableRows {
  const bytes = lines.map(([, text]) => new TextEncoder().encode(text));
  const at = (index: number): readonly [bigint, string] => lines[index] ?? [0n, ''];
  return {
    table,
    length: lines.length,
    commitTs: (index) => at(index)[0],
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
    schema: 'shop',
    table: 'orders',
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

/** A sink whose files are closed by `flush` and `close` alone, unless the options say otherwise. */
export function quietSink(dir: string, options: object = {}, context: SinkContext = sinkContext()): Promise<StorageSink> {
  return createSink({ dir, flushInterval: 600_000, fsync: false, ...options }, context);
}

/** Every file below `dir` with its content. */
export async function tree(dir: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[relative(dir, path)] = await readFile(path, 'utf8');
  }
  return files;
}

/** Names of the files below `dir`, in order. */
export async function fileNames(dir: string): Promise<string[]> {
  return Object.keys(await tree(dir)).sort();
}

export async function readAll(dir: string, options?: ReadOptions): Promise<Change[]> {
  const changes: Change[] = [];
  for await (const change of readChanges(dir, options)) changes.push(change);
  return changes;
}

/** Changes in short: `ts table=value`, `ts ddl query`, `ts sync`. */
export async function readShort(dir: string, options?: ReadOptions): Promise<string[]> {
  return (await readAll(dir, options)).map((change) => {
    if (change.type === 'ddl') return `${change.commitTs} ddl ${change.query}`;
    if (change.type === 'sync-point') return `${change.commitTs} sync`;
    const message = JSON.parse(Buffer.from(change.bytes).toString()) as { data: { id: string }[] };
    return `${change.commitTs} ${change.schema}.${change.table}=${message.data[0]?.id}`;
  });
}
