export { type ApplyOptions, type ApplyReport, applyRedoLog } from './applyRedoLog.js';
export { createSink } from './createSink.js';
export { RedoError, type RedoErrorCode } from './errors.js';
export { type RedoMeta, readRedoMeta } from './meta.js';
export type { RedoOptions } from './options.js';
export { type ReadOptions, readRedoLog } from './readRedoLog.js';
export type { RedoEvent, RedoRow } from './redoEvent.js';
export type { RedoSink, RedoSinkStats } from './redoSink.js';
