import type { ColumnDefinition } from './columnDefinition.js';

/** A table or view as a statement names it; without `database` it lies in the message's. */
export interface ObjectName {
  readonly database?: string;
  readonly name: string;
}

/** Where ADD, CHANGE and MODIFY put a column. Absent: last, or where it was. */
export type ColumnPlace = { readonly first: true } | { readonly after: string };

/** One change that ALTER TABLE makes to a table's columns or partitions, as far as its rows can be told from it. */
export type AlterStep =
  | {
      readonly type: 'add-column';
      readonly column: ColumnDefinition;
      readonly place?: ColumnPlace;
      readonly ifNotExists: boolean;
    }
  | { readonly type: 'drop-column'; readonly name: string; readonly ifExists: boolean }
  | {
      readonly type: 'change-column';
      readonly name: string;
      readonly column: ColumnDefinition;
      readonly place?: ColumnPlace;
      readonly ifExists: boolean;
    }
  | { readonly type: 'rename-column'; readonly name: string; readonly to: string; readonly ifExists: boolean }
  | { readonly type: 'rename'; readonly to: ObjectName }
  /** Rows vanish with their partition; which ones the statement does not say. */
  | { readonly type: 'drop-rows' }
  /** EXCHANGE PARTITION: rows change places with those of another table. */
  | { readonly type: 'exchange'; readonly with: ObjectName }
  /** CONVERT PARTITION … TO TABLE: rows leave into a new table. */
  | { readonly type: 'split-off'; readonly to: ObjectName }
  /** CONVERT TABLE … TO PARTITION: another table's rows come in, and it is no more. */
  | { readonly type: 'take-in'; readonly from: ObjectName };

/** What a statement does, read from its text alone. */
export type Statement =
  | { readonly type: 'create-database'; readonly name: string; readonly ifNotExists: boolean; readonly orReplace: boolean }
  /** Without a name: the message's database. */
  | { readonly type: 'alter-database'; readonly name?: string }
  | { readonly type: 'drop-database'; readonly name: string; readonly ifExists: boolean }
  | {
      readonly type: 'create-table';
      readonly table: ObjectName;
      readonly ifNotExists: boolean;
      readonly orReplace: boolean;
      readonly temporary: boolean;
      readonly like?: ObjectName;
      /** Empty with LIKE. */
      readonly columns: readonly ColumnDefinition[];
    }
  | {
      readonly type: 'drop-tables';
      readonly tables: readonly ObjectName[];
      readonly ifExists: boolean;
      readonly temporary: boolean;
    }
  | { readonly type: 'truncate-table'; readonly table: ObjectName }
  | {
      readonly type: 'rename-tables';
      readonly pairs: readonly { readonly from: ObjectName; readonly to: ObjectName }[];
      readonly ifExists: boolean;
    }
  | { readonly type: 'alter-table'; readonly table: ObjectName; readonly ifExists: boolean; readonly steps: readonly AlterStep[] }
  | { readonly type: 'create-index' | 'drop-index'; readonly table: ObjectName }
  | { readonly type: 'create-view'; readonly view: ObjectName; readonly ifNotExists: boolean; readonly orReplace: boolean }
  | { readonly type: 'alter-view'; readonly view: ObjectName }
  | { readonly type: 'drop-views'; readonly views: readonly ObjectName[]; readonly ifExists: boolean }
  /** CREATE or DROP TRIGGER: decides what later changes do downstream, so every table takes part, as for a view. */
  | { readonly type: 'trigger'; readonly words: string }
  /** On the list of statements that touch no rows and no table. */
  | { readonly type: 'no-table-data'; readonly words: string };

/** The statement in lower case words, as events name it. */
export function kindOf(statement: Statement): string {
  switch (statement.type) {
    case 'drop-tables':
      return statement.tables.length > 1 ? 'drop tables' : 'drop table';
    case 'rename-tables':
      return statement.pairs.length > 1 ? 'rename tables' : 'rename table';
    case 'drop-views':
      return statement.views.length > 1 ? 'drop views' : 'drop view';
    case 'trigger':
    case 'no-table-data':
      return statement.words;
    default:
      return statement.type.replace('-', ' ');
  }
}
