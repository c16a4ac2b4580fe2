import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DdlEvent, SyncPointEvent } from '@tidegate/protocol';
import { ddlTypeOf } from './ddlType.js';
import { StorageError, storageError } from './errors.js';
import type { Files } from './files.js';
import { META_DIR, schemaDir, syncPointFileName, type TableVersion } from './layout.js';
import { formatSchemaFile, parseSchemaFile, type SchemaRecord, schemaFileNameOf } from './schemaFile.js';

/**
 * Records DDLs and sync points, each once, however often it comes.
 *
 * A DDL's statement stands in exactly one file: the schema file of the name that the source filed it under, which for a
 * rename is the old name and for a drop of several tables the first. Every other table that the DDL creates or
 * changes gets a schema file with its new version and no statement. The file with the statement is written last, so it is
 * there only when the rest is.
 */
export class DdlRecords {
  readonly #root: string;
  readonly #files: Files;

  constructor(root: string, files: Files) {
    this.#root = root;
    this.#files = files;
  }

  /** Records a DDL. Throws `STORAGE_DDL_CONFLICT` when another one is recorded in its place, `STORAGE_WRITE`. */
  async record(ddl: DdlEvent): Promise<void> {
    for (const table of ddl.tables) {
      if (table.schema !== ddl.schema || table.table !== ddl.table) await this.ensureVersion(table);
    }
    const record: SchemaRecord = {
      schema: ddl.schema,
      table: ddl.table,
      version: ddl.commitTs,
      query: ddl.query,
      type: ddlTypeOf(ddl.kind),
    };
    const dir = schemaDir(this.#root, record.schema, record.table);
    const name = schemaFileNameOf(record);
    const path = join(dir, name);
    try {
      const content = [Buffer.from(formatSchemaFile(record))];
      if (await this.#files.create(dir, name, content)) return;
      const there = parseSchemaFile(await readFile(path, 'utf8'), name, path);
      if (there.query === record.query) return;
      if (there.query === '') return await this.#files.replace(dir, name, content);
    } catch (error) {
      throw storageError('STORAGE_WRITE', 'cannot record a DDL in', path, error);
    }
    throw new StorageError(
      'STORAGE_DDL_CONFLICT',
      `${path} already records another DDL at ${ddl.commitTs} than ${JSON.stringify(ddl.query.slice(0, 120))}; ` +
        'the directory holds changes of another source: write to an empty one',
      { path },
    );
  }

  /** Writes the schema file, without a statement, of a table's version that has none yet. */
  async ensureVersion(table: TableVersion): Promise<void> {
    const dir = schemaDir(this.#root, table.schema, table.table);
    const name = schemaFileNameOf(table);
    const { schema, table: tableName, version } = table;
    const content = formatSchemaFile({ schema, table: tableName, version, query: '', type: 0 });
    try {
      await this.#files.create(dir, name, [Buffer.from(content)]);
    } catch (error) {
      throw storageError('STORAGE_WRITE', 'cannot write schema file', join(dir, name), error);
    }
  }

  /** Records a sync point. */
  async syncPoint(event: SyncPointEvent): Promise<void> {
    const dir = join(this.#root, META_DIR);
    const name = syncPointFileName(event.commitTs);
    try {
      await this.#files.create(dir, name, [Buffer.from(`{"sync-point-ts":${event.commitTs}}`)]);
    } catch (error) {
      throw storageError('STORAGE_WRITE', 'cannot record a sync point in', join(dir, name), error);
    }
  }
}
