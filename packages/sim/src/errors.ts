export type SimErrorCode =
  /** A scenario, or an option, cannot be used. */
  | 'SIM_OPTION'
  /** A recording does not fit the scenario that it is replayed with. */
  | 'SIM_REPLAY';

/** Something is wrong with what the simulator was given, not with what it simulates. */
export class SimError extends Error {
  readonly code: SimErrorCode;

  constructor(code: SimErrorCode, message: string) {
    super(message);
    this.name = 'SimError';
    this.code = code;
  }
}
