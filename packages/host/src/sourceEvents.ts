import { inspect } from 'node:util';
import type { Source, SourceEvent, SourceSnapshot } from '@tidegate/dispatcher';
import { type DdlEvent, isTs, type RouteAdmit, type TableInfo, TRIGGER_TABLE_ID } from '@tidegate/protocol';
import { errorMessage, HostError } from './errors.js';
import { NO_SLOT, SlotUse, TableSlots } from './tableSlots.js';

/** Largest table id: ids travel as 32-bit words. */
const LARGEST_ID = 0xffff_ffff;
/** Most bytes of a table's name, which has at most three for each character. */
const LONGEST_NAME = 0xffff;

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
  const seen = new TableSlots();
  seen.reserve(tables.length);
  for (const table of tables as readonly Partial<SourceSnapshot['tables'][number]>[]) {
    const why = tableFault(table);
    if (why !== undefined) throw refuse(`open() of the source gave a table ${why}`);
    const id = table.tableId as number;
    if (seen.slotOf(id) !== NO_SLOT) throw refuse(`open() of the source gave two tables of id ${id}`);
    seen.use(id, SlotUse.TABLE);
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
    case 'sync-point': {
      if (!isTs(event.commitTs)) return `a ${event.type} of commit ts ${describe(event.commitTs)}; it must be a bigint`;
      const why = event.type === 'ddl' ? ddlFault(event) : undefined;
      return why && `a ddl at ${event.commitTs} ${why}`;
    }
    case 'resolved':
      return isTs(event.ts) ? undefined : `a mark of ts ${describe(event.ts)}; it must be a bigint`;
    default:
      return `an event of type ${describe((event as { type?: unknown } | null | undefined)?.type)}`;
  }
}

/** Why a DDL's lists cannot be taken over. Its texts are its reader's. */
function ddlFault({ adds, tables }: Partial<DdlEvent>): string | undefined {
  const added = adds?.find((table) => !isTableId(table?.tableId));
  if (added !== undefined) return `that adds a table of id ${describe(added?.tableId)}`;
  for (const table of tables ?? []) {
    const why = tableFault(table);
    if (why !== undefined) return `with a table ${why}`;
  }
  return undefined;
}

/** Why a table cannot be taken over. */
function tableFault(table: Partial<TableInfo> | null | undefined): string | undefined {
  const id = table?.tableId;
  if (!isTableId(id)) return `of id ${describe(id)}; it must be a whole number from 1 to ${LARGEST_ID}`;
  const { schemaId, schema, table: name, version } = table as Partial<TableInfo>;
  if (!Number.isSafeInteger(schemaId)) return `of id ${id} whose schemaId is ${describe(schemaId)}; it must be a whole number`;
  if (typeof schema !== 'string') return `of id ${id} whose schema is ${describe(schema)}; it must be its name`;
  if (typeof name !== 'string') return `of id ${id} whose name is ${describe(name)}; it must be a string`;
  if (name.length * 3 > LONGEST_NAME && Buffer.byteLength(name) > LONGEST_NAME)
    return `of id ${id} whose name has ${Buffer.byteLength(name)} bytes; the longest has ${LONGEST_NAME}`;
  return isTs(version) ? undefined : `of id ${id} whose version is ${describe(version)}; it must be a bigint from 0 to 2^64 - 1`;
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
