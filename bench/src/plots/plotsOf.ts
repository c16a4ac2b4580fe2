import type { MeasurementResult } from '../harness/measure.js';
import type { PlotSpec, Unit } from '../harness/measurement.js';
import type { Report } from '../report/report.js';
import { type ChartLine, type ChartPoint, lineChart } from './lineChart.js';
import { timelineChart } from './timelineChart.js';

export interface Plot {
  readonly measurement: string;
  /** Without a folder. */
  readonly file: string;
  readonly title: string;
  readonly svg: string;
}

/** Every plot that the results of a report make. */
export function plotsOf(report: Report): readonly Plot[] {
  const subtitle = subtitleOf(report);
  return report.results.flatMap((result) => [...lines(result, subtitle), ...timelines(result, subtitle)]);
}

function subtitleOf({ machine }: Report): string {
  const { cores, cpu, memoryGiB, node, commit, date } = machine;
  const parts = [
    `${cores} cores (${cpu})`,
    `${memoryGiB} GiB`,
    `Node ${node}`,
    ...(commit ? [`commit ${commit}`] : []),
    date.slice(0, 10),
  ];
  return parts.join(', ');
}

function lines(result: MeasurementResult, subtitle: string): readonly Plot[] {
  const { plot } = result;
  if (plot === undefined) return [];
  const measured = linesOf(result, plot);
  if (measured.length === 0) return [];
  const references = (plot.references ?? []).map(
    ({ name, origin, points }): ChartLine => ({
      name: `${name} (${origin})`,
      reference: true,
      points: points.map(([x, y]) => ({ x, y })),
    }),
  );
  const unit = unitOf(result, plot);
  const y = { ...plot.y, ...(unit && { unit }) };
  const svg = lineChart({ title: plot.title, subtitle, x: plot.x, y, lines: [...measured, ...references] });
  return [{ measurement: result.name, file: `${result.name}.svg`, title: plot.title, svg }];
}

function linesOf({ cases }: MeasurementResult, { of }: PlotSpec): readonly ChartLine[] {
  const byName = new Map<string, ChartPoint[]>();
  for (const { point, rate, figures } of cases) {
    const summary = of === 'rate' ? rate : figures?.[of];
    if (point === undefined || summary === undefined) continue;
    const points = byName.get(point.line) ?? [];
    byName.set(point.line, points);
    points.push({ x: point.x, y: summary.median, low: summary.min, high: summary.max });
  }
  return [...byName].map(([name, points]) => ({ name, points: points.sort((a, b) => a.x - b.x) }));
}

function unitOf({ cases }: MeasurementResult, { of }: PlotSpec): Unit | undefined {
  return cases.map(({ figures }) => figures?.[of]?.unit).find((unit) => unit !== undefined);
}

function timelines({ name, cases }: MeasurementResult, subtitle: string): readonly Plot[] {
  return cases.flatMap(({ name: of, timeline }) => {
    if (timeline === undefined) return [];
    const title = `${name}: ${of}`;
    return [
      {
        measurement: name,
        file: `${name}-${of.replaceAll(/[^a-z0-9]+/gi, '-')}.svg`,
        title,
        svg: timelineChart({ title, subtitle, timeline }),
      },
    ];
  });
}
