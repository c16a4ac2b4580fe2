import type { EventEntry } from './eventEntry.js';
import { Flag } from './rowLayout.js';
import type { RowTable } from './rows.js';

/*
 * The list of rows in WAITING without an acknowledgement, linked through the row table. Rows whose WAITING is still to be
 * posted stand at the end, from `entry.owed` on. Nothing is allocated per row.
 */

/** Appends a row, its WAITING to be posted. */
export function appendWaiting(rows: RowTable, entry: EventEntry, row: number): void {
  rows.set(row, Flag.UNACKED | Flag.OWES_WAITING);
  rows.next[row] = -1;
  rows.prev[row] = entry.tail;
  if (entry.tail >= 0) rows.next[entry.tail] = row;
  else entry.head = row;
  entry.tail = row;
  if (entry.owed < 0) entry.owed = row;
  entry.unacked++;
}

/** Takes a row out. */
export function removeWaiting(rows: RowTable, entry: EventEntry, row: number): void {
  const next = rows.next[row]!;
  const prev = rows.prev[row]!;
  if (entry.owed === row) entry.owed = next;
  if (prev >= 0) rows.next[prev] = next;
  else entry.head = next;
  if (next >= 0) rows.prev[next] = prev;
  else entry.tail = prev;
  rows.clear(row, Flag.UNACKED | Flag.OWES_WAITING);
  entry.unacked--;
}

/** Has the WAITING of a listed row posted once more; nothing when it is to be posted anyway. */
export function repeatWaiting(rows: RowTable, entry: EventEntry, row: number): void {
  if (rows.has(row, Flag.OWES_WAITING)) return;
  removeWaiting(rows, entry, row);
  appendWaiting(rows, entry, row);
}

/** Notes that the WAITING of `entry.owed` was posted, and of `count` - 1 rows behind it in the table that follow it in the list. */
export function advanceWaiting(rows: RowTable, entry: EventEntry, count: number): void {
  const last = entry.owed + count - 1;
  for (let row = entry.owed; row <= last; row++) rows.clear(row, Flag.OWES_WAITING);
  entry.owed = rows.next[last]!;
}
