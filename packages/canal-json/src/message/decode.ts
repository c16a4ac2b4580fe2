import { FieldError, type Where } from '../errors.js';
import { MessageKind } from './messageFields.js';
import { MessageScanner } from './messageScanner.js';

/** One row: column name to value. Values are text as the server prints them, or null. */
export type RowImage = Readonly<Record<string, string | null>>;

export interface RowMessage {
  readonly type: 'row';
  readonly change: 'insert' | 'update' | 'delete';
  readonly database: string;
  readonly table: string;
  readonly commitTs: bigint;
  /** Columns of the primary key, in order; empty for a table without one. */
  readonly pkNames: readonly string[];
  /** Complete rows: after the change, or before it for a delete. */
  readonly data: readonly RowImage[];
  /** For an update: the changed columns' values before it, one entry for each row of `data`. Otherwise null. */
  readonly old: readonly RowImage[] | null;
}

export interface DdlMessage {
  readonly type: 'ddl';
  /** What Canal calls it (`CREATE`, `CINDEX`, `QUERY` …): a hint only. */
  readonly canalType: string;
  readonly database: string;
  readonly table: string;
  readonly commitTs: bigint;
  readonly sql: string;
}

export interface WatermarkMessage {
  readonly type: 'watermark';
  /** Nothing at or below it follows. */
  readonly ts: bigint;
}

export type CanalMessage = RowMessage | DdlMessage | WatermarkMessage;

const CHANGES = ['insert', 'update', 'delete'] as const;

/**
 * Decodes one message, with its exact timestamps. Throws as the scanner does, and {@link FieldError} for row values that are
 * not text or null.
 */
export function decodeMessage(bytes: Uint8Array, where: Where = { file: 'message', line: 1, offset: 0 }): CanalMessage {
  const scanner = new MessageScanner();
  scanner.scan(bytes, 0, bytes.length, where);
  return decodeScanned(scanner, bytes, where);
}

/** Decodes the message that `scanner` has just scanned in `bytes`. */
export function decodeScanned(scanner: MessageScanner, bytes: Uint8Array, where: Where): CanalMessage {
  const { kind, ts } = scanner;
  if (kind === MessageKind.WATERMARK) return { type: 'watermark', ts };
  const database = scanner.database.text(bytes);
  const table = scanner.table.text(bytes);
  if (kind === MessageKind.DDL) {
    return { type: 'ddl', canalType: scanner.type.text(bytes), database, table, commitTs: ts, sql: scanner.sql.text(bytes) };
  }
  const data = scanner.data.value(bytes) as RowImage[];
  for (const row of data) checkRow(row, 'data', where);
  return {
    type: 'row',
    change: CHANGES[kind],
    database,
    table,
    commitTs: ts,
    pkNames: readNames(scanner.pkNames.value(bytes), where),
    data,
    old: kind === MessageKind.UPDATE ? readOld(scanner.old.value(bytes), data.length, where) : null,
  };
}

function checkRow(row: RowImage, field: string, where: Where): void {
  for (const name of Object.keys(row)) {
    const value: unknown = row[name];
    if (typeof value !== 'string' && value !== null) {
      throw new FieldError(
        where,
        `${field}: the value of column '${name}' is ${JSON.stringify(value)}; it must be a string or null.`,
      );
    }
  }
}

function readOld(old: unknown, length: number, where: Where): readonly RowImage[] {
  if (!Array.isArray(old) || old.length !== length) {
    throw new FieldError(where, 'old of an update must be a list with one entry for each row of data.');
  }
  for (const row of old as unknown[]) {
    if (typeof row !== 'object' || row === null || Array.isArray(row))
      throw new FieldError(where, 'old: every entry must be an object.');
    checkRow(row as RowImage, 'old', where);
  }
  return old as readonly RowImage[];
}

function readNames(names: unknown, where: Where): readonly string[] {
  if (names === null || names === undefined) return [];
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names as string[];
  throw new FieldError(where, 'pkNames must be a list of column names, or null.');
}
