import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { ofCommand, readArguments } from './arguments.js';
import { UsageError } from './errors.js';
import { byteSize, choice, duration, timestamp, wholeNumber } from './values.js';

/** What `tidegate replicate` was asked to do. */
export interface ReplicateOptions {
  /** Path of the log; `-` is standard input. */
  readonly log: string;
  readonly to: string;
  /** Directory of a redo log that runs ahead of `to`; undefined: none. */
  readonly redo: string | undefined;
  /** Continue a directory that was written from another log. */
  readonly forceLog: boolean;
  readonly workers: number;
  readonly startTs: bigint | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly unclassified: 'error' | 'all';
  /** Milliseconds between sync points; undefined: none. */
  readonly syncPointInterval: number | undefined;
  /** Bytes. */
  readonly fileSize: number | undefined;
  /** Milliseconds. */
  readonly flushInterval: number | undefined;
  readonly fsync: boolean;
  /** Milliseconds that a stop may take. */
  readonly stopDeadline: number;
}

const HOUR = 3_600_000;

/** Reads the arguments after `replicate`; 'help' when they ask for it. Throws {@link UsageError}. */
export function readReplicateOptions(args: readonly string[]): ReplicateOptions | 'help' {
  const given = readArguments('replicate', args, {
    to: { type: 'string' },
    redo: { type: 'string' },
    'force-log': { type: 'boolean' },
    workers: { type: 'string', short: 'w' },
    'start-ts': { type: 'string' },
    unclassified: { type: 'string' },
    'sync-point-interval': { type: 'string' },
    'file-size': { type: 'string' },
    'flush-interval': { type: 'string' },
    'no-fsync': { type: 'boolean' },
    'stop-deadline': { type: 'string' },
    json: { type: 'boolean' },
    quiet: { type: 'boolean', short: 'q' },
  });
  if (given.flag('help')) return 'help';
  const [log, ...more] = given.positionals;
  return ofCommand('replicate', () => {
    if (log === undefined || log === '')
      throw new UsageError('replicate takes the path of a change log, or - for standard input');
    if (more.length > 0) throw new UsageError(`replicate takes one log, not also '${more[0]}'`);
    const to = given.text('to');
    if (to === undefined || to === '') throw new UsageError('replicate needs --to DIR, the directory to write to');
    const redo = given.text('redo');
    if (redo === '') throw new UsageError('--redo needs a directory');
    if (redo !== undefined && resolve(redo) === resolve(to)) throw new UsageError('--redo and --to must be two directories');
    if (given.flag('json') && given.flag('quiet')) throw new UsageError('--json and --quiet exclude each other');
    const read = <Value>(name: string, parse: (text: string) => Value): Value | undefined => {
      const text = given.text(name);
      return text === undefined ? undefined : parse(text);
    };
    return {
      log,
      to,
      redo,
      forceLog: given.flag('force-log'),
      workers: read('workers', (text) => wholeNumber('workers', text, 1, 256)) ?? Math.max(1, availableParallelism() - 1),
      startTs: read('start-ts', (text) => timestamp('start-ts', text)),
      json: given.flag('json'),
      quiet: given.flag('quiet'),
      unclassified: read('unclassified', (text) => choice('unclassified', text, ['error', 'all'])) ?? 'error',
      syncPointInterval: read('sync-point-interval', (text) => duration('sync-point-interval', text, 30_000, 24 * HOUR)),
      fileSize: read('file-size', (text) => byteSize('file-size', text, 1024, 512 * 1024 ** 2)),
      flushInterval: read('flush-interval', (text) => duration('flush-interval', text, 0, HOUR / 6)),
      fsync: !given.flag('no-fsync'),
      stopDeadline: read('stop-deadline', (text) => duration('stop-deadline', text, 100, HOUR)) ?? 10_000,
    };
  });
}
