/** Stable codes of {@link HostError}. */
export type HostErrorCode =
  /** An option of `startHost` is missing or out of range. */
  | 'HOST_OPTION'
  /** The source or sink module could not be loaded or lacks the export that its contract names. */
  | 'HOST_MODULE'
  /** The source refused to open or failed while reading. */
  | 'HOST_SOURCE'
  /** The source delivered something that contradicts what it delivered before. */
  | 'HOST_SOURCE_EVENT'
  /** One message is larger than the lane to its worker can ever take. */
  | 'HOST_MESSAGE_TOO_LARGE'
  /** A dispatcher wants events that the source has already handed to another. */
  | 'HOST_REWIND'
  /** A dispatcher, its sink or the maintainer failed. */
  | 'HOST_CHANGEFEED'
  /** A thread died. */
  | 'HOST_THREAD'
  /** The host was stopped, or asked for something after it stopped. */
  | 'HOST_STOPPED';

/** Every error that the host raises. `code` is stable; the message says what was wrong, where, and what to do. */
export class HostError extends Error {
  readonly code: HostErrorCode | string;

  constructor(code: HostErrorCode | string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HostError';
    this.code = code;
  }
}

/** The code of an error that carries one, else the one given. */
export function errorCode(error: unknown, otherwise: string): string {
  const code = error instanceof Error ? (error as Error & { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : otherwise;
}

/** The message of anything that can be thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
