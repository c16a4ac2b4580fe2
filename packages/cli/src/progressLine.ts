import { TRIGGER_TABLE_ID } from '@tidegate/protocol';
import { count, cut, duration, plural, timeOf } from './format.js';
import type { RunView } from './runRecord.js';

/** Tables that the line names. */
const NAMED = 3;

/** A part of the line; where the terminal is too narrow those with the largest `rank` go first. */
interface Part {
  readonly text: string;
  readonly rank: number;
}

/** The progress of a run in one line of at most `width` characters. Pure. */
export function progressLine(view: RunView, width: number): string {
  let parts: readonly Part[] = partsOf(view);
  while (join(parts).length > width && parts.length > 1) {
    const least = Math.max(...parts.map((part) => part.rank));
    parts = parts.filter((part) => part.rank !== least);
  }
  return cut(join(parts), width);
}

function partsOf(view: RunView): Part[] {
  const parts: Part[] = [
    { text: duration(view.elapsed), rank: 4 },
    { text: `${plural(view.rows, 'row')} read`, rank: 1 },
    { text: `${count(view.rowsPerSecond)}/s`, rank: 2 },
    { text: plural(view.ddls, 'DDL'), rank: 5 },
  ];
  if (view.checkpointTs > 0n) parts.push({ text: `checkpoint ${shortTime(view.checkpointTs)}`, rank: 3 });
  if (view.barrier !== undefined) parts.push({ text: barrierText(view.barrier), rank: 0 });
  if (view.suppressed > 0) parts.push({ text: `${count(view.suppressed)} statuses suppressed`, rank: 6 });
  return parts;
}

function barrierText(barrier: NonNullable<RunView['barrier']>): string {
  const head = `barrier ${barrier.name} ${duration(barrier.age)}`;
  if (barrier.missingCount === 0) return head;
  const named = barrier.missingTables.slice(0, NAMED);
  const tables = named.filter((table) => table !== TRIGGER_TABLE_ID);
  const waited: string[] = [];
  if (tables.length < named.length) waited.push('trigger');
  if (tables.length > 0) waited.push(`${tables.length === 1 ? 'table' : 'tables'} ${tables.join(' ')}`);
  const others = barrier.missingCount - named.length;
  if (others > 0) waited.push(named.length > 0 ? `${count(others)} more` : plural(others, 'dispatcher'));
  return `${head}, waits for ${waited.join(', ')}`;
}

/** Month to second: the rest is in the summary. */
function shortTime(ts: bigint): string {
  return timeOf(ts)?.slice(5, 19) ?? String(ts);
}

function join(parts: readonly Part[]): string {
  return parts.map((part) => part.text).join(' · ');
}
