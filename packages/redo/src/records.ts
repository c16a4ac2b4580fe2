import type { DdlEvent, TableInfo } from '@tidegate/protocol';
import { corrupt } from './errors.js';
import { EVENT_HEAD, LENGTH_SIZE, RECORD, ROW_HEAD, TABLE_HEAD } from './layout.js';

/** Takes the records of a batch, in order. Places are offsets in the body. */
export interface RecordVisitor {
  table(reference: number, generation: number, info: TableInfo): void;
  row(commitTs: bigint, reference: number, rows: number, at: number, length: number): void;
  ddl(commitTs: bigint, at: number, length: number): void;
  syncPoint(commitTs: bigint): void;
}

/** Shows every record of a body whose checksum was right. `path` and `offset` (of the body in the file) are for errors. */
export function visitRecords(body: Buffer, visitor: RecordVisitor, path: string, offset: number): void {
  let at = 0;
  while (at < body.length) {
    const end = at + LENGTH_SIZE <= body.length ? at + LENGTH_SIZE + body.readUInt32LE(at) : Number.POSITIVE_INFINITY;
    if (end > body.length) throw corrupt(path, offset + at, 'a record leads out of its batch');
    const type = body[at + LENGTH_SIZE];
    const size = end - at;
    if (type === RECORD.row && size >= ROW_HEAD) {
      const reference = body.readUInt32LE(at + 13);
      visitor.row(body.readBigUInt64LE(at + 5), reference, body.readUInt32LE(at + 17), at + ROW_HEAD, size - ROW_HEAD);
    } else if (type === RECORD.table && size >= TABLE_HEAD) {
      const text = body.toString('utf8', at + TABLE_HEAD, end);
      visitor.table(body.readUInt32LE(at + 5), body.readUInt32LE(at + 9), parseTable(text, path, offset + at));
    } else if (type === RECORD.ddl && size >= EVENT_HEAD) {
      visitor.ddl(body.readBigUInt64LE(at + 5), at + EVENT_HEAD, size - EVENT_HEAD);
    } else if (type === RECORD.syncPoint && size >= EVENT_HEAD) {
      visitor.syncPoint(body.readBigUInt64LE(at + 5));
    } else {
      throw corrupt(path, offset + at, `a record of type ${type} and ${size} bytes is unknown to this version`);
    }
    at = end;
  }
}

/** A table as its record has it. */
export function formatTable({ tableId, schemaId, schema, table, version }: TableInfo): string {
  return JSON.stringify({ tableId, schemaId, schema, table, version: version.toString() });
}

function parseTable(text: string, path: string, offset: number): TableInfo {
  return parsed(text, path, offset, (value: StoredTable) => ({ ...value, version: BigInt(value.version) }));
}

/** A DDL as its record has it: everything that the source said of it. Timestamps are strings, because they pass 2^53. */
export function formatDdl(ddl: DdlEvent): string {
  const tables = ddl.tables.map((table) => ({ ...table, version: table.version.toString() }));
  return JSON.stringify({ ...ddl, commitTs: ddl.commitTs.toString(), tables });
}

/** Reads back what {@link formatDdl} wrote. `path` and `offset` are for errors. */
export function parseDdl(text: string, path: string, offset: number): DdlEvent {
  return parsed(text, path, offset, (value: StoredDdl) => ({
    ...value,
    commitTs: BigInt(value.commitTs),
    tables: value.tables.map((table) => ({ ...table, version: BigInt(table.version) })),
  }));
}

type StoredTable = Omit<TableInfo, 'version'> & { readonly version: string };
type StoredDdl = Omit<DdlEvent, 'commitTs' | 'tables'> & { readonly commitTs: string; readonly tables: readonly StoredTable[] };

// The checksum was right, so this is what a sink wrote; only another version's could fail here.
function parsed<Stored, Value>(text: string, path: string, offset: number, convert: (stored: Stored) => Value): Value {
  try {
    return convert(JSON.parse(text) as Stored);
  } catch (error) {
    throw corrupt(path, offset, `a record is not what this version writes (${String(error)})`);
  }
}
