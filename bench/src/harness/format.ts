import type { Unit } from './measurement.js';

/** A number with its magnitude: `61.2 M`, `845 k`. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9) return `${significant(value / 1e9)} G`;
  if (size >= 1e6) return `${significant(value / 1e6)} M`;
  return size >= 1e3 ? `${significant(value / 1e3)} k` : significant(value);
}

/** Three digits, or more where they stand before the point. */
export function significant(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toString();
  if (size >= 10) return value.toFixed(1);
  return size >= 0.1 || size === 0 ? value.toFixed(2) : value.toPrecision(2);
}

/** A figure with its unit, in the magnitude that reads best. */
export function inUnit(value: number, unit: Unit): string {
  switch (unit) {
    case 'seconds':
      return duration(value);
    case 'bytes':
      return bytes(value);
    case 'percent':
      return `${significant(value)} %`;
    case 'count':
      return short(value);
  }
}

function duration(seconds: number): string {
  const size = Math.abs(seconds);
  if (size >= 1 || size === 0) return `${significant(seconds)} s`;
  if (size >= 1e-3) return `${significant(seconds * 1e3)} ms`;
  return size >= 1e-6 ? `${significant(seconds * 1e6)} µs` : `${significant(seconds * 1e9)} ns`;
}

function bytes(value: number): string {
  const size = Math.abs(value);
  if (size >= 2 ** 30) return `${significant(value / 2 ** 30)} GiB`;
  if (size >= 2 ** 20) return `${significant(value / 2 ** 20)} MiB`;
  return size >= 2 ** 10 ? `${significant(value / 2 ** 10)} KiB` : `${significant(value)} B`;
}
