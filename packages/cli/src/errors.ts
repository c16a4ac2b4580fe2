/** Stable codes of {@link CliError}. */
export type CliErrorCode =
  /** The command line is wrong. */
  | 'CLI_USAGE'
  /** The directory cannot be continued the way it was asked for. */
  | 'CLI_RESUME'
  /** The directory was written from another log. */
  | 'CLI_LOG'
  /** Another process writes to the directory. */
  | 'CLI_LOCKED'
  /** A path that should be a directory is a file, or leads through one. */
  | 'CLI_DIRECTORY'
  /** There is no such directory, or nothing in it to verify. */
  | 'CLI_NOTHING'
  /** The redo log is not complete as far as was asked for, or does not say how far it is. */
  | 'CLI_INCOMPLETE'
  /** An option of `runStorm` is out of range. */
  | 'CLI_STORM_OPTION';

/** An error of the command itself. `code` is stable; the message says what was wrong, where, and what to do. */
export class CliError extends Error {
  readonly code: CliErrorCode;

  constructor(code: CliErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CliError';
    this.code = code;
  }
}

/** A wrong command line. `command` is the one whose help explains it, if it came that far. */
export class UsageError extends CliError {
  readonly command: string | undefined;

  constructor(message: string, command?: string) {
    super('CLI_USAGE', message);
    this.name = 'UsageError';
    this.command = command;
  }
}

/** An error as one line for people: its message and code. What has no code was not foreseen, and comes with its stack. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return `unexpected: ${messageOf(error)}`;
  const code = codeOf(error);
  return code === undefined ? `unexpected: ${error.stack ?? error.message}` : `${error.message} (${code})`;
}

/** The stable code of an error that has one. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as Error & { readonly code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** The message of anything that can be thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  return typeof error === 'string' ? error : (JSON.stringify(error) ?? typeof error);
}
