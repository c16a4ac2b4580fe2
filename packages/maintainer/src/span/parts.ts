import { type KeyRange, minTs, Stage } from '@tidegate/protocol';
import { compareEnds, compareKeys, isWhole, WHOLE_TABLE } from '../coverage/keyOrder.js';
import type { SpanTable } from './spanTable.js';

/*
 * Tasks that take over from others of the same table: the parts of one that is split, the whole of several that are merged.
 */

/** Adds an absent task for a part of what another one serves; it starts where that one stands (T-1). */
export function addPart(table: SpanTable, of: number, id: () => number, range: KeyRange): number {
  return addLike(table, of, id, range, table.positions.checkpointTs(of));
}

/**
 * Adds an absent task for what several serve that lie next to each other, in key order. As far as is known here it starts
 * at the smallest of their checkpoints (K-3), or where all of them are parked (T-6).
 */
export function addWhole(table: SpanTable, of: readonly number[], id: () => number): number {
  const { positions } = table;
  const [first, last] = [of[0] as number, of.at(-1) as number];
  const range = { start: (table.rangeOf(first) ?? WHOLE_TABLE).start, end: (table.rangeOf(last) ?? WHOLE_TABLE).end };
  const checkpointTs = of.map((handle) => positions.checkpointTs(handle)).reduce(minTs);
  const target = addLike(table, first, id, range, checkpointTs);
  const at = positions.blockState(first);
  const isShared = of.every((handle) => {
    const other = positions.blockState(handle);
    const isParked = other?.stage === Stage.WAITING || other?.stage === Stage.WRITING;
    return isParked && other.blockTs === at?.blockTs && other.isSyncPoint === at.isSyncPoint;
  });
  if (!isShared) positions.start(target, checkpointTs);
  return target;
}

/** In key order. */
export function byKey(table: SpanTable): (a: number, b: number) => number {
  return (a, b) => compareKeys((table.rangeOf(a) ?? WHOLE_TABLE).start, (table.rangeOf(b) ?? WHOLE_TABLE).start);
}

/** Whether tasks in key order lie next to each other without gap and overlap. */
export function areNeighbours(table: SpanTable, handles: readonly number[]): boolean {
  return handles.every((handle, index) => {
    if (index === 0) return true;
    const { end } = table.rangeOf(handles[index - 1] as number) ?? WHOLE_TABLE;
    const { start } = table.rangeOf(handle) ?? WHOLE_TABLE;
    return end.length > 0 && compareEnds(end, start.length === 0 ? WHOLE_TABLE.end : start) === 0;
  });
}

function addLike(table: SpanTable, like: number, id: () => number, range: KeyRange, checkpointTs: bigint): number {
  const slot = table.table[like]!;
  const handle = table.add({
    id,
    tableId: table.tables.idOf(slot),
    schemaId: table.tables.schemaOf(slot),
    splittable: table.tables.splittable[slot] === 1,
    startTs: checkpointTs,
    ...(!isWhole(range) && { range }),
  });
  table.positions.inherit(handle, like);
  return handle;
}
