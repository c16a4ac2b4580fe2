import { type Fold, fold } from '../fold/fold.js';
import { decodeMessage } from '../message/decode.js';
import { ddlLine, rowLine } from './log.js';

type Row = Record<string, string | null>;

/** Makes lines of a log, each at the next ts. */
export class LogWriter {
  #ts = 0n;

  ddl(sql: string): string {
    return ddlLine(++this.#ts, sql);
  }

  insert(table: string, data: Row): string {
    return rowLine(++this.#ts, table, '', { data });
  }

  update(table: string, data: Row, old: Row): string {
    return rowLine(++this.#ts, table, '', { type: 'UPDATE', data, old });
  }

  remove(table: string, data: Row): string {
    return rowLine(++this.#ts, table, '', { type: 'DELETE', data });
  }
}

/** A database `d` with a table `t` (id, v), and two rows in it. */
export function opening(log: LogWriter): string[] {
  return [log.ddl('CREATE DATABASE d'), log.ddl('CREATE TABLE t (id INT NOT NULL PRIMARY KEY, v VARCHAR(20), KEY k (v))')];
}

/** The two rows. */
export function twoRows(log: LogWriter): string[] {
  return [log.insert('t', { id: '1', v: 'a' }), log.insert('t', { id: '2', v: null })];
}

export function foldLines(lines: readonly string[]): Fold {
  return fold(lines.map((line) => decodeMessage(Buffer.from(line))));
}

/** Tables as `database.table` to columns and rows. */
export function contents(result: Fold): Record<string, (readonly (string | null)[])[]> {
  const tables = result
    .tables()
    .map((table): [string, (readonly (string | null)[])[]] => [
      `${table.database}.${table.table}`,
      [table.contents.columnNames(), ...table.contents.rows()],
    ]);
  return Object.fromEntries(tables);
}
