import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGunzip, createGzip } from 'node:zlib';

/** A log made for measuring. */
export interface BulkLog {
  readonly path: string;
  readonly rows: number;
}

interface Parts {
  /** What makes the databases and tables, in order. */
  readonly heads: readonly string[];
  /** Row changes of these tables. */
  readonly rows: readonly string[];
}

const STAMP = /"commitTs":\d+\}\}$/;
const FIRST_TS = 1_000_000n;
/** Tables that the log has: each costs a barrier before its first row, which is not what is measured. */
const TABLES = 12;
/** Rows of one transaction, as many as the sample's have about. */
const TRANSACTION = 8;

/**
 * The rows of a recorded log's first tables over and over, packed, without the DDLs between them, under commit ts of its own. What a recorded log takes for its barriers is not in what this one takes.
 */
export async function makeBulkLog(sample: string, path: string, rows: number): Promise<BulkLog> {
  const parts = await partsOf(sample);
  const packed = createGzip({ level: constants.Z_BEST_SPEED });
  await pipeline(Readable.from(linesOf(parts, rows)), packed, createWriteStream(path));
  return { path, rows };
}

function* linesOf({ heads, rows }: Parts, count: number): Generator<string> {
  let ts = FIRST_TS;
  for (const head of heads) yield stamped(head, ts++);
  let chunk: string[] = [];
  for (let i = 0; i < count; i++) {
    chunk.push(stamped(rows[i % rows.length]!, ts + BigInt(Math.floor(i / TRANSACTION))));
    if (chunk.length < 256 && i < count - 1) continue;
    yield chunk.join('');
    chunk = [];
  }
}

function stamped(line: string, ts: bigint): string {
  return `${line.replace(STAMP, `"commitTs":${ts}}}`)}\n`;
}

async function partsOf(sample: string): Promise<Parts> {
  const heads: string[] = [];
  const rows: string[] = [];
  const tables = new Set<string>();
  let isHead = true;
  for await (const line of createInterface({ input: createReadStream(sample).pipe(createGunzip()) })) {
    if (!STAMP.test(line)) continue;
    const { isDdl, type, database, table } = JSON.parse(line) as {
      isDdl: boolean;
      type: string;
      database: string;
      table: string;
    };
    if (isDdl) {
      isHead &&= tables.size < TABLES && (type === 'QUERY' || type === 'CREATE');
      if (isHead) heads.push(line);
      if (isHead && type === 'CREATE') tables.add(`${database}.${table}`);
    } else if (tables.has(`${database}.${table}`)) rows.push(line);
  }
  if (rows.length === 0) throw new Error(`${sample} has no rows of the tables that it begins with`);
  return { heads, rows };
}
