import type { SourceToWorker, StreamStart, StreamStarts, TableInfo } from '@tidegate/protocol';

/** As many starts in a row go as columns, fewer one by one. */
const MANY = 64;
/** Bytes of one start beside its names, and what one message of them may have: it fits the smallest lane. */
const START_BYTES = 48;
const MESSAGE_BYTES = 24 * 1024;

const ENCODER = new TextEncoder();

interface TableStart {
  readonly handle: number;
  readonly generation: number;
  readonly resolvedTs: bigint;
  readonly table: TableInfo;
}

/** Gathers the starts of streams for one worker: a million tables that start together are some thousand messages. */
export class StreamStartsBuilder {
  #starts: TableStart[] = [];
  #bytes = 0;

  get empty(): boolean {
    return this.#starts.length === 0;
  }

  get full(): boolean {
    return this.#bytes >= MESSAGE_BYTES;
  }

  /** A stream that has caught up begins. */
  add(handle: number, generation: number, resolvedTs: bigint, table: TableInfo): void {
    this.#starts.push({ handle, generation, resolvedTs, table });
    // A character is three bytes at most, and a schema may be another one each time.
    this.#bytes += START_BYTES + 3 * (table.table.length + table.schema.length);
  }

  /** Takes what was gathered, in order. */
  take(): readonly SourceToWorker[] {
    const starts = this.#starts;
    this.#starts = [];
    this.#bytes = 0;
    if (starts.length >= MANY) return [manyOf(starts)];
    return starts.map((start): StreamStart => ({ type: 'stream', caughtUp: true, ...start }));
  }
}

function manyOf(starts: readonly TableStart[]): StreamStarts {
  const rows = starts.length;
  const schemas = new Map<string, number>();
  const nameEnd = new Uint32Array(rows);
  const names = new Uint8Array(3 * starts.reduce((sum, { table }) => sum + table.table.length, 0));
  const columns = {
    handle: new Uint32Array(rows),
    generation: new Uint32Array(rows),
    resolvedTs: new BigUint64Array(rows),
    schema: new Uint32Array(rows),
    schemaId: new Float64Array(rows),
    version: new BigUint64Array(rows),
  };
  let end = 0;
  for (let row = 0; row < rows; row++) {
    const { handle, generation, resolvedTs, table } = starts[row] as TableStart;
    let schema = schemas.get(table.schema);
    if (schema === undefined) {
      schema = schemas.size;
      schemas.set(table.schema, schema);
    }
    columns.handle[row] = handle;
    columns.generation[row] = generation;
    columns.resolvedTs[row] = resolvedTs;
    columns.schema[row] = schema;
    columns.schemaId[row] = table.schemaId;
    columns.version[row] = table.version;
    end += ENCODER.encodeInto(table.table, names.subarray(end)).written;
    nameEnd[row] = end;
  }
  const { handle, generation, resolvedTs, schema, schemaId, version } = columns;
  return {
    type: 'streams',
    handle,
    generation,
    resolvedTs,
    schemas: [...schemas.keys()],
    schema,
    schemaId,
    version,
    nameEnd,
    names: names.slice(0, end),
  };
}
