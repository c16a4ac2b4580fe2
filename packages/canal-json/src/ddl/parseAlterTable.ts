import { readColumn } from './columnDefinition.js';
import { isConstraint } from './parseCreateTable.js';
import type { AlterStep, ColumnPlace, Statement } from './statement.js';
import { isSign, type TokenCursor } from './tokenCursor.js';

/** Reads what follows ALTER TABLE. */
export function parseAlterTable(cursor: TokenCursor, ignore: boolean): Statement {
  const ifExists = cursor.accept('IF', 'EXISTS');
  const table = cursor.objectName();
  if (cursor.word() === 'WAIT' && cursor.peek(1)?.kind === 'number') cursor.at += 2;
  else cursor.accept('NOWAIT');
  // MariaDB: IGNORE drops the rows that a new unique key does not allow.
  const steps: AlterStep[] = ignore ? [{ type: 'drop-rows' }] : [];
  while (!cursor.done) {
    readStep(cursor, steps);
    if (!cursor.acceptSign(',')) break;
    if (cursor.done) throw cursor.unclassified('it ends with a comma');
  }
  cursor.end();
  return { type: 'alter-table', table, ifExists, steps };
}

/** First words of changes that leave every row as it is: options, keys, partitioning. */
const KEEPS_ROWS: ReadonlySet<string> = new Set(
  (
    'ALGORITHM ALTER ANALYZE ATTRIBUTES AUTOEXTEND_SIZE AUTO_ID_CACHE AUTO_INCREMENT AUTO_RANDOM_BASE AVG_ROW_LENGTH CACHE CHARACTER CHARSET ' +
    'CHECK CHECKSUM COALESCE COLLATE COMMENT COMPACT COMPRESSION CONNECTION DATA DEFAULT DELAY_KEY_WRITE DISABLE ENABLE ENCRYPTED ENCRYPTION ' +
    'ENCRYPTION_KEY_ID ENGINE ENGINE_ATTRIBUTE FORCE INDEX INSERT_METHOD KEY_BLOCK_SIZE LOCK MAX_ROWS MIN_ROWS NOCACHE OPTIMIZE ORDER ' +
    'PACK_KEYS PAGE_CHECKSUM PAGE_COMPRESSED PAGE_COMPRESSION_LEVEL PARTITION PASSWORD PLACEMENT PRE_SPLIT_REGIONS REBUILD REMOVE ' +
    'REORGANIZE REPAIR ROW_FORMAT SECONDARY_ENGINE SECONDARY_ENGINE_ATTRIBUTE SECONDARY_LOAD SECONDARY_UNLOAD SET SHARD_ROW_ID_BITS ' +
    'STATS_AUTO_RECALC STATS_PERSISTENT STATS_SAMPLE_PAGES STORAGE TABLESPACE TABLE_CHECKSUM TRANSACTIONAL TTL TTL_ENABLE ' +
    'TTL_JOB_INTERVAL UNION UPGRADE WITH WITHOUT'
  ).split(' '),
);

function readStep(cursor: TokenCursor, steps: AlterStep[]): void {
  const word = cursor.word();
  switch (word) {
    case 'ADD':
      readAdd(cursor, steps);
      return;
    case 'DROP':
      readDrop(cursor, steps);
      return;
    case 'CHANGE':
    case 'MODIFY':
      readChange(cursor, steps);
      return;
    case 'RENAME':
      readRename(cursor, steps);
      return;
    case 'CONVERT':
      readConvert(cursor, steps);
      return;
    case 'TRUNCATE':
      cursor.expect('TRUNCATE', 'PARTITION');
      steps.push({ type: 'drop-rows' });
      skipPartitions(cursor);
      return;
    case 'EXCHANGE':
      cursor.expect('EXCHANGE', 'PARTITION');
      cursor.name();
      cursor.expect('WITH', 'TABLE');
      steps.push({ type: 'exchange', with: cursor.objectName() });
      skipStep(cursor);
      return;
    case 'IMPORT':
    case 'DISCARD':
      throw cursor.unsupported(`${word} TABLESPACE replaces a table's rows behind the log`);
    default:
      if (!KEEPS_ROWS.has(word)) throw cursor.unclassified(`no change of a table is known that begins so (${cursor.here()})`);
      if (cursor.word(1) === 'PARTITION') skipPartitions(cursor);
      else skipStep(cursor);
  }
}

