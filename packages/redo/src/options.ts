import { resolve } from 'node:path';
import { RedoError } from './errors.js';

/** Options of {@link createSink}. Only `dir` is required. */
export interface RedoOptions {
  /** Directory of the log. Created when missing; the sinks of all workers share it. */
  readonly dir: string;
  /** Longest that a change waits for others to be synced together with it, in milliseconds. 0 … 60 000; default 10. */
  readonly commitInterval?: number;
  /** Bytes that are synced without waiting for more. 4 KiB … 64 MiB; default 2 MiB. A sink holds at most two such buffers. */
  readonly commitBytes?: number;
  /** A segment is sealed once it holds this many bytes. 4 KiB … 1 GiB; default 64 MiB. */
  readonly segmentBytes?: number;
  /**
   * Whether data is synced to the disk before it counts as durable. Default true. Without it the log survives the end of
   * the process, but a power failure may leave it unreadable.
   */
  readonly fsync?: boolean;
}

export type ResolvedOptions = Required<RedoOptions>;

const KIB = 1024;
const MIB = 1024 * KIB;
const KNOWN = ['dir', 'commitInterval', 'commitBytes', 'segmentBytes', 'fsync'];

/** Checks options and fills in the defaults. Throws `REDO_OPTION`, naming the option. */
export function resolveOptions(options: unknown): ResolvedOptions {
  if (typeof options !== 'object' || options === null) {
    throw new RedoError('REDO_OPTION', `redo: options must be an object with 'dir', not ${describe(options)}`);
  }
  const given = options as Record<string, unknown>;
  for (const name of Object.keys(given)) {
    if (!KNOWN.includes(name)) {
      throw new RedoError('REDO_OPTION', `redo: unknown option '${name}'; known are ${KNOWN.join(', ')}`);
    }
  }
  const dir = given.dir;
  if (typeof dir !== 'string' || dir === '') {
    throw new RedoError('REDO_OPTION', `redo: option 'dir' must be the path of a directory, not ${describe(dir)}`);
  }
  const fsync = given.fsync ?? true;
  if (typeof fsync !== 'boolean') {
    throw new RedoError('REDO_OPTION', `redo: option 'fsync' must be true or false, not ${describe(fsync)}`);
  }
  return {
    dir: resolve(dir),
    commitInterval: integer(given, 'commitInterval', 'milliseconds', 0, 60_000, 10),
    commitBytes: integer(given, 'commitBytes', 'bytes', 4 * KIB, 64 * MIB, 2 * MIB),
    segmentBytes: integer(given, 'segmentBytes', 'bytes', 4 * KIB, 1024 * MIB, 64 * MIB),
    fsync,
  };
}

function integer(
  given: Record<string, unknown>,
  name: string,
  unit: string,
  min: number,
  max: number,
  otherwise: number,
): number {
  const value = given[name] ?? otherwise;
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new RedoError(
    'REDO_OPTION',
    `redo: option '${name}' must be a whole number of ${unit} from ${min} to ${max}, not ${describe(value)}`,
  );
}

/** A value as messages show it. */
export function describe(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  return JSON.stringify(value) ?? typeof value;
}
