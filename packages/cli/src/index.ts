export { ExitCode } from './exitCode.js';
export type { Io, Output, StopSignal } from './io.js';
export { runTidegate } from './run.js';
