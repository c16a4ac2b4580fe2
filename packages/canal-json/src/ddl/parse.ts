import { noTableData, SESSION_STATEMENTS } from './noTableData.js';
import { parseAlterTable } from './parseAlterTable.js';
import { parseCreateTable } from './parseCreateTable.js';
import type { Statement } from './statement.js';
import { isSign, TokenCursor } from './tokenCursor.js';

/**
 * Reads a DDL statement's text. Throws `StatementError` for a text whose form is not known, or that does something which
 * cannot be followed: never guesses.
 */
export function parseStatement(sql: string): Statement {
  return parseHead(TokenCursor.over(sql));
}

function parseHead(cursor: TokenCursor): Statement {
  const statement = parseVerb(cursor);
  // Bodies of routines have semicolons of their own.
  const hasBody =
    statement.type === 'trigger' ||
    (statement.type === 'no-table-data' && / (procedure|function|event|package)/.test(statement.words));
  if (!hasBody && cursor.tokens.some((token) => isSign(token, ';')))
    throw cursor.unclassified('it holds more than one statement');
  return statement;
}

function parseVerb(cursor: TokenCursor): Statement {
  if (cursor.done) throw cursor.unclassified('there is no statement in it');
  switch (cursor.word()) {
    case 'CREATE':
      return parseCreate(cursor);
    case 'ALTER':
      return parseAlter(cursor);
    case 'DROP':
      return parseDrop(cursor);
    case 'RENAME':
      return parseRename(cursor);
    case 'TRUNCATE':
      return parseTruncate(cursor);
    case 'SET':
      // MariaDB: SET STATEMENT variable = value FOR statement.
      if (!cursor.accept('SET', 'STATEMENT')) break;
      cursor.skipUntil((token) => token.kind === 'word' && token.upper === 'FOR');
      cursor.expect('FOR');
      return parseVerb(cursor);
  }
  return noTableData(cursor, SESSION_STATEMENTS, '');
}

function parseCreate(cursor: TokenCursor): Statement {
  cursor.expect('CREATE');
  const orReplace = cursor.accept('OR', 'REPLACE');
  skipDefiner(cursor);
  if (cursor.acceptOne('DATABASE', 'SCHEMA') !== '') {
    const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS');
    return { type: 'create-database', name: cursor.name(), ifNotExists, orReplace };
  }
  const temporary = cursor.word(1) === 'TABLE' && cursor.accept('TEMPORARY');
  if (cursor.accept('TABLE')) return parseCreateTable(cursor, { orReplace, temporary });
  if (cursor.accept('VIEW')) {
    const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS');
    return { type: 'create-view', view: cursor.objectName(), ifNotExists, orReplace };
  }
  if (cursor.accept('TRIGGER')) return { type: 'trigger', words: 'create trigger' };
  const before = cursor.at;
  while (cursor.acceptOne('ONLINE', 'OFFLINE', 'UNIQUE', 'FULLTEXT', 'SPATIAL', 'VECTOR') !== '');
  if (cursor.accept('INDEX')) {
    cursor.accept('IF', 'NOT', 'EXISTS');
    cursor.name();
    if (cursor.accept('USING')) cursor.name();
    return { type: 'create-index', table: onTable(cursor) };
  }
  cursor.at = before;
  return noTableData(cursor, undefined, 'create ');
}

function parseAlter(cursor: TokenCursor): Statement {
  cursor.expect('ALTER');
  skipDefiner(cursor);
  if (cursor.acceptOne('DATABASE', 'SCHEMA') !== '') return parseAlterDatabase(cursor);
  const before = cursor.at;
  cursor.accept('ONLINE');
  const ignore = cursor.accept('IGNORE');
  if (cursor.accept('TABLE')) return parseAlterTable(cursor, ignore);
  cursor.at = before;
  if (cursor.accept('VIEW')) {
    cursor.accept('IF', 'EXISTS');
    return { type: 'alter-view', view: cursor.objectName() };
  }
  return noTableData(cursor, undefined, 'alter ');
}

