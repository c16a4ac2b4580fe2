import type { Source, SourceEvent } from '@tidegate/dispatcher';
import { createSource } from '../source.js';

/** A row message as one line of a log, without its line break. */
export function rowLine(
  ts: bigint,
  table: string,
  id: string,
  options: { database?: string; type?: 'INSERT' | 'UPDATE' | 'DELETE'; data?: object; old?: object } = {},
): string {
  const { database = 'd', type = 'INSERT', data = { id, v: `v${id}` }, old } = options;
  const rows = JSON.stringify([data]);
  const before = old === undefined ? 'null' : JSON.stringify([old]);
  return (
    `{"id":0,"database":${JSON.stringify(database)},"table":${JSON.stringify(table)},"pkNames":["id"],"isDdl":false,"type":"${type}",` +
    `"sql":"","sqlType":{"id":-5,"v":12},"mysqlType":{"id":"bigint","v":"varchar"},"data":${rows},"old":${before},` +
    `"es":1,"ts":2,"_tidb":{"commitTs":${ts}}}`
  );
}

/** A DDL message as one line. */
export function ddlLine(ts: bigint, sql: string, database = 'd', table = ''): string {
  return (
    `{"id":0,"database":${JSON.stringify(database)},"table":${JSON.stringify(table)},"pkNames":null,"isDdl":true,"type":"QUERY",` +
    `"sql":${JSON.stringify(sql)},"data":null,"old":null,"es":1,"ts":2,"_tidb":{"commitTs":${ts}}}`
  );
}

/** A watermark message as one line. */
export function watermarkLine(ts: bigint): string {
  return `{"id":0,"database":"","table":"","isDdl":false,"type":"TIDB_WATERMARK","sql":"","data":null,"_tidb":{"watermarkTs":${ts}}}`;
}

/** The bytes of a log of these lines, as a stream of chunks of `chunkBytes`. */
export async function* streamOf(lines: readonly string[], chunkBytes = 1 << 20): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

/** A source over these lines. */
export function sourceOf(lines: readonly string[], options: Readonly<Record<string, unknown>> = {}): Source {
  return createSource({ stream: streamOf(lines), ...options });
}

/** Opens a source and reads it to its end; the chunks of every read. */
export async function readChunks(source: Source, startTs = 0n): Promise<(readonly SourceEvent[])[]> {
  await source.open({ startTs, signal: new AbortController().signal });
  const chunks: (readonly SourceEvent[])[] = [];
  for (let chunk = await source.read(); chunk !== null; chunk = await source.read()) chunks.push(chunk);
  await source.close();
  return chunks;
}

/** Opens a source and reads every event of it. */
export async function readEvents(source: Source, startTs = 0n): Promise<SourceEvent[]> {
  return (await readChunks(source, startTs)).flat();
}

/** An event as a short text: `rows 3@100`, `ddl create table@90`, `resolved@100`, `sync-point@90`. */
export function brief(event: SourceEvent): string {
  switch (event.type) {
    case 'rows':
      return `rows ${event.tableId}@${event.commitTs}`;
    case 'ddl':
      return `ddl ${event.kind}@${event.commitTs}`;
    case 'sync-point':
      return `sync-point@${event.commitTs}`;
    case 'resolved':
      return `resolved@${event.ts}`;
  }
}
