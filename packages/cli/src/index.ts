export { ExitCode } from './exitCode.js';
export type { Io, Output, StopSignal } from './io.js';
export { runTidegate } from './run.js';
export type { StormCause, StormOptions } from './storm/options.js';
export type { StormReport, ThreadReport } from './storm/report.js';
export { runStorm } from './storm/runStorm.js';
export type { StormCounts, StormDepths, StormPhase, StormSample, ThreadSample } from './storm/sample.js';
