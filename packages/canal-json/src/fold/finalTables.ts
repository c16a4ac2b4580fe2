import { FieldError, MalformedLineError } from '../errors.js';
import { openInput } from '../input/input.js';
import { LineReader } from '../input/lineReader.js';
import type { Value } from './columnValues.js';

/** What a server held in one table. */
export interface FinalTable {
  readonly database: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
}

/** Longest line: a whole table stands in one, and JavaScript has no longer strings. */
const MAX_LINE = 0x1fff_ffe8;

/** Reads a file of tables, one as JSON on each line, packed or plain. Throws with file and line for anything else. */
export async function* readFinalTables(path: string): AsyncGenerator<FinalTable> {
  const reader = new LineReader(openInput({ path, stream: undefined }), MAX_LINE);
  try {
    for (;;) {
      while (!reader.next()) {
        if (await reader.fill()) continue;
        if (!reader.finish()) return;
        break;
      }
      yield readTable(reader);
    }
  } finally {
    reader.close();
  }
}

function readTable({ line }: LineReader): FinalTable {
  let table: unknown;
  try {
    table = JSON.parse(Buffer.from(line.bytes.subarray(line.start, line.end)).toString());
  } catch (error) {
    throw new MalformedLineError(line, `the line is not JSON: ${(error as Error).message}.`, { cause: error });
  }
  if (!isFinalTable(table)) {
    throw new FieldError(line, 'the line is not a table: {database, table, columns: [name …], rows: [[text or null …] …]}.');
  }
  return table;
}

function isFinalTable(value: unknown): value is FinalTable {
  if (typeof value !== 'object' || value === null) return false;
  const { database, table, columns, rows } = value as Readonly<Record<string, unknown>>;
  if (typeof database !== 'string' || typeof table !== 'string') return false;
  if (!Array.isArray(columns) || !columns.every((column) => typeof column === 'string')) return false;
  const isValue = (cell: unknown): boolean => typeof cell === 'string' || cell === null;
  return Array.isArray(rows) && rows.every((row) => Array.isArray(row) && row.length === columns.length && row.every(isValue));
}
