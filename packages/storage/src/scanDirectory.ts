import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { storageError } from './errors.js';
import {
  decodeName,
  META_DIR,
  parseDataFileName,
  parseSchemaFileName,
  parseSyncPointFileName,
  parseVersionDir,
  STREAM_NUMBERS,
  type TableVersion,
} from './layout.js';

/** A directory of row changes. */
export interface DataDir extends TableVersion {
  readonly path: string;
  /** Names of the files of each stream, in the order of their numbers. */
  readonly streams: readonly (readonly string[])[];
}

export interface SchemaFileEntry {
  readonly path: string;
  readonly name: string;
  readonly version: bigint;
}

/** What lies in a directory, by name alone. */
export interface Directory {
  /** In the order of their paths. */
  readonly data: readonly DataDir[];
  /** In the order of their versions. */
  readonly schemaFiles: readonly SchemaFileEntry[];
  /** In order. */
  readonly syncPoints: readonly bigint[];
}

/** Lists what a sink wrote to a directory; names that the layout does not have are passed over. Throws `STORAGE_UNREADABLE`. */
export async function scanDirectory(root: string): Promise<Directory> {
  const data: DataDir[] = [];
  const schemaFiles: SchemaFileEntry[] = [];
  const syncPoints: bigint[] = [];

  const scanMeta = async (dir: string): Promise<void> => {
    for (const entry of await list(dir)) {
      const parsed = parseSchemaFileName(entry.name);
      const syncPoint = parseSyncPointFileName(entry.name);
      if (parsed !== undefined) schemaFiles.push({ path: join(dir, entry.name), name: entry.name, version: parsed.version });
      else if (syncPoint !== undefined) syncPoints.push(syncPoint);
    }
  };
  const scanTable = async (dir: string, schema: string, table: string): Promise<void> => {
    for (const entry of await list(dir)) {
      if (!entry.isDirectory()) continue;
      const path = join(dir, entry.name);
      const version = parseVersionDir(entry.name);
      if (entry.name === META_DIR) await scanMeta(path);
      else if (version !== undefined) data.push({ path, schema, table, version, streams: await dataFiles(path) });
    }
  };

  for (const schema of await list(root)) {
    if (!schema.isDirectory()) continue;
    const schemaPath = join(root, schema.name);
    if (schema.name === META_DIR) {
      await scanMeta(schemaPath);
      continue;
    }
    for (const table of await list(schemaPath)) {
      if (!table.isDirectory()) continue;
      const tablePath = join(schemaPath, table.name);
      if (table.name === META_DIR) await scanMeta(tablePath);
      else await scanTable(tablePath, decodeName(schema.name), decodeName(table.name));
    }
  }
  data.sort((a, b) => order(a.path, b.path));
  schemaFiles.sort((a, b) => order(a.version, b.version) || order(a.path, b.path));
  return { data, schemaFiles, syncPoints: syncPoints.sort(order) };
}

async function dataFiles(dir: string): Promise<string[][]> {
  const numbered: { readonly name: string; readonly number: number }[] = [];
  for (const { name } of await list(dir)) {
    const number = parseDataFileName(name);
    if (number !== undefined) numbered.push({ name, number });
  }
  const streams = new Map<number, string[]>();
  for (const { name, number } of numbered.sort((a, b) => a.number - b.number)) {
    const stream = Math.floor(number / STREAM_NUMBERS);
    const names = streams.get(stream);
    if (names === undefined) streams.set(stream, [name]);
    else names.push(name);
  }
  return [...streams.values()];
}

async function list(dir: string): Promise<Dirent[]> {
  try {
    return await readdir(dir, { withFileTypes: true });
  } catch (error) {
    throw storageError('STORAGE_UNREADABLE', 'cannot read directory', dir, error);
  }
}

function order<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
