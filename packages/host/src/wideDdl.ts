import type { DdlEvent, Influence } from '@tidegate/protocol';

/** What the lanes of a host take in one message, in bytes. */
export interface LaneBounds {
  /** From the source to a worker: `laneBytes`. */
  readonly source: number;
  /** Between workers, coordinator and maintainer: `statusLaneBytes`. */
  readonly status: number;
}

/**
 * Why a DDL cannot pass the lanes, if it cannot. It travels to the workers as it is, and what it touches is told by them in one
 * message (T-A), so its lists of tables have to fit. Counted is the least that they take: nothing is refused that would fit.
 */
export function whyTooWide(event: DdlEvent, bounds: LaneBounds): string | undefined {
  const { adds, schemaChanges } = event;
  const tables = countOf(event.blockTables) + countOf(event.drops) + adds.length + schemaChanges.length;
  // No id takes more than nine bytes, and what has three of them more than thirty.
  if (tables * 30 <= Math.min(bounds.source, bounds.status)) return undefined;
  let bytes = bytesOf(event.blockTables) + bytesOf(event.drops);
  for (const { tableId, schemaId } of adds) bytes += idBytes(tableId) + idBytes(schemaId) + 2;
  for (const { tableId, oldSchemaId, newSchemaId } of schemaChanges)
    bytes += idBytes(tableId) + idBytes(oldSchemaId) + idBytes(newSchemaId) + 1;
  const option = bytes > bounds.status ? 'statusLaneBytes' : bytes > bounds.source ? 'laneBytes' : undefined;
  if (option === undefined) return undefined;
  const limit = option === 'laneBytes' ? bounds.source : bounds.status;
  return `names ${tables} tables, which take ${bytes} bytes in one message; a lane of this size takes ${limit}: raise ${option}`;
}

function countOf(influence: Influence | undefined): number {
  return influence?.type === 'normal' ? influence.tableIds.length : 0;
}

function bytesOf(influence: Influence | undefined): number {
  let bytes = 0;
  if (influence?.type === 'normal') for (const tableId of influence.tableIds) bytes += idBytes(tableId);
  return bytes;
}

/** Bytes of a number as messages are encoded. */
function idBytes(id: number): number {
  if (id < 0x80) return 1;
  if (id < 0x100) return 2;
  if (id < 0x1_0000) return 3;
  return id <= 0xffff_ffff ? 5 : 9;
}