const DATABASE_OPTIONS = ['DEFAULT', 'CHARACTER', 'CHARSET', 'COLLATE', 'COMMENT', 'ENCRYPTION', 'READ', 'PLACEMENT', 'SET'];

function parseAlterDatabase(cursor: TokenCursor): Statement {
  if (DATABASE_OPTIONS.includes(cursor.word())) return { type: 'alter-database' };
  const name = cursor.name();
  if (!DATABASE_OPTIONS.includes(cursor.word())) throw cursor.unclassified(`expected an option of a database ${cursor.here()}`);
  return { type: 'alter-database', name };
}

function parseDrop(cursor: TokenCursor): Statement {
  cursor.expect('DROP');
  if (cursor.acceptOne('DATABASE', 'SCHEMA') !== '') {
    const ifExists = cursor.accept('IF', 'EXISTS');
    const name = cursor.name();
    cursor.end();
    return { type: 'drop-database', name, ifExists };
  }
  const temporary = cursor.accept('TEMPORARY');
  if (cursor.acceptOne('TABLE', 'TABLES') !== '') {
    const ifExists = cursor.accept('IF', 'EXISTS');
    const tables = cursor.objectNames();
    acceptWait(cursor);
    cursor.acceptOne('RESTRICT', 'CASCADE');
    cursor.end();
    return { type: 'drop-tables', tables, ifExists, temporary };
  }
  if (temporary) throw cursor.unclassified(`expected TABLE ${cursor.here()}`);
  if (cursor.accept('VIEW')) {
    const ifExists = cursor.accept('IF', 'EXISTS');
    const views = cursor.objectNames();
    cursor.acceptOne('RESTRICT', 'CASCADE');
    cursor.end();
    return { type: 'drop-views', views, ifExists };
  }
  if (cursor.accept('INDEX')) {
    cursor.accept('IF', 'EXISTS');
    cursor.name();
    return { type: 'drop-index', table: onTable(cursor) };
  }
  if (cursor.accept('TRIGGER')) return { type: 'trigger', words: 'drop trigger' };
  return noTableData(cursor, undefined, 'drop ');
}

function parseRename(cursor: TokenCursor): Statement {
  cursor.expect('RENAME');
  if (cursor.accept('USER')) return { type: 'no-table-data', words: 'rename user' };
  if (cursor.acceptOne('TABLE', 'TABLES') === '') throw cursor.unclassified(`expected TABLE ${cursor.here()}`);
  const ifExists = cursor.accept('IF', 'EXISTS');
  const pairs = [];
  do {
    const from = cursor.objectName();
    acceptWait(cursor);
    cursor.expect('TO');
    pairs.push({ from, to: cursor.objectName() });
  } while (cursor.acceptSign(','));
  cursor.end();
  return { type: 'rename-tables', pairs, ifExists };
}

function parseTruncate(cursor: TokenCursor): Statement {
  cursor.expect('TRUNCATE');
  cursor.accept('TABLE');
  const table = cursor.objectName();
  acceptWait(cursor);
  cursor.end();
  return { type: 'truncate-table', table };
}

function onTable(cursor: TokenCursor): { database?: string; name: string } {
  cursor.expect('ON');
  return cursor.objectName();
}

/** MariaDB: WAIT seconds, or NOWAIT. */
function acceptWait(cursor: TokenCursor): void {
  if (cursor.accept('NOWAIT')) return;
  if (cursor.word() === 'WAIT' && cursor.peek(1)?.kind === 'number') cursor.at += 2;
}

/** Passes ALGORITHM = …, DEFINER = …, SQL SECURITY … before VIEW, TRIGGER, PROCEDURE and the like. */
function skipDefiner(cursor: TokenCursor): void {
  for (;;) {
    if (cursor.word() === 'ALGORITHM' && cursor.isSign('=', 1)) cursor.at += 3;
    else if (cursor.accept('SQL', 'SECURITY')) cursor.name();
    else if (cursor.word() === 'DEFINER' && cursor.isSign('=', 1)) {
      cursor.at += 3;
      if (cursor.isSign('(')) cursor.parenthesised();
      if (cursor.acceptSign('@')) cursor.at++;
    } else return;
  }
}
