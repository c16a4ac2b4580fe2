/**
 * Field names of the message shapes that lanes carry compactly, in the order in which their builders write them. Both ends
 * of a lane must have the same list; its fingerprint stands in the lane's header. A shape that is not here still travels,
 * describing itself, so a new optional field costs bytes and never correctness.
 *
 * Append only: the place of an entry is its name on the wire.
 */
export const MESSAGE_STRUCTURES: readonly (readonly string[])[] = [
  // Data plane: source to worker.
  ['type', 'handle', 'generation', 'commitTs', 'rows', 'offset', 'bytes'],
  ['type', 'ts'],
  ['type', 'ts', 'only'],
  ['handle', 'generation'],
  ['type', 'handle', 'generation', 'resolvedTs', 'caughtUp', 'table'],
  ['type', 'handle', 'generation', 'resolvedTs', 'caughtUp'],
  ['tableId', 'schemaId', 'schema', 'table', 'version'],
  ['type', 'event', 'target'],
  ['type', 'handle', 'generation'],
  ['type', 'commitTs'],
  // Parts of block events.
  ['commitTs', 'isSyncPoint'],
  ['type', 'tableIds'],
  ['type', 'schemaId'],
  ['type'],
  ['tableId', 'schemaId', 'splittable'],
  ['tableId', 'oldSchemaId', 'newSchemaId'],
  // Worker to coordinator.
  ['type', 'mode', 'facts'],
  ['key', 'blockTables', 'drops', 'adds', 'schemaChanges', 'admissions'],
  ['key', 'blockTables', 'adds', 'schemaChanges', 'admissions'],
  ['key', 'drops', 'adds', 'schemaChanges', 'admissions'],
  ['key', 'adds', 'schemaChanges', 'admissions'],
  ['type', 'statuses'],
  ['handle', 'generation', 'state', 'mode', 'checkpointTs'],
  ['type', 'created', 'checkpointTs', 'resolvedTs', 'lastSyncedTs', 'redoCheckpointTs', 'redoResolvedTs'],
  // Coordinator to worker and source.
  ['type', 'configs'],
  ['id', 'handle', 'generation', 'mode', 'tableId', 'schemaId', 'startTs', 'skipDmlAsStartTs'],
  ['type', 'mode', 'answer'],
  ['target', 'ack'],
  ['target', 'ignored'],
  ['target', 'action'],
  ['target', 'unknown'],
  ['action', 'key'],
  ['type', 'checkpointTs'],
  ['type', 'handle', 'generation', 'mode', 'tableId', 'startTs', 'worker'],
  // Redo, ranges, merges.
  ['type', 'resolvedTs'],
  ['type', 'resolvedTs', 'checkpointTs'],
  ['tableId', 'schemaId', 'schema', 'table', 'version', 'splittable'],
  ['type', 'dispatchers'],
  ['handle', 'generation', 'checkpointTs'],
  ['handle', 'generation', 'checkpointTs', 'parkedAt'],
  ['handle', 'generation', 'state', 'mode', 'checkpointTs', 'worker'],
  // Many at once, in columns.
  ['type', 'columns'],
  ['id', 'handle', 'generation', 'tableId', 'schemaId', 'startHigh', 'startLow', 'flags'],
  ['type', 'workers', 'worker', 'handle', 'generation', 'mode', 'tableId', 'startTs'],
  ['type', 'handle', 'generation', 'resolvedTs', 'schemas', 'schema', 'schemaId', 'version', 'nameEnd', 'names'],
  ['type', 'mode', 'facts', 'lacksAdmissions'],
];