function readAdd(cursor: TokenCursor, steps: AlterStep[]): void {
  cursor.expect('ADD');
  const explicit = cursor.accept('COLUMN');
  if (!explicit && (isConstraint(cursor) || cursor.word() === 'PARTITION' || isSystemVersioning(cursor))) {
    skipStep(cursor);
    return;
  }
  const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS');
  if (!cursor.acceptSign('(')) {
    const column = readColumn(cursor);
    const place = readPlace(cursor);
    steps.push({ type: 'add-column', column, ifNotExists, ...(place && { place }) });
    return;
  }
  cursor.at--;
  const list = cursor.parenthesised();
  const inner = cursor.within(list);
  do {
    if (isConstraint(inner)) inner.skipUntil((token) => isSign(token, ','));
    else steps.push({ type: 'add-column', column: readColumn(inner), ifNotExists });
  } while (inner.acceptSign(','));
  inner.end();
}

function readDrop(cursor: TokenCursor, steps: AlterStep[]): void {
  cursor.expect('DROP');
  const explicit = cursor.accept('COLUMN');
  if (!explicit) {
    if (cursor.accept('PARTITION')) {
      steps.push({ type: 'drop-rows' });
      skipPartitions(cursor);
      return;
    }
    if (isConstraint(cursor) || isSystemVersioning(cursor)) {
      skipStep(cursor);
      return;
    }
  }
  const ifExists = cursor.accept('IF', 'EXISTS');
  steps.push({ type: 'drop-column', name: cursor.name(), ifExists });
  cursor.acceptOne('RESTRICT', 'CASCADE');
}

function readChange(cursor: TokenCursor, steps: AlterStep[]): void {
  const isChange = cursor.accept('CHANGE');
  if (!isChange) cursor.expect('MODIFY');
  cursor.accept('COLUMN');
  const ifExists = cursor.accept('IF', 'EXISTS');
  const old = isChange ? cursor.name() : undefined;
  const column = readColumn(cursor);
  const place = readPlace(cursor);
  steps.push({ type: 'change-column', name: old ?? column.name, column, ifExists, ...(place && { place }) });
}

function readRename(cursor: TokenCursor, steps: AlterStep[]): void {
  cursor.expect('RENAME');
  if (cursor.accept('COLUMN')) {
    const ifExists = cursor.accept('IF', 'EXISTS');
    const name = cursor.name();
    cursor.expect('TO');
    steps.push({ type: 'rename-column', name, to: cursor.name(), ifExists });
    return;
  }
  if (cursor.acceptOne('INDEX', 'KEY') !== '') {
    skipStep(cursor);
    return;
  }
  if (cursor.acceptOne('TO', 'AS') === '') cursor.acceptSign('=');
  steps.push({ type: 'rename', to: cursor.objectName() });
}

function readConvert(cursor: TokenCursor, steps: AlterStep[]): void {
  cursor.expect('CONVERT');
  if (cursor.accept('PARTITION')) {
    cursor.name();
    cursor.expect('TO', 'TABLE');
    steps.push({ type: 'split-off', to: cursor.objectName() });
  } else if (cursor.accept('TABLE')) {
    steps.push({ type: 'take-in', from: cursor.objectName() });
  } else {
    cursor.expect('TO');
  }
  skipStep(cursor);
}

function readPlace(cursor: TokenCursor): ColumnPlace | undefined {
  if (cursor.accept('FIRST')) return { first: true };
  return cursor.accept('AFTER') ? { after: cursor.name() } : undefined;
}

function isSystemVersioning(cursor: TokenCursor): boolean {
  return cursor.word() === 'SYSTEM' && cursor.word(1) === 'VERSIONING';
}

function skipStep(cursor: TokenCursor): void {
  cursor.skipUntil((token) => isSign(token, ','));
}

/** Passes the rest of a step that names partitions, whose commas are not those between steps: a bare name belongs to the list. */
function skipPartitions(cursor: TokenCursor): void {
  if (cursor.accept('REORGANIZE')) cursor.skipUntil((token) => token.kind === 'word' && token.upper === 'INTO');
  for (;;) {
    skipStep(cursor);
    const next = cursor.peek(1);
    const isName = next?.kind === 'word' || next?.kind === 'name';
    if (!isName || (cursor.peek(2) !== undefined && !cursor.isSign(',', 2))) return;
    cursor.at += 2;
  }
}
