import { isTs } from '@tidegate/protocol';
import { UsageError } from './errors.js';

/*
 * Values of options. Each throws a UsageError that names the option.
 */

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const SIZES: Readonly<Record<string, number>> = { '': 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** A whole number in a range. */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`--${option} takes a whole number from ${least} to ${most}, not '${text}'`);
}

/** A time with its unit, such as `500ms`, `30s`, `10m` or `1h`, in milliseconds. */
export function duration(option: string, text: string, least: number, most: number): number {
  const parts = /^(\d{1,9})(ms|s|m|h)$/.exec(text);
  const value = parts === null ? Number.NaN : Number(parts[1]) * (UNITS[parts[2] as string] as number);
  if (value >= least && value <= most) return value;
  throw new UsageError(
    `--${option} takes a time from ${durationText(least)} to ${durationText(most)}, such as 45s or 5m, not '${text}'`,
  );
}

function durationText(ms: number): string {
  const unit = ['h', 'm', 's'].find((name) => ms > 0 && ms % (UNITS[name] as number) === 0) ?? 'ms';
  return `${ms / (UNITS[unit] as number)}${unit}`;
}

/** A number of bytes, plain or such as `64MiB`. */
export function byteSize(option: string, text: string, least: number, most: number): number {
  const parts = /^(\d{1,12})(|KiB|MiB|GiB)$/.exec(text);
  const value = parts === null ? Number.NaN : Number(parts[1]) * (SIZES[parts[2] as string] as number);
  if (value >= least && value <= most) return value;
  throw new UsageError(`--${option} takes a size from ${sizeText(least)} to ${sizeText(most)}, such as 64MiB, not '${text}'`);
}

function sizeText(bytes: number): string {
  const unit = ['GiB', 'MiB', 'KiB'].find((name) => bytes % (SIZES[name] as number) === 0) ?? '';
  return `${bytes / (SIZES[unit] as number)}${unit}`;
}

/** A timestamp: decimal, 64 bits. */
export function timestamp(option: string, text: string): bigint {
  const value = /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
  if (isTs(value)) return value;
  throw new UsageError(`--${option} takes a timestamp (a decimal number of 64 bits), not '${text}'`);
}

/** One of a list of words. */
export function choice<const Word extends string>(option: string, text: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  throw new UsageError(`--${option} takes ${words.join(' or ')}, not '${text}'`);
}
