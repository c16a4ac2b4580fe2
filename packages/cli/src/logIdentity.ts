import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMessages } from '@tidegate/canal-json';
import { CliError } from './errors.js';

/** Hidden, so that it counts as no data. */
const FILE = '.tidegate.log';
/** Messages that tell one log from another: its first DDLs, with their timestamps. */
const MESSAGES = 2;

/** What a directory remembers of the log that it is written from. Where the log lies and how it is packed do not matter. */
export interface LogIdentity {
  /** Hash of the first messages. */
  readonly first: string;
  /** Bytes of an unpacked log, which only grows. */
  readonly bytes?: number;
}

/** Identity of a log; undefined for standard input and for an empty log. Throws as the source does when it cannot be read. */
export async function identify(log: string): Promise<LogIdentity | undefined> {
  if (log === '-') return undefined;
  const hash = createHash('sha256');
  let read = 0;
  for await (const message of readMessages({ path: log })) {
    hash.update(JSON.stringify(message, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)));
    if (++read === MESSAGES) break;
  }
  if (read === 0) return undefined;
  const isPacked = /\.(gz|zst)$/.test(log);
  return { first: hash.digest('hex'), ...(!isPacked && { bytes: statSync(log).size }) };
}

/** Refuses a log that is not the one that `dir` was written from, with `CLI_LOG`. A directory that remembers none takes any. */
export function checkIdentity(dir: string, log: string, identity: LogIdentity | undefined): void {
  const before = remembered(dir);
  if (before === undefined || identity === undefined) return;
  const advice = 'give the log that it was begun with, write to an empty directory, or say --force-log';
  if (before.first !== identity.first)
    throw new CliError('CLI_LOG', `${dir} was written from another log than ${log}: they begin differently; ${advice}`);
  if (before.bytes !== undefined && identity.bytes !== undefined && identity.bytes < before.bytes) {
    const sizes = `${identity.bytes} bytes, and ${before.bytes} when ${dir} was written from it last`;
    throw new CliError('CLI_LOG', `${log} has become shorter: it has ${sizes}; ${advice}`);
  }
}

/** Has `dir` remember its log. */
export function remember(dir: string, identity: LogIdentity | undefined): void {
  if (identity !== undefined) writeFileSync(join(dir, FILE), `${JSON.stringify(identity)}\n`);
}

function remembered(dir: string): LogIdentity | undefined {
  try {
    const { first, bytes } = JSON.parse(readFileSync(join(dir, FILE), 'utf8')) as Partial<LogIdentity>;
    if (typeof first !== 'string') return undefined;
    return { first, ...(typeof bytes === 'number' && { bytes }) };
  } catch {
    // None yet, or cut off while it was written: it is written anew.
    return undefined;
  }
}
