import { inUnit, short } from '../harness/format.js';
import type { Unit } from '../harness/measurement.js';
import { type LegendEntry, legend } from './legend.js';
import { type Scale, type ScaleKind, scaleOf } from './scales.js';
import { element, label, line, picture } from './svg.js';

export interface ChartAxis {
  readonly label: string;
  readonly scale: ScaleKind;
  /** What its figures are written in; absent: plain numbers. */
  readonly unit?: Unit;
}

export interface ChartPoint {
  readonly x: number;
  readonly y: number;
  /** Extremes of the runs, drawn as a whisker. */
  readonly low?: number;
  readonly high?: number;
}

export interface ChartLine {
  readonly name: string;
  readonly points: readonly ChartPoint[];
  /** Not measured in this run: drawn dashed and grey. */
  readonly reference?: boolean;
}

export interface LineChart {
  readonly title: string;
  /** Where and when it was taken. */
  readonly subtitle: string;
  readonly x: ChartAxis;
  readonly y: ChartAxis;
  readonly lines: readonly ChartLine[];
}

const WIDTH = 880;
const PLOT = { left: 96, top: 64, width: 756, height: 380 };
const GRID = '#e3e3e3';
const FRAME = '#777777';
/** Told apart by people who see colours differently, too (after Okabe and Ito). */
export const COLORS: readonly string[] = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#222222', '#7a4fb5'];
const REFERENCE_COLORS: readonly string[] = ['#8a8a8a', '#b09468', '#7f9ab0', '#a88ba0'];

/** Lines over two axes, with a legend below. */
export function lineChart(chart: LineChart): string {
  const right = PLOT.left + PLOT.width;
  const bottom = PLOT.top + PLOT.height;
  const points = chart.lines.flatMap((one) => one.points);
  const x = scaleOf(
    chart.x.scale,
    points.map((point) => point.x),
    PLOT.left,
    right,
  );
  const y = scaleOf(
    chart.y.scale,
    points.flatMap((point) => [point.y, point.low ?? point.y, point.high ?? point.y]),
    bottom,
    PLOT.top,
  );
  const styles = stylesOf(chart.lines);
  const key = legend(
    chart.lines.map((one, i) => ({ ...styles[i]!, name: one.name })),
    PLOT.left,
    bottom + 54,
    PLOT.width,
  );
  return picture(WIDTH, bottom + 54 + key.height + 14, [
    label(PLOT.left, 28, chart.title, { size: 17, weight: 'bold' }),
    label(PLOT.left, 48, chart.subtitle, { size: 11.5, color: '#666666' }),
    ...grid(chart, x, y),
    ...chart.lines.flatMap((one, i) => drawn(one, styles[i]!, x, y)),
    ...key.parts,
  ]);
}

type LineStyle = Omit<LegendEntry, 'name'>;

function stylesOf(lines: readonly ChartLine[]): readonly LineStyle[] {
  let ours = 0;
  let references = 0;
  return lines.map(({ reference = false }) => ({
    color: reference ? pick(REFERENCE_COLORS, references++) : pick(COLORS, ours++),
    dashed: reference,
  }));
}

function pick(colors: readonly string[], index: number): string {
  return colors[index % colors.length]!;
}

function grid({ x: xAxis, y: yAxis }: LineChart, x: Scale, y: Scale): readonly string[] {
  const right = PLOT.left + PLOT.width;
  const bottom = PLOT.top + PLOT.height;
  return [
    ...x.ticks.flatMap((value) => [
      line(x.at(value), PLOT.top, x.at(value), bottom, GRID),
      label(x.at(value), bottom + 18, written(value, xAxis), { size: 12, anchor: 'middle' }),
    ]),
    ...y.ticks.flatMap((value) => [
      line(PLOT.left, y.at(value), right, y.at(value), GRID),
      label(PLOT.left - 8, y.at(value) + 4, written(value, yAxis), { size: 12, anchor: 'end' }),
    ]),
    line(PLOT.left, bottom, right, bottom, FRAME),
    line(PLOT.left, PLOT.top, PLOT.left, bottom, FRAME),
    label((PLOT.left + right) / 2, bottom + 40, xAxis.label, { anchor: 'middle' }),
    label(24, (PLOT.top + bottom) / 2, yAxis.label, { anchor: 'middle', turned: true }),
  ];
}

/** A tick: round figures need no digits behind the point, and lines ten apart want decimal bytes. */
export function written(value: number, { unit }: Pick<ChartAxis, 'unit'>): string {
  if (unit === 'bytes') return `${withoutZeros(short(value))}${value < 1e3 ? ' ' : ''}B`;
  return withoutZeros(unit === undefined ? short(value) : inUnit(value, unit));
}

function withoutZeros(text: string): string {
  return text.replace(/\.0+(?= |$)/, '').replace(/(\.\d*?)0+(?= |$)/, '$1');
}

function drawn({ points, reference = false }: ChartLine, { color, dashed }: LineStyle, x: Scale, y: Scale): readonly string[] {
  const path = points.map((point) => `${round(x.at(point.x))},${round(y.at(point.y))}`).join(' ');
  return [
    element('polyline', {
      points: path,
      fill: 'none',
      stroke: color,
      'stroke-width': 2,
      ...(dashed && { 'stroke-dasharray': '6 4' }),
    }),
    ...points.flatMap(({ x: at, low, high }) =>
      low === undefined || high === undefined ? [] : [line(x.at(at), y.at(low), x.at(at), y.at(high), color, 1.2)],
    ),
    ...points.map((point) =>
      element('circle', {
        cx: x.at(point.x),
        cy: y.at(point.y),
        r: 4,
        fill: reference ? '#ffffff' : color,
        stroke: color,
        'stroke-width': 1.5,
      }),
    ),
  ];
}

function round(value: number): string {
  return value.toFixed(1);
}
