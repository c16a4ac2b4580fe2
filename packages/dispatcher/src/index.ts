export type { UnknownDispatcher } from './answers.js';
export * from './contracts.js';
export {
  DispatcherError,
  InvariantError,
  NoRedoSinkError,
  OptionError,
  SinkFailure,
  SinkModuleError,
  SourceEventError,
} from './errors.js';
export { DispatcherGroup, type GroupInput, type GroupSinks, type GroupView } from './group.js';
export { DEFAULT_GROUP_OPTIONS, type GroupOptions, resolveGroupOptions } from './options.js';
export { Progress, type ProgressTicket } from './progress.js';
export { SinkDriver } from './sinkDriver.js';
export type { SinkCompletion, SinkPort, SinkToken, WriteOutcome } from './sinkPort.js';
export type { DispatcherView } from './snapshot.js';
