import { inspect } from 'node:util';
import type { Source, SourceEvent, SourceSnapshot } from '@tidegate/dispatcher';
import { isTs, type RouteAdmit, TRIGGER_TABLE_ID } from '@tidegate/protocol';
import { errorMessage, HostError } from './errors.js';

/** Largest table id: ids travel as 32-bit words. */
const LARGEST_ID = 0xffff_ffff;

/** What a user's `createSource` returned, if it is a source. Throws a {@link HostError} `HOST_MODULE` that names what is missing. */
export function checkSource(module: string, source: unknown): Source {
  const missing = ['open', 'read', 'close'].filter(
    (name) => typeof (source as Record<string, unknown> | null)?.[name] !== 'function',
  );
  if (missing.length > 0)
    throw new HostError('HOST_MODULE', `what createSource of ${module} returned has no method ${missing.join(', ')}`);
  return source as Source;
}

/** What a user's `open` returned, if it is a snapshot. Throws a {@link HostError} `HOST_SOURCE_EVENT` that says what it is not. */
export function checkSnapshot(snapshot: unknown): SourceSnapshot {
  const { startTs, tables, routes } = (snapshot ?? {}) as Partial<SourceSnapshot>;
  if (!isTs(startTs))
    throw refuse(`open() of the source gave startTs ${describe(startTs)}; it must be a bigint from 0 to 2^64 - 1`);
  if (!Array.isArray(tables)) throw refuse('open() of the source gave no array of tables');
  const seen = new Set<number>();
  for (const table of tables as readonly Partial<SourceSnapshot['tables'][number]>[]) {
    const id = table?.tableId;
    if (!isTableId(id)) throw refuse(`open() of the source gave a table of id ${describe(id)}; it must be a whole number from 1`);
    if (seen.has(id)) throw refuse(`open() of the source gave two tables of id ${id}`);
    seen.add(id);
  }
  if (routes !== undefined && !(Array.isArray(routes) && routes.every(isAdmit)))
    throw refuse('open() of the source gave routes that are not an array of admit entries, each with four names');
  return snapshot as SourceSnapshot;
}

/**
 * What a user's `read` returned, if it is events. Looks at what routing relies on; a hole would otherwise end a chunk
 * unseen. Throws a {@link HostError} `HOST_SOURCE_EVENT` that says which element is what.
 */
export function checkEvents(events: unknown): readonly SourceEvent[] {
  if (!Array.isArray(events))
    throw refuse(`read() of the source gave ${describe(events)}; it must be an array of events, or null at the end`);
  for (let at = 0; at < events.length; at++) {
    const why = fault(events[at] as Partial<SourceEvent> | null | undefined);
    if (why !== undefined) throw refuse(`read() of the source gave at place ${at} of ${events.length} ${why}`);
  }
  return events as readonly SourceEvent[];
}

function fault(event: Partial<SourceEvent> | null | undefined): string | undefined {
  switch (event?.type) {
    case 'rows':
      if (!isTs(event.commitTs)) return `rows of commit ts ${describe(event.commitTs)}; it must be a bigint`;
      if (!isTableId(event.tableId)) return `rows at ${event.commitTs} of table id ${describe(event.tableId)}`;
      if (!(event.bytes instanceof Uint8Array)) return `rows at ${event.commitTs} whose bytes are ${describe(event.bytes)}`;
      return Number.isInteger(event.count) ? undefined : `rows at ${event.commitTs} whose count is ${describe(event.count)}`;
    case 'ddl':
    case 'sync-point':
      return isTs(event.commitTs) ? undefined : `a ${event.type} of commit ts ${describe(event.commitTs)}; it must be a bigint`;
    case 'resolved':
      return isTs(event.ts) ? undefined : `a mark of ts ${describe(event.ts)}; it must be a bigint`;
    default:
      return `an event of type ${describe((event as { type?: unknown } | null | undefined)?.type)}`;
  }
}

function isAdmit(route: unknown): boolean {
  const { type, schema, table, targetSchema, targetTable } = (route ?? {}) as Partial<Record<keyof RouteAdmit, unknown>>;
  return type === 'admit' && [schema, table, targetSchema, targetTable].every((name) => typeof name === 'string');
}

function isTableId(id: unknown): id is number {
  return typeof id === 'number' && Number.isInteger(id) && id > TRIGGER_TABLE_ID && id <= LARGEST_ID;
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  return typeof value === 'object' ? `a ${value.constructor?.name ?? 'bare object'}` : `${typeof value} ${inspect(value)}`;
}

function refuse(message: string): HostError {
  return new HostError('HOST_SOURCE_EVENT', message);
}

/** A user's error under its own code, or under `HOST_SOURCE`. */
export function sourceError(doing: string, error: unknown): Error {
  if (error instanceof Error && typeof (error as { code?: unknown }).code === 'string') return error;
  return new HostError('HOST_SOURCE', `the source failed ${doing}: ${errorMessage(error)}`, { cause: error });
}
