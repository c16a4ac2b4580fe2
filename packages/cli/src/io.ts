/** Where text goes. */
export interface Output {
  write(text: string): unknown;
  /** True when a person sees it as it comes. */
  readonly isTTY?: boolean;
  /** Characters in a line of the terminal. */
  readonly columns?: number;
}

/** Width where the terminal does not tell its own. */
const DEFAULT_COLUMNS = 80;

/** Characters that a line may have to be drawn over: a full one would wrap. A terminal without a size says 0 columns. */
export function lineWidth({ columns }: Output): number {
  return (columns || DEFAULT_COLUMNS) - 1;
}

export type StopSignal = 'SIGINT' | 'SIGTERM';

/** The command's surroundings: the process, or a test's stand-in. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Calls the listener on each signal that asks to stop. Returns a function that takes it away. */
  onStop(listener: (signal: StopSignal) => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}

/** The process itself. */
export const processIo: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  onStop(listener) {
    process.on('SIGINT', listener);
    process.on('SIGTERM', listener);
    return () => {
      process.off('SIGINT', listener);
      process.off('SIGTERM', listener);
    };
  },
  exit: (code) => process.exit(code),
};
