/** How the command ends. Documented in the help and the README. */
export const ExitCode = {
  /** Done: everything was replicated, or nothing differs. */
  OK: 0,
  /** Something failed, or tables differ. */
  FAILED: 1,
  /** The command line is wrong; nothing was touched. */
  USAGE: 2,
  /** Stopped by SIGINT (Ctrl-C). */
  INTERRUPTED: 130,
  /** Stopped by SIGTERM. */
  TERMINATED: 143,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
