export { createSink } from './createSink.js';
export { StorageError, type StorageErrorCode } from './errors.js';
export { type Metadata, readMetadata } from './metadata.js';
export type { StorageOptions } from './options.js';
export { type Change, type ReadOptions, readChanges } from './readChanges.js';
export type { StorageSink, StorageSinkStats } from './storageSink.js';
