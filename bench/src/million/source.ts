import type { Source, SourceEvent, SourceSnapshot } from '@tidegate/dispatcher';
import type { DdlEvent, Influence } from '@tidegate/protocol';
import { Command, Word } from './control.js';

/** Options of the source; `control` is what {@link makeControl} gave. */
export interface MillionSourceOptions {
  readonly tables: number;
  /** The tables of schema 1; the rest are in schema 2. */
  readonly inFirstSchema: number;
  readonly control: SharedArrayBuffer;
}

const START_TS = 1_000n;

/** A source of so many tables that exist from the start, which delivers block events on command and nothing else. */
export function createSource(options: unknown): Source {
  const { tables, inFirstSchema, control } = options as MillionSourceOptions;
  const words = new Int32Array(control);
  let seen = 0;
  let begun = false;
  let ts = START_TS;
  const schemaOf = (tableId: number): number => (tableId <= inFirstSchema ? 1 : 2);
  return {
    replayable: false,
    async open(): Promise<SourceSnapshot> {
      return {
        startTs: START_TS,
        tables: Array.from({ length: tables }, (_, index) => ({
          tableId: index + 1,
          schemaId: schemaOf(index + 1),
          schema: `schema_${schemaOf(index + 1)}`,
          table: `table_${index + 1}`,
          version: START_TS,
          splittable: false,
        })),
      };
    },
    async read(): Promise<readonly SourceEvent[]> {
      if (!begun) {
        begun = true;
        ts += 1n;
        return [{ type: 'resolved', ts }];
      }
      while (Atomics.load(words, Word.SEQUENCE) === seen) {
        const wait = Atomics.waitAsync(words, Word.SEQUENCE, seen);
        if (wait.async) await wait.value;
      }
      seen++;
      const events = eventsOf(Atomics.load(words, Word.KIND) as Command, Atomics.load(words, Word.ARGUMENT), ts);
      ts += BigInt(events.length);
      events.push({ type: 'resolved', ts });
      return events;
    },
    async close(): Promise<void> {},
  };
}

function eventsOf(command: Command, argument: number, after: bigint): SourceEvent[] {
  switch (command) {
    case Command.SYNC_POINT:
      return [{ type: 'sync-point', commitTs: after + 1n }];
    case Command.ALTER_SCHEMA:
      return [ddl(after + 1n, 'alter database', { type: 'db', schemaId: argument })];
    case Command.DROP_SCHEMA: {
      const schema: Influence = { type: 'db', schemaId: argument };
      return [{ ...ddl(after + 1n, 'drop database', schema), drops: schema }];
    }
    case Command.PAIRS:
      return Array.from({ length: argument }, (_, pair) =>
        ddl(after + 1n + BigInt(pair), 'rename tables', { type: 'normal', tableIds: [pair * 2 + 1, pair * 2 + 2] }),
      );
    case Command.WIDE: {
      const tableIds = Array.from({ length: argument }, (_, index) => index + 1);
      return [ddl(after + 1n, 'rename tables', { type: 'normal', tableIds })];
    }
  }
}

function ddl(commitTs: bigint, kind: string, blockTables: Influence): DdlEvent {
  return {
    type: 'ddl',
    commitTs,
    query: kind,
    kind,
    schema: 'schema_1',
    table: '',
    blockTables,
    adds: [],
    schemaChanges: [],
    admissions: [],
    tables: [],
  };
}
