import { join } from 'node:path';

/*
 * Where everything lies below the sink's directory. Versions and timestamps are decimal.
 *
 *   metadata                                          {"checkpoint-ts":N}
 *   meta/sync_point_{ts}.json                         one for each sync point
 *   meta/schema_{ts}_{hash}.json                      a DDL that names no database
 *   {schema}/meta/schema_{ts}_{hash}.json             a DDL of a database
 *   {schema}/{table}/meta/schema_{version}_{hash}.json    a DDL of a table, or a table's state without a statement
 *   {schema}/{table}/{version}/CDC{number}.json       row changes, one a line
 *   {schema}/{table}/{version}/meta/CDC.index         name of the file written last
 *
 * A file being written has a name that starts with a dot and ends in `.tmp`; readers take only the names above.
 */

export const METADATA_FILE = 'metadata';
export const META_DIR = 'meta';
export const INDEX_FILE = 'CDC.index';

/** Digits of a file number, at least; more are used when the number needs them. */
export const FILE_NUMBER_WIDTH = { min: 6, max: 20, default: 6 } as const;

/**
 * Numbers of the files of one stream (see `TableFiles`): stream 0 has 1, 2, 3 …, stream 1 has 1000000001, 1000000002 …
 */
export const STREAM_NUMBERS = 1_000_000_000;

/** A table as the layout names it: one version of one name. */
export interface TableVersion {
  readonly schema: string;
  readonly table: string;
  readonly version: bigint;
}

const RESERVED: ReadonlySet<string> = new Set([META_DIR, METADATA_FILE, '.', '..']);

/**
 * A database's or table's name as a directory name: itself, except that `/`, `%` and NUL become `%XX`, as does the first
 * character of a name that starts with a dot or that the layout needs for itself (`meta`, `metadata`).
 */
export function encodeName(name: string): string {
  const encoded = name.replace(/[/%\0]/g, percent);
  return RESERVED.has(encoded) || encoded.startsWith('.') ? percent(encoded) + encoded.slice(1) : encoded;
}

/** The name that {@link encodeName} made a directory name from. */
export function decodeName(encoded: string): string {
  return encoded.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function percent(text: string): string {
  return `%${text.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** Directory of a table's row changes. */
export function dataDir(root: string, table: TableVersion): string {
  return join(root, encodeName(table.schema), encodeName(table.table), String(table.version));
}

/** Directory of the schema files of a table, of a database (no table) or of neither. */
export function schemaDir(root: string, schema: string, table: string): string {
  if (schema === '') return join(root, META_DIR);
  return table === '' ? join(root, encodeName(schema), META_DIR) : join(root, encodeName(schema), encodeName(table), META_DIR);
}

/** Name of the `number`th file of row changes, counted from 1. */
export function dataFileName(number: number, width: number): string {
  return `CDC${String(number).padStart(width, '0')}.json`;
}

/** The number in a name that {@link dataFileName} made, or undefined. */
export function parseDataFileName(name: string): number | undefined {
  const digits = /^CDC(\d{6,20})\.json$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Name of a schema file; `hash` is an unsigned 32-bit number. */
export function schemaFileName(version: bigint, hash: number): string {
  return `schema_${version}_${String(hash).padStart(10, '0')}.json`;
}

/** Version and hash in a name that {@link schemaFileName} made, or undefined. */
export function parseSchemaFileName(name: string): { readonly version: bigint; readonly hash: number } | undefined {
  const parts = /^schema_(\d{1,20})_(\d{10})\.json$/.exec(name);
  return parts === null ? undefined : { version: BigInt(parts[1] as string), hash: Number(parts[2]) };
}

/** Name of a sync point's record. */
export function syncPointFileName(ts: bigint): string {
  return `sync_point_${ts}.json`;
}

/** The ts in a name that {@link syncPointFileName} made, or undefined. */
export function parseSyncPointFileName(name: string): bigint | undefined {
  const digits = /^sync_point_(\d{1,20})\.json$/.exec(name)?.[1];
  return digits === undefined ? undefined : BigInt(digits);
}

/** The version in the name of a directory of row changes, or undefined. */
export function parseVersionDir(name: string): bigint | undefined {
  return /^\d{1,20}$/.test(name) ? BigInt(name) : undefined;
}

/** A name for `name` while it is being written by `writer`; `unique` tells its files apart. */
export function tempName(name: string, writer: string, unique: string): string {
  return `.${name}.${encodeName(writer)}.${unique}.tmp`;
}

/** True when a name was made by {@link tempName} for `writer`. */
export function isTempOf(name: string, writer: string): boolean {
  return name.startsWith('.') && name.endsWith('.tmp') && name.includes(`.${encodeName(writer)}.`);
}
