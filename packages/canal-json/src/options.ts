import type { Readable } from 'node:stream';
import { type RouteRule, RoutingRuleError, RoutingRules } from '@tidegate/protocol';
import { OptionError } from './errors.js';

/** Where a source reads from, and how. Exactly one of `path` and `stream` is given. */
export interface CanalSourceOptions {
  /** A file: plain, gzip or Zstandard, told apart by its first bytes; `-` is standard input. */
  readonly path?: string;
  /** Bytes from elsewhere; the same three forms. Only within one thread: a stream cannot be given to another. */
  readonly stream?: Readable | AsyncIterable<Uint8Array>;
  /** What a statement of unknown form is: an error, or an event that every table takes part in. Default `error`. */
  readonly unclassified?: 'error' | 'all';
  /**
   * Where tables go downstream, the first rule that matches: `{ match: 'shop.*', to: 'archive.{schema}_{table}' }`. DDLs then
   * say what they release and admit, and two tables never get one target. It is the sink that gives rows and statements their
   * new names. Default: names are not routed.
   */
  readonly routes?: readonly RouteRule[];
  /**
   * `keyed`: tables are reported as splittable by key ranges, and every change is one row with its key; messages of several
   * rows are cut, and an update that changes the key becomes a delete and an insert. Costs decoding each row. Default
   * `none`: a table is served by one dispatcher, and messages are handed on as they stand.
   */
  readonly splittable?: 'none' | 'keyed';
  /** Milliseconds of the log's own clock between two sync points, at its multiples. At least 30 000. Default: none. */
  readonly syncPointIntervalMs?: number;
  /** For tests: allows an interval below 30 000. */
  readonly allowShortSyncPoints?: boolean;
  /** Longest line, in bytes. Default 16 MiB. */
  readonly maxLineBytes?: number;
  /** A `read` stops gathering at this many bytes, at the end of a transaction. Default 1 MiB. */
  readonly chunkBytes?: number;
  /** A transaction beyond this many bytes is given out in several reads. Default 64 MiB. */
  readonly maxTransactionBytes?: number;
}

export interface ResolvedOptions {
  readonly path: string | undefined;
  readonly stream: AsyncIterable<Uint8Array> | undefined;
  readonly unclassified: 'error' | 'all';
  readonly routes: RoutingRules | undefined;
  readonly keyed: boolean;
  /** 0: no sync points. */
  readonly syncPointIntervalMs: number;
  readonly maxLineBytes: number;
  readonly chunkBytes: number;
  readonly maxTransactionBytes: number;
}

/** Shortest interval between sync points outside of tests, in milliseconds. */
const MIN_SYNC_POINT_INTERVAL = 30_000;

const KNOWN = new Set<string>([
  'path',
  'stream',
  'unclassified',
  'routes',
  'splittable',
  'syncPointIntervalMs',
  'allowShortSyncPoints',
  'maxLineBytes',
  'chunkBytes',
  'maxTransactionBytes',
]);

/** Checks options of unknown origin and fills in the defaults. Throws {@link OptionError}, which names the option. */
export function resolveOptions(given: unknown): ResolvedOptions {
  if (typeof given !== 'object' || given === null)
    throw new OptionError('path', 'options must be an object with a path or a stream');
  const options = given as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(options)) if (!KNOWN.has(key)) throw new OptionError(key, 'there is no such option');
  const { path, stream, unclassified = 'error', splittable = 'none' } = options;
  if ((path === undefined) === (stream === undefined)) throw new OptionError('path', 'give either a path or a stream');
  if (path !== undefined && (typeof path !== 'string' || path === '')) {
    throw new OptionError('path', `must be a path, or - for standard input, not ${show(path)}`);
  }
  if (stream !== undefined && !isAsyncIterable(stream)) {
    throw new OptionError('stream', 'must be a readable stream or an async iterable of bytes');
  }
  if (unclassified !== 'error' && unclassified !== 'all') {
    throw new OptionError('unclassified', `must be 'error' or 'all', not ${show(unclassified)}`);
  }
  if (splittable !== 'none' && splittable !== 'keyed') {
    throw new OptionError('splittable', `must be 'none' or 'keyed', not ${show(splittable)}`);
  }
  return {
    path: path as string | undefined,
    stream: stream as AsyncIterable<Uint8Array> | undefined,
    unclassified,
    routes: routingRules(options.routes),
    keyed: splittable === 'keyed',
    syncPointIntervalMs: syncPointInterval(options),
    maxLineBytes: whole(options, 'maxLineBytes', 16 * 1024 * 1024, 1, 0x2000_0000),
    chunkBytes: whole(options, 'chunkBytes', 1024 * 1024, 1, 0x2000_0000),
    maxTransactionBytes: whole(options, 'maxTransactionBytes', 64 * 1024 * 1024, 1, 0x4000_0000),
  };
}

function routingRules(rules: unknown): RoutingRules | undefined {
  if (rules === undefined) return undefined;
  try {
    return new RoutingRules(rules);
  } catch (error) {
    if (error instanceof RoutingRuleError) throw new OptionError('routes', error.message);
    throw error;
  }
}

function syncPointInterval(options: Readonly<Record<string, unknown>>): number {
  const { allowShortSyncPoints = false, syncPointIntervalMs } = options;
  if (typeof allowShortSyncPoints !== 'boolean') throw new OptionError('allowShortSyncPoints', 'must be true or false');
  if (syncPointIntervalMs === undefined) return 0;
  const least = allowShortSyncPoints ? 1 : MIN_SYNC_POINT_INTERVAL;
  return whole(options, 'syncPointIntervalMs', 0, least, Number.MAX_SAFE_INTEGER);
}

function whole(options: Readonly<Record<string, unknown>>, name: string, fallback: number, least: number, most: number): number {
  const value = options[name];
  if (value === undefined) return fallback;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most) {
    throw new OptionError(name, `must be a whole number from ${least} to ${most}, not ${show(value)}`);
  }
  return value;
}

function isAsyncIterable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

function show(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}
