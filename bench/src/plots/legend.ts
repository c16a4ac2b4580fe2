import { element, label } from './svg.js';

export interface LegendEntry {
  readonly name: string;
  readonly color: string;
  readonly dashed: boolean;
}

const ROW = 20;
const KEY = 34;
const GAP = 22;
/** Width of a letter at the size of a legend, rounded up: there is no font here to ask. */
const LETTER = 7;

interface Legend {
  readonly parts: readonly string[];
  readonly height: number;
}

/** Entries side by side below a plot, in as many rows as they need. */
export function legend(entries: readonly LegendEntry[], left: number, top: number, width: number): Legend {
  const parts: string[] = [];
  let x = left;
  let y = top + ROW / 2;
  for (const { name, color, dashed } of entries) {
    const wide = KEY + name.length * LETTER + GAP;
    if (x > left && x + wide - GAP > left + width) {
      x = left;
      y += ROW;
    }
    parts.push(
      element('line', {
        x1: x,
        y1: y,
        x2: x + KEY - 8,
        y2: y,
        stroke: color,
        'stroke-width': 2.5,
        ...(dashed && { 'stroke-dasharray': '6 4' }),
      }),
      label(x + KEY, y + 4, name, { size: 12.5 }),
    );
    x += wide;
  }
  return { parts, height: y + ROW / 2 - top };
}
