import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceEvent } from '@tidegate/dispatcher';
import { type Stamp, violations } from './stampLog.js';

/** A call of a dying sink: `end` is missing where its thread died before it took effect. */
export interface Call {
  /** `restart`: the stream of a table begins behind `ts`. */
  readonly kind: Stamp['kind'] | 'restart';
  readonly table?: number;
  /** For rows: the ts of each change and a hash of its bytes. */
  readonly ts: readonly string[];
  readonly begin: number;
  end?: number;
}

/** What one life of a sink did, in the order of its calls. */
export type Life = readonly Call[];

export function readLives(directory: string): Life[] {
  return readdirSync(directory).map((name) => {
    const calls = new Map<number, Call>();
    for (const line of readFileSync(join(directory, name), 'utf8').split('\n')) {
      if (line === '') continue;
      const { call, end, ...rest } = JSON.parse(line) as Call & { call: number };
      const known = calls.get(call);
      if (known === undefined) calls.set(call, rest);
      else if (end !== undefined) known.end = end;
    }
    return [...calls.values()];
  });
}

/**
 * What {@link violations} finds, where threads died: changes and DDLs may come more than once, and may be begun and never take
 * effect. Each counts from when it was first begun to when it first took effect: before a DDL runs for the first time, everything
 * smaller of its tables has taken effect; until it has, nothing larger of them is begun.
 */
export function violationsOverLives(events: readonly SourceEvent[], lives: readonly Life[]): string[] {
  const first = new Map<string, { call: Call; begin: number; end: number }>();
  for (const call of lives.flat()) {
    if (call.kind === 'restart') continue;
    for (const id of call.ts) {
      const key = `${call.kind} ${call.table} ${id}`;
      const known = first.get(key);
      const end = call.end ?? Number.POSITIVE_INFINITY;
      if (known === undefined) first.set(key, { call, begin: call.begin, end });
      else {
        known.begin = Math.min(known.begin, call.begin);
        known.end = Math.min(known.end, end);
      }
    }
  }
  const stamps: Stamp[] = [];
  for (const [kind, table, id] of expected(events)) {
    const seen = first.get(`${kind} ${table} ${id}`);
    first.delete(`${kind} ${table} ${id}`);
    if (seen === undefined) continue; // It is missed below.
    const { begin, end } = seen;
    const [ts = ''] = id.split(' ');
    if (end === Number.POSITIVE_INFINITY) continue;
    stamps.push({ worker: 'any', kind, begin, end, ...(table !== undefined && { table }), ts: kind === 'rows' ? [ts] : ts });
  }
  const strangers = [...first.keys()].map((key) => `${key} is not in the log`);
  return [...strangers, ...violations(events, stamps)];
}

/** Within one life the changes of a table come in the order of the log, each behind the start of its stream. */
export function disorderOf(life: Life): string[] {
  const last = new Map<number, bigint>();
  const found: string[] = [];
  for (const { kind, table, ts } of life) {
    if (table === undefined) continue;
    for (const id of ts) {
      const at = BigInt(id.split(' ')[0] as string);
      const before = last.get(table);
      if (kind === 'rows' && (before === undefined || at < before)) found.push(`table ${table}: ${at} comes behind ${before}`);
      last.set(table, at);
    }
  }
  return found;
}

function* expected(events: readonly SourceEvent[]): Iterable<[Stamp['kind'], number | undefined, string]> {
  for (const event of events) {
    if (event.type === 'rows') yield ['rows', event.tableId, `${event.commitTs} ${hash(event.bytes)}`];
    else if (event.type === 'ddl' || event.type === 'sync-point') yield [event.type, undefined, String(event.commitTs)];
  }
}

export function hash(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('base64url').slice(0, 12);
}
