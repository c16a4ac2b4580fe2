import { applyStatement } from '../ddl/applyStatement.js';
import { Catalogue } from '../ddl/catalogue.js';
import type { DdlEffect } from '../ddl/effect.js';
import { parseStatement } from '../ddl/parse.js';
import type { AlterStep, Statement } from '../ddl/statement.js';
import { FoldError, quoteStatement } from '../errors.js';
import type { CanalMessage, DdlMessage, RowMessage } from '../message/decode.js';
import { FoldedTable, TableProblem } from './foldedTable.js';

/** One table of a fold, under the name it has at the end. */
export interface FoldResultTable {
  readonly database: string;
  readonly table: string;
  readonly contents: FoldedTable;
}

/**
 * Computes what a log leaves behind: every table with its columns and rows, by carrying out row changes and DDLs one after
 * the other. Row changes may come again (a sink writes at least once): a change that repeats as part of its whole
 * transaction changes nothing. Holds every row of every table in memory.
 */
export class Fold {
  /** Row changes that met a row where none was expected: an insert over one. */
  overwritten = 0;
  /** Row changes that met no row where one was expected: an update or delete of nothing. */
  missing = 0;
  readonly #catalogue = new Catalogue();
  readonly #tables = new Map<number, FoldedTable>();

  /** Takes the next message. Throws {@link FoldError} when what it did cannot be told, and as `parseStatement` and the catalogue do. */
  add(message: CanalMessage): void {
    if (message.type === 'watermark') return;
    try {
      if (message.type === 'row') this.#addRows(message);
      else this.#addDdl(message);
    } catch (error) {
      if (!(error instanceof TableProblem)) throw error;
      const what =
        message.type === 'row' ? `${message.change} of '${message.database}.${message.table}'` : quoteStatement(message.sql);
      throw new FoldError(`cannot fold ${what} at commitTs ${message.commitTs}: ${error.message}.`, { cause: error });
    }
  }

  /** Every table there is now, ordered by database and name. */
  tables(): FoldResultTable[] {
    const result: FoldResultTable[] = [];
    for (const { tableId, schema, table } of this.#catalogue.tables()) {
      result.push({ database: schema, table, contents: this.#table(tableId) });
    }
    return result.sort((a, b) => compare(a.database, b.database) || compare(a.table, b.table));
  }

  #addRows(message: RowMessage): void {
    const info = this.#catalogue.table(message.database, message.table);
    if (info === undefined) throw new TableProblem('there is no such table at that ts');
    const table = this.#table(info.tableId);
    table.useKey(message.pkNames);
    if (message.change !== 'insert') {
      // All old keys go before any new one comes: one message may move keys around.
      for (const [index, row] of message.data.entries()) {
        if (!table.remove({ ...row, ...message.old?.[index] })) this.missing++;
      }
    }
    if (message.change === 'delete') return;
    for (const row of message.data) if (table.put(row)) this.overwritten++;
  }

  #addDdl({ sql, database, commitTs }: DdlMessage): void {
    const statement = parseStatement(sql);
    const template = this.#templateOf(statement, database);
    const before = this.#alteredTable(statement, database);
    const effect = applyStatement(this.#catalogue, statement, { sql, database, commitTs });
    this.#dropAndAdd(effect, template);
    if (statement.type === 'alter-table' && before !== undefined) for (const step of statement.steps) alter(before, step);
  }

  /** The columns of the table that a statement creates. */
  #templateOf(statement: Statement, database: string): FoldedTable {
    const named =
      statement.type === 'create-table' ? statement.like : statement.type === 'truncate-table' ? statement.table : undefined;
    const source = named && this.#catalogue.table(named.database ?? database, named.name);
    if (source !== undefined) return new FoldedTable(this.#table(source.tableId).columns);
    return new FoldedTable(statement.type === 'create-table' ? statement.columns : []);
  }

  #alteredTable(statement: Statement, database: string): FoldedTable | undefined {
    if (statement.type !== 'alter-table') return undefined;
    const info = this.#catalogue.table(statement.table.database ?? database, statement.table.name);
    return info && this.#table(info.tableId);
  }

  #dropAndAdd(effect: DdlEffect, template: FoldedTable): void {
    if (effect.drops?.type === 'normal') for (const tableId of effect.drops.tableIds) this.#tables.delete(tableId);
    for (const added of effect.adds) this.#tables.set(added.tableId, template);
    if (effect.drops?.type !== 'db') return;
    const left = new Set(this.#catalogue.tables().map(({ tableId }) => tableId));
    for (const tableId of this.#tables.keys()) if (!left.has(tableId)) this.#tables.delete(tableId);
  }

  #table(tableId: number): FoldedTable {
    const table = this.#tables.get(tableId);
    if (table === undefined) throw new Error(`fold: table ${tableId} is in the catalogue but has no contents`);
    return table;
  }
}

/** Folds messages in commit order. */
export function fold(messages: Iterable<CanalMessage>): Fold {
  const result = new Fold();
  for (const message of messages) result.add(message);
  return result;
}

function alter(table: FoldedTable, step: AlterStep): void {
  switch (step.type) {
    case 'add-column':
      table.addColumn(step.column, step.place, step.ifNotExists);
      return;
    case 'drop-column':
      table.dropColumn(step.name, step.ifExists);
      return;
    case 'change-column':
      table.changeColumn(step.name, step.column, step.place, step.ifExists);
      return;
    case 'rename-column':
      table.renameColumn(step.name, step.to, step.ifExists);
      return;
    case 'rename':
      return;
    default:
      throw new TableProblem('which rows it removes or moves cannot be told from the statement');
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
