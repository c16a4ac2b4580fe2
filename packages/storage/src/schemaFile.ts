import { crc32 } from 'node:zlib';
import { reasonOf, StorageError } from './errors.js';
import { parseSchemaFileName, schemaFileName, type TableVersion } from './layout.js';

/** What a schema file says. `table` is empty for a database's, both names for a DDL that names neither. */
export interface SchemaRecord extends TableVersion {
  /** The DDL; empty in a file that only says that a table has this version. */
  readonly query: string;
  /** Number of the kind of DDL; 0 where there is none. */
  readonly type: number;
}

/** Name of the schema file of a table's version: the same for a DDL that comes again, and for any statement in it. */
export function schemaFileNameOf(record: TableVersion): string {
  return schemaFileName(record.version, crc32(JSON.stringify([record.schema, record.table])));
}

/**
 * Content of a schema file. Columns are not known here: a sink passes rows through undecoded, so the list is null.
 * Written by hand because the version passes 2^53, which JSON.stringify cannot write as a number.
 */
export function formatSchemaFile(record: SchemaRecord): string {
  return [
    '{',
    `    "Table": ${JSON.stringify(record.table)},`,
    `    "Schema": ${JSON.stringify(record.schema)},`,
    '    "Version": 1,',
    `    "TableVersion": ${record.version},`,
    `    "Query": ${JSON.stringify(record.query)},`,
    `    "Type": ${record.type},`,
    '    "TableColumns": null,',
    '    "TableColumnsTotal": 0',
    '}',
  ].join('\n');
}

/**
 * Reads a schema file. Throws `STORAGE_INVALID` when it is not one, or is not the one that its name says.
 */
export function parseSchemaFile(text: string, name: string, path: string): SchemaRecord {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw invalid(path, `is not JSON (${reasonOf(error)})`);
  }
  if (typeof content !== 'object' || content === null) throw invalid(path, 'is not an object');
  const { Table, Schema, Query, Type } = content as Record<string, unknown>;
  if (typeof Table !== 'string' || typeof Schema !== 'string' || typeof Query !== 'string' || typeof Type !== 'number') {
    throw invalid(path, 'lacks Table, Schema, Query or Type');
  }
  // Read as text: the number passes 2^53. A quote within a string is escaped, so this matches the key alone.
  const version = /"TableVersion"\s*:\s*(\d{1,20})\b/.exec(text)?.[1];
  if (version === undefined) throw invalid(path, 'lacks TableVersion');
  if (parseSchemaFileName(name)?.version !== BigInt(version))
    throw invalid(path, `holds version ${version}, which is not that of its name`);
  return { schema: Schema, table: Table, version: BigInt(version), query: Query, type: Type };
}

function invalid(path: string, what: string): StorageError {
  return new StorageError('STORAGE_INVALID', `schema file ${path} ${what}`, { path });
}
