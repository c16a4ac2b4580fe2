/** Stable codes of {@link RedoError}. */
export type RedoErrorCode =
  /** An option is missing, unknown or out of range. */
  | 'REDO_OPTION'
  /** The directory cannot be created or written. */
  | 'REDO_UNWRITABLE'
  /** The log could not be written. What was not yet durable must come again. */
  | 'REDO_WRITE'
  /** A change that the log cannot hold. */
  | 'REDO_ROW'
  /** The sink was closed or aborted. */
  | 'REDO_CLOSED'
  /** The directory or a file in it cannot be read. */
  | 'REDO_UNREADABLE'
  /** A file is damaged where it was durable: what it held there is lost. */
  | 'REDO_CORRUPT'
  /** The meta file is not what it must be. */
  | 'REDO_META'
  /** The log no longer holds what is asked for: it was truncated. */
  | 'REDO_TRUNCATED'
  /** Segments overlap so much that merging them needs more memory than allowed. */
  | 'REDO_OVERLAP';

/** Every error of this package. `code` is stable; the message says what was wrong, where, and what to do. */
export class RedoError extends Error {
  readonly code: RedoErrorCode;
  /** The file or directory it is about, where there is one. */
  readonly path: string | undefined;
  /** The byte of the file from which on it is damaged. */
  readonly offset: number | undefined;

  constructor(
    code: RedoErrorCode,
    message: string,
    options: ErrorOptions & { readonly path?: string; readonly offset?: number } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'RedoError';
    this.code = code;
    this.path = options.path;
    this.offset = options.offset;
  }
}

/** The message of anything that can be thrown. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** True when `error` is a system error with one of `codes`, such as `ENOENT`. */
export function hasSystemCode(error: unknown, ...codes: readonly string[]): boolean {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code !== undefined && codes.includes(code);
}

/** A {@link RedoError} of `code` about `path`, unless `error` is one already. */
export function redoError(code: RedoErrorCode, what: string, path: string, error: unknown): RedoError {
  if (error instanceof RedoError) return error;
  return new RedoError(code, `${what} ${path}: ${reasonOf(error)}`, { cause: error, path });
}

/** Damage at a place that was durable. */
export function corrupt(path: string, offset: number, what: string): RedoError {
  return new RedoError(
    'REDO_CORRUPT',
    `${path} is damaged at byte ${offset}: ${what}. What it held from there on is lost: put an intact copy in its place, ` +
      'or move it away to go without all of it',
    { path, offset },
  );
}
