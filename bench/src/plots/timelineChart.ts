import type { Timeline, Unit } from '../harness/measurement.js';
import { legend } from './legend.js';
import { COLORS, written } from './lineChart.js';
import { linearScale, type Scale } from './scales.js';
import { element, label, line, picture } from './svg.js';

export interface TimelineChart {
  readonly title: string;
  readonly subtitle: string;
  readonly timeline: Timeline;
}

const WIDTH = 880;
const LEFT = 96;
const RIGHT = 852;
const TOP = 64;
const PANEL = 150;
/** From a panel to its legend, and from that to the next panel. */
const TO_LEGEND = 22;
const BETWEEN = 18;
const GRID = '#e3e3e3';
const UNIT_NAMES: Readonly<Record<Unit, string>> = {
  seconds: 'time',
  bytes: 'memory',
  percent: 'of one core',
  count: 'statuses, in all',
};

/** What happened in one run: a panel for each unit over the same time. */
export function timelineChart({ title, subtitle, timeline }: TimelineChart): string {
  const units = [...new Set(timeline.lines.map(({ unit }) => unit))];
  const time = linearScale(timeline.seconds, LEFT, RIGHT, 10);
  const panels: string[] = [];
  let top = TOP;
  for (const unit of units) {
    const { parts, bottom } = panel(timeline, unit, time, top);
    panels.push(...parts);
    top = bottom + BETWEEN;
  }
  const height = top + 16;
  return picture(WIDTH, height, [
    label(LEFT, 28, title, { size: 17, weight: 'bold' }),
    label(LEFT, 48, subtitle, { size: 11.5, color: '#666666' }),
    ...panels,
    label((LEFT + RIGHT) / 2, height - 6, 'time since the first status (s)', { anchor: 'middle' }),
  ]);
}

interface Panel {
  readonly parts: readonly string[];
  readonly bottom: number;
}

function panel({ seconds, lines }: Timeline, unit: Unit, time: Scale, top: number): Panel {
  const bottom = top + PANEL;
  const own = lines.filter((one) => one.unit === unit);
  const y = linearScale(
    own.flatMap(({ values }) => values),
    bottom,
    top,
    3,
  );
  const key = own.map(({ name }, i) => ({ name, color: COLORS[i % COLORS.length]!, dashed: false }));
  const legends = legend(key, LEFT, bottom + TO_LEGEND, RIGHT - LEFT);
  const parts = [
    ...time.ticks.flatMap((value) => [
      line(time.at(value), top, time.at(value), bottom, GRID),
      label(time.at(value), bottom + 16, written(value, {}), { size: 12, anchor: 'middle' }),
    ]),
    ...y.ticks.flatMap((value) => [
      line(LEFT, y.at(value), RIGHT, y.at(value), GRID),
      label(LEFT - 8, y.at(value) + 4, written(value, { unit }), { size: 12, anchor: 'end' }),
    ]),
    label(24, (top + bottom) / 2, UNIT_NAMES[unit], { anchor: 'middle', turned: true }),
    ...own.map(({ values }, i) => {
      const path = values.map((value, at) => `${time.at(seconds[at] ?? 0).toFixed(1)},${y.at(value).toFixed(1)}`).join(' ');
      return element('polyline', { points: path, fill: 'none', stroke: COLORS[i % COLORS.length]!, 'stroke-width': 2 });
    }),
    ...legends.parts,
  ];
  return { parts, bottom: bottom + TO_LEGEND + legends.height };
}
