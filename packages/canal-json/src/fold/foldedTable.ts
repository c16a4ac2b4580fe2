import type { ColumnDefinition } from '../ddl/columnDefinition.js';
import type { ColumnPlace } from '../ddl/statement.js';
import type { RowImage } from '../message/decode.js';
import { fillValue, keepsText, UnknownValue, type Value } from './columnValues.js';

/** A change to a table that cannot be carried out; whoever knows the statement or message says where. */
export class TableProblem extends Error {}

/** One table as the fold has computed it. Rows are kept by the text of their primary key. */
export class FoldedTable {
  readonly columns: ColumnDefinition[];
  readonly #rows = new Map<string, Value[]>();
  #key: readonly string[] = [];
  #keyAt: readonly number[] = [];

  constructor(columns: readonly ColumnDefinition[]) {
    this.columns = [...columns];
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Values of every row, in the order of {@link columns}. */
  rows(): Iterable<readonly Value[]> {
    return this.#rows.values();
  }

  columnNames(): string[] {
    return this.columns.map((column) => column.name);
  }

  /** Columns of the primary key, as the last row change named them; empty before any. */
  get key(): readonly string[] {
    return this.#key;
  }

  /** Puts a row; true when one with its key was there. */
  put(row: RowImage): boolean {
    const values = this.columns.map(({ name }) => {
      const value = Object.hasOwn(row, name) ? row[name] : undefined;
      if (value === undefined) throw new TableProblem(`the row has no column '${name}'`);
      return value;
    });
    for (const name of Object.keys(row)) this.#indexOf(name);
    const key = keyText(this.#keyAt.map((at) => values[at] ?? null));
    const replaced = this.#rows.has(key);
    this.#rows.set(key, values);
    return replaced;
  }

  /** Takes away the row with the key that `row` has; false when there is none. */
  remove(row: RowImage): boolean {
    return this.#rows.delete(
      keyText(
        this.#key.map((name) => {
          const value = row[name];
          if (value === undefined) throw new TableProblem(`the row has no key column '${name}'`);
          return value;
        }),
      ),
    );
  }

  /** Names the primary key of the changes to come. Rows are filed anew when it differs. */
  useKey(names: readonly string[]): void {
    if (names.length === 0) throw new TableProblem('it has no primary key, so its rows cannot be told apart');
    if (names.length === this.#key.length && names.every((name, index) => name === this.#key[index])) return;
    this.#keyAt = names.map((name) => this.#indexOf(name));
    this.#key = [...names];
    const rows = [...this.#rows.values()];
    this.#rows.clear();
    for (const values of rows) this.#rows.set(keyText(this.#keyAt.map((at) => values[at] ?? null)), values);
  }

  addColumn(column: ColumnDefinition, place: ColumnPlace | undefined, ifNotExists: boolean): void {
    if (this.#find(column.name) >= 0) {
      if (ifNotExists) return;
      throw new TableProblem(`it already has a column '${column.name}'`);
    }
    const value = this.#rows.size === 0 ? null : known(column.name, () => fillValue(column));
    const at = this.#placeAt(place, this.columns.length);
    this.#insert(at, column, () => value);
  }

  dropColumn(name: string, ifExists: boolean): void {
    if (ifExists && this.#find(name) < 0) return;
    this.#take(this.#indexOf(name));
  }

  renameColumn(name: string, to: string, ifExists: boolean): void {
    if (ifExists && this.#find(name) < 0) return;
    const at = this.#indexOf(name);
    const column = this.columns[at] as ColumnDefinition;
    this.#replace(at, { ...column, name: to });
  }

  changeColumn(name: string, column: ColumnDefinition, place: ColumnPlace | undefined, ifExists: boolean): void {
    if (ifExists && this.#find(name) < 0) return;
    const at = this.#indexOf(name);
    const before = this.columns[at] as ColumnDefinition;
    if (this.#rows.size > 0) this.#checkConversion(at, before, column);
    if (place === undefined) {
      this.#replace(at, column);
      return;
    }
    const values = new Map<Value[], Value>();
    for (const row of this.#rows.values()) values.set(row, row[at] ?? null);
    this.#take(at);
    this.#insert(this.#placeAt(place, this.columns.length), column, (row) => values.get(row) ?? null);
  }

  #checkConversion(at: number, before: ColumnDefinition, after: ColumnDefinition): void {
    if (!keepsText(before, after) || after.computed !== before.computed) {
      throw new TableProblem(`how the server converts column '${before.name}' from ${before.type} to ${after.type} is not known`);
    }
    if (!after.notNull) return;
    for (const row of this.#rows.values()) {
      if (row[at] === null) throw new TableProblem(`column '${before.name}' becomes NOT NULL but holds NULL`);
    }
  }

  /** Column names are compared without regard to case, as the server does. */
  #find(name: string): number {
    const exact = this.columns.findIndex((column) => column.name === name);
    return exact >= 0 ? exact : this.columns.findIndex((column) => column.name.toLowerCase() === name.toLowerCase());
  }

  #indexOf(name: string): number {
    const at = this.#find(name);
    if (at < 0) throw new TableProblem(`it has no column '${name}'`);
    return at;
  }

  #placeAt(place: ColumnPlace | undefined, last: number): number {
    if (place === undefined) return last;
    return 'first' in place ? 0 : this.#indexOf(place.after) + 1;
  }

  #insert(at: number, column: ColumnDefinition, fill: (row: Value[]) => Value): void {
    for (const row of this.#rows.values()) row.splice(at, 0, fill(row));
    this.columns.splice(at, 0, column);
    this.#refreshKey();
  }

  #take(at: number): void {
    for (const row of this.#rows.values()) row.splice(at, 1);
    this.columns.splice(at, 1);
    this.#refreshKey();
  }

  #replace(at: number, column: ColumnDefinition): void {
    const before = this.columns[at]?.name;
    this.columns[at] = column;
    this.#key = this.#key.map((name) => (name === before ? column.name : name));
  }

  /** Key columns may have moved. One that is gone will be named anew by the next row change. */
  #refreshKey(): void {
    this.#keyAt = this.#key.map((name) => this.#find(name));
    if (this.#keyAt.includes(-1)) this.#key = [];
  }
}

function keyText(values: readonly Value[]): string {
  return values.length === 1 && values[0] !== null ? (values[0] as string) : JSON.stringify(values);
}

function known(name: string, value: () => Value): Value {
  try {
    return value();
  } catch (error) {
    if (error instanceof UnknownValue)
      throw new TableProblem(`cannot tell the value of the new column '${name}': ${error.message}`);
    throw error;
  }
}
