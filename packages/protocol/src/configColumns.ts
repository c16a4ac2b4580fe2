import type { Mode } from './ids.js';
import type { DispatcherConfig } from './spans.js';
import { joinTs, tsHigh, tsLow } from './timestamps.js';
import type { CreateDispatchers, CreateMany } from './workerMessages.js';

/** Creates of complete tables as columns, one row a dispatcher: what many creates at once travel as. */
export interface ConfigColumns {
  /** Four words a row, the first digits of the id first. */
  readonly id: Uint32Array;
  readonly handle: Uint32Array;
  readonly generation: Uint32Array;
  readonly tableId: Float64Array;
  readonly schemaId: Float64Array;
  readonly startHigh: Uint32Array;
  readonly startLow: Uint32Array;
  /** Bit 0: the mode; bit 1: `skipDmlAsStartTs`. */
  readonly flags: Uint8Array;
}

/** Rows of {@link ConfigColumns} in one message: 45 bytes each, for the smallest lane. */
export const CONFIG_PART_ROWS = 400;
/** As many creates in one go travel as columns, fewer as configs. */
export const CONFIG_COLUMNS_FROM = 64;

export const CONFIG_REDO = 1;
export const CONFIG_SKIP_DML = 2;

export function makeConfigColumns(rows: number): ConfigColumns {
  return {
    id: new Uint32Array(rows * 4),
    handle: new Uint32Array(rows),
    generation: new Uint32Array(rows),
    tableId: new Float64Array(rows),
    schemaId: new Float64Array(rows),
    startHigh: new Uint32Array(rows),
    startLow: new Uint32Array(rows),
    flags: new Uint8Array(rows),
  };
}

/** The config of one row. */
export function configAt(columns: ConfigColumns, row: number): DispatcherConfig {
  let id = '';
  for (let word = 0; word < 4; word++) id += columns.id[row * 4 + word]!.toString(16).padStart(8, '0');
  return {
    id,
    handle: columns.handle[row]!,
    generation: columns.generation[row]!,
    mode: modeAt(columns, row),
    tableId: columns.tableId[row]!,
    schemaId: columns.schemaId[row]!,
    startTs: joinTs(columns.startHigh[row]!, columns.startLow[row]!),
    skipDmlAsStartTs: (columns.flags[row]! & CONFIG_SKIP_DML) !== 0,
  };
}

export function modeAt({ flags }: ConfigColumns, row: number): Mode {
  return (flags[row]! & CONFIG_REDO) === 0 ? 0 : 1;
}

/** Configs, none of a part of a table, as columns. */
export function configColumnsOf(configs: readonly DispatcherConfig[]): ConfigColumns {
  const columns = makeConfigColumns(configs.length);
  let lastTs = -1n;
  let high = 0;
  let low = 0;
  for (let row = 0; row < configs.length; row++) {
    const { id, handle, generation, mode, tableId, schemaId, startTs, skipDmlAsStartTs } = configs[row] as DispatcherConfig;
    // Most start together: their words are taken once.
    if (startTs !== lastTs) {
      lastTs = startTs;
      high = tsHigh(startTs);
      low = tsLow(startTs);
    }
    for (let word = 0; word < 4; word++) columns.id[row * 4 + word] = Number.parseInt(id.slice(word * 8, word * 8 + 8), 16);
    columns.handle[row] = handle;
    columns.generation[row] = generation;
    columns.tableId[row] = tableId;
    columns.schemaId[row] = schemaId;
    columns.startHigh[row] = high;
    columns.startLow[row] = low;
    columns.flags[row] = (mode === 0 ? 0 : CONFIG_REDO) | (skipDmlAsStartTs ? CONFIG_SKIP_DML : 0);
  }
  return columns;
}

/** The configs of a message, whichever way they travel. */
export function configsOf(message: CreateDispatchers | CreateMany): readonly DispatcherConfig[] {
  if (message.type === 'create') return message.configs;
  return Array.from(message.columns.handle, (_, row) => configAt(message.columns, row));
}
