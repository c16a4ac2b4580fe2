import type { BlockFacts, Influence } from './blockEvent.js';
import type { BootstrapSpan } from './spans.js';

/**
 * Bytes of spans in one message: what cuts snapshots and bootstrap responses into parts. Fits the smallest lane that the
 * host allows (64 KiB, of which a frame may have less than half).
 */
export const SPAN_PART_BYTES = 20_480;
/** Rows of component statuses in one message, for the same reason: 20 bytes each. */
export const STATUS_PART_ROWS = 1_024;

/** The config, the key of the event that was passed last, the worker. */
const CONFIG_BYTES = 240;
const ITEM_BYTES = 16;

/** Bytes that a span takes on a lane, estimated from above. */
export function spanBytes({ config, blockState }: BootstrapSpan): number {
  const range = config.range === undefined ? 0 : config.range.start.length + config.range.end.length;
  return CONFIG_BYTES + range + (blockState === undefined ? 0 : factsBytes(blockState.facts));
}

function factsBytes({ blockTables, drops, adds, schemaChanges, admissions }: BlockFacts): number {
  const lists = idsOf(blockTables) + idsOf(drops) + adds.length * 3 + schemaChanges.length * 3;
  const names = admissions.reduce((sum, admission) => {
    return sum + Object.values(admission).reduce((length, name) => length + name.length * 3, ITEM_BYTES);
  }, 0);
  return CONFIG_BYTES + lists * ITEM_BYTES + names;
}

function idsOf(influence: Influence | undefined): number {
  return influence?.type === 'normal' ? influence.tableIds.length : 0;
}
