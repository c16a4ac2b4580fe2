/** Where in a log something stands. Lines count from 1, bytes from 0; both count decompressed bytes. */
export interface Where {
  /** Path of the log, or `standard input`, `stream`, `message`. */
  readonly file: string;
  readonly line: number;
  readonly offset: number;
}

/** Base of every error of this package. `code` is stable; the message says what, where, and what to do. */
export abstract class CanalJsonError extends Error {
  abstract readonly code: string;
  override get name(): string {
    return this.constructor.name;
  }
}

/** An error at one place of a log. */
export abstract class LogError extends CanalJsonError implements Where {
  readonly file: string;
  readonly line: number;
  readonly offset: number;

  constructor(where: Where, text: string, options?: ErrorOptions) {
    super(`${where.file}, line ${where.line} (byte ${where.offset}): ${text}`, options);
    this.file = where.file;
    this.line = where.line;
    this.offset = where.offset;
  }
}

/** An option has a value that cannot be used. */
export class OptionError extends CanalJsonError {
  readonly code = 'CANAL_OPTION';
  readonly option: string;

  constructor(option: string, text: string) {
    super(`canal-json source, option ${option}: ${text}`);
    this.option = option;
  }
}

/** The source was used in a way that its contract does not allow: read before open, opened twice, reads that overlap. */
export class SourceStateError extends CanalJsonError {
  readonly code = 'CANAL_STATE';
}

/** The log cannot be opened or read at all. */
export class InputError extends CanalJsonError {
  readonly code = 'CANAL_INPUT';
}

/** The log is packed in a way that this Node.js cannot unpack. */
export class UnsupportedCompressionError extends CanalJsonError {
  readonly code = 'CANAL_COMPRESSION';
}

/** The packed log ends before its end mark. */
export class TruncatedInputError extends LogError {
  readonly code = 'CANAL_TRUNCATED';
}

/** The packed log is damaged, or is not packed the way its name says. */
export class CorruptInputError extends LogError {
  readonly code = 'CANAL_CORRUPT';
}

/** A line is longer than `maxLineBytes`. */
export class LineTooLongError extends LogError {
  readonly code = 'CANAL_LINE_TOO_LONG';
}

/** A line is not one JSON object in UTF-8. */
export class MalformedLineError extends LogError {
  readonly code = 'CANAL_MALFORMED_LINE';
}

/** A field that a message needs is absent or of the wrong form. */
export class FieldError extends LogError {
  readonly code = 'CANAL_FIELD';
}

/** A message type that this source does not know. */
export class MessageTypeError extends LogError {
  readonly code = 'CANAL_MESSAGE_TYPE';
}

/** A commit ts or a watermark is lower than one before it. */
export class BackwardsTsError extends LogError {
  readonly code = 'CANAL_TS_BACKWARDS';
}

/** A change at or below a watermark that promised that none would follow. */
export class BrokenPromiseError extends LogError {
  readonly code = 'CANAL_PROMISE_BROKEN';
}

/** A DDL shares its commit ts with another DDL, or with rows that follow it. */
export class SharedDdlTsError extends LogError {
  readonly code = 'CANAL_DDL_TS_SHARED';
}

/** Rows for a table that the DDLs so far have not created. */
export class UnknownTableError extends LogError {
  readonly code = 'CANAL_UNKNOWN_TABLE';
}

/** A DDL in the log that cannot be classified, or that contradicts what exists. The cause is the bare error. */
export class DdlError extends LogError {
  readonly code: 'CANAL_DDL_UNCLASSIFIED' | 'CANAL_DDL_UNSUPPORTED' | 'CANAL_DDL_CONFLICT';

  constructor(where: Where, cause: StatementError | CatalogueError) {
    super(where, cause.message, { cause });
    this.code = cause.code;
  }
}

/** Longest piece of a statement that a message quotes, in characters. */
const QUOTE_LIMIT = 400;

/** A statement as messages quote it: shortened when it is long. */
export function quoteStatement(sql: string): string {
  return sql.length <= QUOTE_LIMIT ? `\`${sql}\`` : `\`${sql.slice(0, QUOTE_LIMIT)}…\` (${sql.length} characters)`;
}

/**
 * A statement text that cannot be used: `UNCLASSIFIED`, its form is not known; `UNSUPPORTED`, it is known to do something
 * that this source cannot follow.
 */
export class StatementError extends CanalJsonError {
  readonly code: 'CANAL_DDL_UNCLASSIFIED' | 'CANAL_DDL_UNSUPPORTED';

  constructor(kind: 'UNCLASSIFIED' | 'UNSUPPORTED', sql: string, reason: string) {
    const advice =
      kind === 'UNCLASSIFIED'
        ? "If it may be taken as touching every table, set unclassified: 'all'; otherwise remove it from the log"
        : 'Have the log recorded in row format with plain DDL, or remove the statement from the log';
    super(
      `cannot ${kind === 'UNCLASSIFIED' ? 'classify' : 'follow'} the statement ${quoteStatement(sql)}: ${reason}. ${advice}.`,
    );
    this.code = `CANAL_DDL_${kind}`;
  }
}

/** A statement that contradicts what exists at its ts: creates what is there, or drops, renames, alters what is not. */
export class CatalogueError extends CanalJsonError {
  readonly code = 'CANAL_DDL_CONFLICT';

  constructor(sql: string, reason: string) {
    super(
      `the statement ${quoteStatement(sql)} does not fit what the log has created so far: ${reason}. ` +
        'The log must be complete from its first CREATE DATABASE on, and names are compared in the case in which they are written.',
    );
  }
}

/** The fold cannot compute what a message did to a table. */
export class FoldError extends CanalJsonError {
  readonly code = 'CANAL_FOLD';
}
