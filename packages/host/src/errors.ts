/** Stable codes of {@link HostError}. */
export type HostErrorCode =
  /** An option of `startHost` is missing or out of range. */
  | 'HOST_OPTION'
  /** A listener was given for an event that does not exist. */
  | 'HOST_EVENT'
  /** The source or sink module could not be loaded or lacks the export that its contract names. */
  | 'HOST_MODULE'
  /** The source refused to open or failed while reading. */
  | 'HOST_SOURCE'
  /** The source delivered something that contradicts what it delivered before. */
  | 'HOST_SOURCE_EVENT'
  /** One message is larger than its lane can ever take: raise `laneBytes` (from the source) or `statusLaneBytes` (between the others). */
  | 'HOST_MESSAGE_TOO_LARGE'
  /** A dispatcher wants events that the source has already handed to another. */
  | 'HOST_REWIND'
  /** A dispatcher, its sink or the maintainer failed. */
  | 'HOST_CHANGEFEED'
  /** A thread died, or did not come up. `cause` is the `ThreadDeathError` with its reason and what was in flight. */
  | 'HOST_THREAD'
  /** The source was replicated to its end, but not everything ended in good order: the message names what was cut off. */
  | 'HOST_CUT_OFF'
  /** The host itself failed: a defect. */
  | 'HOST_INTERNAL';

/** A code of a user's module, of a dispatcher or of the maintainer. Any string; the known codes are still offered by an editor. */
type OtherCode = string & Record<never, never>;

/** Every error that the host raises. `code` is stable; the message says what was wrong, where, and what to do. */
export class HostError extends Error {
  readonly code: HostErrorCode | OtherCode;

  constructor(code: HostErrorCode | OtherCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HostError';
    this.code = code;
  }
}

/** The code of an error that carries one, else the one given. */
export function errorCode(error: unknown, otherwise: string): string {
  return codeOf(error) ?? otherwise;
}

/** The message of anything that can be thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code of an error that carries one. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as Error & { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : undefined;
}
