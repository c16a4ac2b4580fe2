import type { SourceToWorker, StreamStarts } from '@tidegate/protocol';
import type { Catalogue } from './catalogue.js';
import type { SchemaPlace } from './schemaPlaces.js';

/** As many starts in a row go as columns, fewer one by one. */
const MANY = 64;
/** Bytes of one start beside its names, and what one message of them may have: it fits the smallest lane. */
const START_BYTES = 48;
const MESSAGE_BYTES = 24 * 1024;
const MOST = Math.ceil(MESSAGE_BYTES / START_BYTES);

const DECODER = new TextDecoder();

/** Gathers the starts of streams for one worker: a million tables that start together are some thousand messages. */
export class StreamStartsBuilder {
  readonly #handle = new Uint32Array(MOST);
  readonly #tableId = new Uint32Array(MOST);
  readonly #generation = new Uint32Array(MOST);
  readonly #resolvedTs = new BigUint64Array(MOST);
  readonly #schema = new Uint32Array(MOST);
  readonly #schemaId = new Float64Array(MOST);
  readonly #version = new BigUint64Array(MOST);
  readonly #nameEnd = new Uint32Array(MOST);
  #names = new Uint8Array(0);
  readonly #schemas = new Map<string, number>();
  #last: SchemaPlace | undefined;
  #lastPlace = 0;
  #count = 0;
  #bytes = 0;

  get empty(): boolean {
    return this.#count === 0;
  }

  get full(): boolean {
    return this.#bytes >= MESSAGE_BYTES;
  }

  /** A stream that has caught up begins, of the table of a slot as it is now. Not to be called when full. */
  add(handle: number, generation: number, resolvedTs: bigint, catalogue: Catalogue, slot: number): void {
    const row = this.#count++;
    const schema = catalogue.schemaOf(slot);
    const name = catalogue.nameOf(slot);
    this.#handle[row] = handle;
    this.#tableId[row] = catalogue.slots.tableId[slot]!;
    this.#generation[row] = generation;
    this.#resolvedTs[row] = resolvedTs;
    this.#schema[row] = this.#placeOf(schema);
    this.#schemaId[row] = schema.namedId;
    this.#version[row] = catalogue.versionOf(slot);
    const start = this.#nameStart(row);
    const end = start + name.length;
    if (end > this.#names.length) {
      const names = new Uint8Array(Math.max(MESSAGE_BYTES, end));
      names.set(this.#names.subarray(0, start));
      this.#names = names;
    }
    this.#names.set(name, start);
    this.#nameEnd[row] = end;
    // A character is three bytes at most, and a schema may be another one each time.
    this.#bytes += START_BYTES + name.length + 3 * schema.name.length;
  }

  /** Takes what was gathered, in order. */
  take(): readonly SourceToWorker[] {
    const rows = this.#count;
    const schemas = [...this.#schemas.keys()];
    const messages =
      rows >= MANY ? [this.#many(rows, schemas)] : Array.from({ length: rows }, (_, row) => this.#one(row, schemas));
    this.#schemas.clear();
    this.#last = undefined;
    this.#count = 0;
    this.#bytes = 0;
    return messages;
  }

  #placeOf(schema: SchemaPlace): number {
    if (schema === this.#last) return this.#lastPlace;
    let place = this.#schemas.get(schema.name);
    if (place === undefined) {
      place = this.#schemas.size;
      this.#schemas.set(schema.name, place);
    }
    this.#last = schema;
    this.#lastPlace = place;
    return place;
  }

  #nameStart(row: number): number {
    return row === 0 ? 0 : this.#nameEnd[row - 1]!;
  }

  #one(row: number, schemas: readonly string[]): SourceToWorker {
    return {
      type: 'stream',
      caughtUp: true,
      handle: this.#handle[row]!,
      generation: this.#generation[row]!,
      resolvedTs: this.#resolvedTs[row]!,
      table: {
        tableId: this.#tableId[row]!,
        schemaId: this.#schemaId[row]!,
        schema: schemas[this.#schema[row]!] as string,
        table: DECODER.decode(this.#names.subarray(this.#nameStart(row), this.#nameEnd[row]!)),
        version: this.#version[row]!,
      },
    };
  }

  #many(rows: number, schemas: readonly string[]): StreamStarts {
    return {
      type: 'streams',
      handle: this.#handle.slice(0, rows),
      generation: this.#generation.slice(0, rows),
      resolvedTs: this.#resolvedTs.slice(0, rows),
      schemas,
      schema: this.#schema.slice(0, rows),
      schemaId: this.#schemaId.slice(0, rows),
      version: this.#version.slice(0, rows),
      nameEnd: this.#nameEnd.slice(0, rows),
      names: this.#names.slice(0, this.#nameEnd[rows - 1]!),
    };
  }
}
