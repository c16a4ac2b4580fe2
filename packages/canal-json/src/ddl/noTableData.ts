import type { Statement } from './statement.js';
import type { TokenCursor } from './tokenCursor.js';

/*
 * Every statement that is known to touch no table and no row. What is on neither list is not classified.
 */

/** Statements by their first words. ANALYZE, CHECK and the like need the word TABLE: `ANALYZE UPDATE …` runs the update. */
export const SESSION_STATEMENTS: readonly string[] = [
  'GRANT',
  'REVOKE',
  'SET',
  'FLUSH',
  'RESET',
  'PURGE',
  'KILL',
  'USE',
  'INSTALL',
  'UNINSTALL',
  'LOCK TABLE',
  'LOCK TABLES',
  'UNLOCK TABLES',
  'ANALYZE TABLE',
  'ANALYZE TABLES',
  'ANALYZE LOCAL TABLE',
  'ANALYZE NO_WRITE_TO_BINLOG TABLE',
  'CHECK TABLE',
  'CHECK TABLES',
  'CHECKSUM TABLE',
  'OPTIMIZE TABLE',
  'OPTIMIZE TABLES',
  'OPTIMIZE LOCAL TABLE',
  'OPTIMIZE NO_WRITE_TO_BINLOG TABLE',
  'REPAIR TABLE',
  'REPAIR TABLES',
  'REPAIR LOCAL TABLE',
  'REPAIR NO_WRITE_TO_BINLOG TABLE',
  'REPAIR VIEW',
  'START TRANSACTION',
  'COMMIT',
  'ROLLBACK',
  'SAVEPOINT',
  'RELEASE SAVEPOINT',
];

/** What CREATE, ALTER and DROP may be followed by. */
const OBJECTS: readonly string[] = [
  'USER',
  'ROLE',
  'PROCEDURE',
  'FUNCTION',
  'AGGREGATE FUNCTION',
  'EVENT',
  'PACKAGE',
  'SERVER',
  'TABLESPACE',
  'UNDO TABLESPACE',
  'LOGFILE GROUP',
  'RESOURCE GROUP',
  'SPATIAL REFERENCE SYSTEM',
  'INSTANCE',
  'PLACEMENT POLICY',
];

/** Classifies the statement whose words stand at the cursor by `list` (default: the objects), or throws. */
export function noTableData(cursor: TokenCursor, list: readonly string[] = OBJECTS, verb: string): Statement {
  for (const words of list) {
    if (cursor.accept(...words.split(' '))) return { type: 'no-table-data', words: verb + words.toLowerCase() };
  }
  // BEGIN alone opens a transaction; BEGIN NOT ATOMIC … END is a program.
  if (verb === '' && cursor.accept('BEGIN')) {
    cursor.accept('WORK');
    cursor.end();
    return { type: 'no-table-data', words: 'begin' };
  }
  throw cursor.unclassified(`no statement is known that begins so (${cursor.here()})`);
}
