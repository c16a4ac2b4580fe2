import { resolve } from 'node:path';
import { StorageError } from './errors.js';
import { FILE_NUMBER_WIDTH } from './layout.js';

/** Options of {@link createSink}. Only `dir` is required. */
export interface StorageOptions {
  /** Directory to write to. Created when missing. */
  readonly dir: string;
  /** A file is closed once it holds this many bytes. 1 KiB … 512 MiB; default 64 MiB. */
  readonly fileSize?: number;
  /** A file is closed this many milliseconds after its first row. 0 … 600 000; default 1 000. 0: with the next turn of the event loop. */
  readonly flushInterval?: number;
  /**
   * Bytes that may wait in open files of all tables together before the largest are closed early. 1 KiB … 16 GiB; default
   * 32 MiB, half of what a worker's dispatchers may have outstanding, so that writing starts before they pause the source.
   */
  readonly maxBuffered?: number;
  /** Files that may be open at a time. 1 … 1 024; default 16. */
  readonly openFiles?: number;
  /** Digits of a file number, at least. 6 … 20; default 6. */
  readonly fileIndexWidth?: number;
  /**
   * Whether files and directories are synced to the disk before they count as durable. Default true. Without it they
   * survive the end of the process, but not a power failure.
   */
  readonly fsync?: boolean;
}

export type ResolvedOptions = Required<StorageOptions>;

const KIB = 1024;
const MIB = 1024 * KIB;
const KNOWN = ['dir', 'fileSize', 'flushInterval', 'maxBuffered', 'openFiles', 'fileIndexWidth', 'fsync'];

/** Checks options and fills in the defaults. Throws `STORAGE_OPTION`, naming the option. */
export function resolveOptions(options: unknown): ResolvedOptions {
  if (typeof options !== 'object' || options === null) {
    throw new StorageError('STORAGE_OPTION', `storage: options must be an object with 'dir', not ${describe(options)}`);
  }
  const given = options as Record<string, unknown>;
  for (const name of Object.keys(given)) {
    if (!KNOWN.includes(name)) {
      throw new StorageError('STORAGE_OPTION', `storage: unknown option '${name}'; known are ${KNOWN.join(', ')}`);
    }
  }
  const dir = given.dir;
  if (typeof dir !== 'string' || dir === '') {
    throw new StorageError('STORAGE_OPTION', `storage: option 'dir' must be the path of a directory, not ${describe(dir)}`);
  }
  const fsync = given.fsync ?? true;
  if (typeof fsync !== 'boolean') {
    throw new StorageError('STORAGE_OPTION', `storage: option 'fsync' must be true or false, not ${describe(fsync)}`);
  }
  return {
    dir: resolve(dir),
    fileSize: integer(given, 'fileSize', 'bytes', KIB, 512 * MIB, 64 * MIB),
    flushInterval: integer(given, 'flushInterval', 'milliseconds', 0, 600_000, 1_000),
    maxBuffered: integer(given, 'maxBuffered', 'bytes', KIB, 16 * KIB * MIB, 32 * MIB),
    openFiles: integer(given, 'openFiles', 'files', 1, 1024, 16),
    fileIndexWidth: integer(
      given,
      'fileIndexWidth',
      'digits',
      FILE_NUMBER_WIDTH.min,
      FILE_NUMBER_WIDTH.max,
      FILE_NUMBER_WIDTH.default,
    ),
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
  throw new StorageError(
    'STORAGE_OPTION',
    `storage: option '${name}' must be a whole number of ${unit} from ${min} to ${max}, not ${describe(value)}`,
  );
}

function describe(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  return JSON.stringify(value) ?? typeof value;
}
