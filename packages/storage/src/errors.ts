/** Stable codes of {@link StorageError}. */
export type StorageErrorCode =
  /** An option is missing, unknown or out of range. */
  | 'STORAGE_OPTION'
  /** The directory cannot be created or written. */
  | 'STORAGE_UNWRITABLE'
  /** A file could not be written. What was not yet durable must come again. */
  | 'STORAGE_WRITE'
  /** A change that the layout cannot hold, such as one with a line break in it. */
  | 'STORAGE_ROW'
  /** A different DDL is already recorded in the same place. */
  | 'STORAGE_DDL_CONFLICT'
  /** The sink was closed or aborted. */
  | 'STORAGE_CLOSED'
  /** The directory or a file in it cannot be read. */
  | 'STORAGE_UNREADABLE'
  /** A file in the directory is not what the layout says. */
  | 'STORAGE_INVALID';

/** Every error of this package. `code` is stable; the message says what was wrong, where, and what to do. */
export class StorageError extends Error {
  readonly code: StorageErrorCode;
  /** The file or directory it is about, where there is one. */
  readonly path: string | undefined;

  constructor(code: StorageErrorCode, message: string, options: ErrorOptions & { readonly path?: string } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'StorageError';
    this.code = code;
    this.path = options.path;
  }
}

/** The message of anything that can be thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** True when `error` is a system error with one of `codes`, such as `ENOENT`. */
export function hasSystemCode(error: unknown, ...codes: readonly string[]): boolean {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code !== undefined && codes.includes(code);
}

/** A {@link StorageError} of `code` about `path`, unless `error` is one already. */
export function storageError(code: StorageErrorCode, what: string, path: string, error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  return new StorageError(code, `${what} ${path}: ${reasonOf(error)}`, { cause: error, path });
}
