import { type KeyRange, type SpanSelector, TRIGGER_TABLE_ID } from '@tidegate/protocol';
import { compareEnds, compareKeys, WHOLE_TABLE } from '../coverage/keyOrder.js';
import { OperatorKind } from '../operator/operatorKind.js';
import type { Operators } from '../operator/operators.js';
import { byKey } from '../span/parts.js';
import type { SpanTable } from '../span/spanTable.js';
import { TaskState } from '../span/taskState.js';
import { type Refusal, refuse } from './contracts.js';

/** The tasks of a table, in key order. */
export function tasksOf(table: SpanTable, tableId: number): number[] {
  const handles: number[] = [];
  table.forEachOfSlot(table.tables.slotOf(tableId), (handle) => {
    handles.push(handle);
  });
  return handles.sort(byKey(table));
}

/** The tasks that a selector means, in key order: all of the table, or the one that begins at its `start`. */
export function select(table: SpanTable, { tableId, start }: SpanSelector): number[] | Refusal {
  if (tableId === TRIGGER_TABLE_ID) return refuse('NO_SUCH_TABLE', 'table 0 is the table trigger, which stays where it is');
  const handles = tasksOf(table, tableId);
  if (handles.length === 0) return refuse('NO_SUCH_TABLE', `no dispatcher serves a table ${tableId}`);
  if (start === undefined) return handles;
  const found = handles.find((handle) => compareKeys((table.rangeOf(handle) ?? WHOLE_TABLE).start, start) === 0);
  return found === undefined ? refuse('NO_SUCH_SPAN', `no span of table ${tableId} begins at the key that is given`) : [found];
}

/** Why something cannot be done to these tasks now; undefined when it can. */
export function busy(table: SpanTable, operators: Operators, handles: readonly number[]): Refusal | undefined {
  const taken = handles.find((handle) => {
    return table.state[handle] !== TaskState.REPLICATING || operators.kindOf(handle) !== OperatorKind.NONE;
  });
  if (taken === undefined) return undefined;
  return refuse('SPAN_BUSY', `dispatcher ${taken} of table ${table.tableIdOf(taken)} is being scheduled; ask again`);
}

/** The ranges that a range is cut into at `keys`, which lie strictly inside of it, ascending. */
export function cut({ start, end }: KeyRange, keys: readonly Uint8Array[]): KeyRange[] {
  return [start, ...keys].map((key, index) => ({ start: key, end: keys[index] ?? end }));
}

/** The keys that lie strictly inside of a range. */
export function keysInside({ start, end }: KeyRange, keys: readonly Uint8Array[]): Uint8Array[] {
  return keys.filter((key) => key.length > 0 && compareKeys(key, start) > 0 && compareEnds(key, end) < 0);
}

export function areAscending(keys: readonly Uint8Array[]): boolean {
  return keys.every((key, index) => index === 0 || compareKeys(keys[index - 1] as Uint8Array, key) < 0);
}
