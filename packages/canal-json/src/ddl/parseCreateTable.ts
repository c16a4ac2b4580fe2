import { type ColumnDefinition, readColumn } from './columnDefinition.js';
import type { Token } from './lexer.js';
import type { Statement } from './statement.js';
import { isSign, type TokenCursor } from './tokenCursor.js';

/** Words that begin a SELECT, after a table's name and options; none of them is an option. */
const SELECT_WORDS = ['SELECT', 'AS', 'VALUES', 'TABLE', 'IGNORE', 'REPLACE'];

/** Words that begin a query in parentheses. */
const QUERY_WORDS = ['SELECT', 'WITH', 'VALUES', 'TABLE'];

/** Reads what follows CREATE TABLE. */
export function parseCreateTable(cursor: TokenCursor, prefix: { orReplace: boolean; temporary: boolean }): Statement {
  const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS');
  const table = cursor.objectName();
  const base = { type: 'create-table', table, ifNotExists, ...prefix } as const;
  if (cursor.accept('LIKE')) {
    const like = cursor.objectName();
    cursor.end();
    return { ...base, like, columns: [] };
  }
  let columns: readonly ColumnDefinition[] | undefined;
  if (cursor.isSign('(')) {
    const inner = cursor.within(cursor.parenthesised());
    if (inner.accept('LIKE')) {
      const like = inner.objectName();
      inner.end();
      cursor.end();
      return { ...base, like, columns: [] };
    }
    if (!inner.isSign('(') && !QUERY_WORDS.includes(inner.word())) columns = readColumns(inner);
    else throw selected(cursor);
  }
  const isOption = columns !== undefined;
  cursor.skipUntil((token) => beginsSelect(cursor, token) || (!isOption && isSign(token, '(')));
  if (!cursor.done) throw selected(cursor);
  if (columns === undefined) throw cursor.unclassified('it names no columns');
  return { ...base, columns };
}

/** A SELECT, or one in parentheses; PARTITION BY has parentheses too, but none that begin so. */
function beginsSelect(cursor: TokenCursor, token: Token): boolean {
  if (token.kind === 'word') return SELECT_WORDS.includes(token.upper);
  let ahead = 0;
  while (cursor.isSign('(', ahead)) ahead++;
  return ahead > 0 && QUERY_WORDS.includes(cursor.word(ahead));
}

function selected(cursor: TokenCursor): Error {
  return cursor.unsupported(
    'CREATE TABLE … SELECT fills the table from others. In a log of rows it stands as a plain CREATE TABLE and the rows',
  );
}

/** Words that begin something other than a column, in a list of columns. */
const CONSTRAINT_WORDS = ['PRIMARY', 'KEY', 'INDEX', 'UNIQUE', 'FULLTEXT', 'SPATIAL', 'CONSTRAINT', 'FOREIGN', 'CHECK'];

function readColumns(cursor: TokenCursor): readonly ColumnDefinition[] {
  const columns: ColumnDefinition[] = [];
  do {
    if (isConstraint(cursor)) cursor.skipUntil((token) => isSign(token, ','));
    else columns.push(readColumn(cursor));
  } while (cursor.acceptSign(','));
  cursor.end();
  return columns;
}

/** True where a constraint, index or period begins and not a column. */
export function isConstraint(cursor: TokenCursor): boolean {
  const word = cursor.word();
  if (CONSTRAINT_WORDS.includes(word)) return true;
  return (word === 'PERIOD' && cursor.word(1) === 'FOR') || (word === 'VECTOR' && ['INDEX', 'KEY'].includes(cursor.word(1)));
}
