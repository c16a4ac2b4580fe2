/** From values to pixels along one axis. */
export interface Scale {
  /** The pixel of a value; values beyond the ends lie beyond the axis. */
  at(value: number): number;
  /** Values at which the axis has a line, ascending; all within its ends. */
  readonly ticks: readonly number[];
}

export type ScaleKind = 'linear' | 'log';

/** Pixels `from` and `to` stand for the ends of the axis; `to` may be the smaller one. */
export function scaleOf(kind: ScaleKind, values: readonly number[], from: number, to: number): Scale {
  return kind === 'log' ? logScale(values, from, to) : linearScale(values, from, to);
}

/** An axis from 0 (or below, for negative values) that ends on a round number. */
export function linearScale(values: readonly number[], from: number, to: number, wanted = 5): Scale {
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  const step = roundStep((high - low || 1) / wanted);
  const first = Math.floor(low / step);
  const last = Math.max(Math.ceil(high / step), first + 1);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  return between(ticks, from, to, (value) => value);
}

/** An axis of whole powers of ten. Values must be above 0: others are left out of account. */
export function logScale(values: readonly number[], from: number, to: number): Scale {
  const exponents = values.filter((value) => value > 0).map(Math.log10);
  const first = exponents.length === 0 ? 0 : Math.floor(Math.min(...exponents) + 1e-9);
  const last = Math.max(exponents.length === 0 ? 1 : Math.ceil(Math.max(...exponents) - 1e-9), first + 1);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => Number(`1e${first + i}`));
  return between(ticks, from, to, Math.log10);
}

function between(ticks: readonly number[], from: number, to: number, place: (value: number) => number): Scale {
  const low = place(ticks[0] ?? 0);
  const high = place(ticks.at(-1) ?? 1);
  return { ticks, at: (value) => from + ((place(value) - low) / (high - low)) * (to - from) };
}

/** 1, 2 or 5 times a power of ten, at least `step`. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= step * (1 - 1e-9)) ?? 10;
  return factor * power;
}
