import type { AddedTable, KeyRange, TableId } from '@tidegate/protocol';
import { WHOLE_TABLE } from '../coverage/keyOrder.js';

/** The keys at which a table is cut when nobody serves it yet at bootstrap; strictly ascending, none empty. */
export interface InitialSplit {
  readonly tableId: TableId;
  readonly keys: readonly Uint8Array[];
}

/** The ranges that a table begins with: cut at the keys that the options give for it, or whole. */
export function initialRanges(splits: readonly InitialSplit[], { tableId, splittable }: AddedTable): KeyRange[] {
  const keys = splits.find((split) => split.tableId === tableId)?.keys ?? [];
  if (!splittable || keys.length === 0) return [WHOLE_TABLE];
  const { start, end } = WHOLE_TABLE;
  return [start, ...keys].map((key, index) => ({ start: key, end: keys[index] ?? end }));
}
