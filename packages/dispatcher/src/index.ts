export type { UnknownDispatcher } from './answers.js';
export * from './contracts.js';
export {
  DispatcherError,
  InvariantError,
  NoRedoMetaError,
  NoRedoSinkError,
  NotSplittableError,
  OptionError,
  SinkFailure,
  SinkModuleError,
  SourceEventError,
} from './errors.js';
export { DispatcherGroup, type GroupInput, type GroupSinks } from './group.js';
export type { GroupView } from './groupView.js';
export { DEFAULT_GROUP_OPTIONS, type GroupOptions, resolveGroupOptions } from './options.js';
export { Progress, type ProgressTicket } from './progress.js';
export { SinkDriver } from './sinkDriver.js';
export type { SinkCompletion, SinkPort, SinkToken, WriteOutcome } from './sinkPort.js';
export type { DispatcherView } from './snapshot.js';
