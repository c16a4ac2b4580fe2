/** What arrived is not what was sent: the benchmark's figures would mean nothing. */
export class VerificationError extends Error {
  readonly code = 'BENCH_VERIFICATION';

  constructor(where: string, what: string) {
    super(`${where}: ${what}; no figure of this run counts`);
    this.name = 'VerificationError';
  }
}

/** An argument of the command that cannot be used. */
export class ArgumentError extends Error {
  readonly code = 'BENCH_ARGUMENT';

  constructor(message: string) {
    super(message);
    this.name = 'ArgumentError';
  }
}
