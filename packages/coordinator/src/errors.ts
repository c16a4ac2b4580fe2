/** Stable codes of {@link CoordinatorError}. */
export type CoordinatorErrorCode =
  /** An option is missing, unknown or out of range. */
  | 'COORDINATOR_OPTION'
  /** F-12: the host is fenced; its write path has stopped. Logged and counted, never thrown or told to the maintainer. */
  | 'COORDINATOR_FENCED'
  /** A handle or another value that a flat table cannot hold. */
  | 'COORDINATOR_RANGE';

/** Every error that this package throws. `code` is stable; the message says what was wrong, where, and what to do. */
export class CoordinatorError extends Error {
  readonly code: CoordinatorErrorCode;

  constructor(code: CoordinatorErrorCode, message: string) {
    super(message);
    this.name = 'CoordinatorError';
    this.code = code;
  }
}

/** Stable codes of the errors that a coordinator reports to the maintainer in `error` fields; it throws none of them. */
export const ReportedError = {
  /** S-2: another trigger lives here, or one lives here and the request names none. */
  TRIGGER_MISMATCH: 'COORDINATOR_TRIGGER_MISMATCH',
  /** A worker did not report its dispatchers in time. */
  WORKER_SILENT: 'COORDINATOR_WORKER_SILENT',
  /** Post-bootstrap at a host that has no trigger. */
  TRIGGER_MISSING: 'COORDINATOR_TRIGGER_MISSING',
  /** One block status with the facts of its event is more than a lane to the maintainer holds. */
  STATUS_TOO_LARGE: 'COORDINATOR_STATUS_TOO_LARGE',
} as const;
export type ReportedError = (typeof ReportedError)[keyof typeof ReportedError];
