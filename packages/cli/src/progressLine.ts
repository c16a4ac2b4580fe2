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
    { text: plural(view.rows, 'row'), rank: 1 },
    { text: `${count(view.rowsPerSecond)}/s`, rank: 2 },
    { text: plural(view.ddls, 'DDL'), rank: 5 },
  ];
  if (view.checkpointTs > 0n) parts.push({ text: `checkpoint ${timeOf(view.checkpointTs) ?? view.checkpointTs}`, rank: 3 });
  if (view.barrier !== undefined) parts.push({ text: barrierText(view.barrier), rank: 0 });
  if (view.suppressed > 0) parts.push({ text: `${count(view.suppressed)} statuses suppressed`, rank: 6 });
  return parts;
}

function barrierText(barrier: NonNullable<RunView['barrier']>): string {
  const head = `barrier ${barrier.name} for ${duration(barrier.age)}`;
  if (barrier.missingCount === 0) return head;
  const named = barrier.missingTables
    .slice(0, NAMED)
    .map((table) => (table === TRIGGER_TABLE_ID ? 'the table trigger' : `table ${table}`));
  const others = barrier.missingCount - named.length;
  const more = others > 0 ? [named.length > 0 ? `${count(others)} more` : plural(others, 'dispatcher')] : [];
  return `${head}, waits for ${[...named, ...more].join(', ')}`;
}

function join(parts: readonly Part[]): string {
  return parts.map((part) => part.text).join(' · ');
}
