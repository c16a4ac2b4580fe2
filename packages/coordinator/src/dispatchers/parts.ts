import {
  CONFIG_COLUMNS_FROM,
  CONFIG_PART_ROWS,
  type CreateDispatchers,
  type CreateMany,
  configColumnsOf,
  type DispatcherConfig,
  SPAN_PART_BYTES,
  spanBytes,
} from '@tidegate/protocol';
import type { Placement } from './placement.js';

/** Handles with their generations in one message: 8 bytes each. */
const HANDLES = SPAN_PART_BYTES / 8;

/** The creates of one worker as messages that fit the smallest lane: many of complete tables go as columns. */
export function* createMessages(configs: readonly DispatcherConfig[]): Generator<CreateDispatchers | CreateMany> {
  const plain = configs.length < CONFIG_COLUMNS_FROM ? [] : configs.filter(({ range }) => range === undefined);
  for (let from = 0; from < plain.length; from += CONFIG_PART_ROWS)
    yield { type: 'create-many', columns: configColumnsOf(plain.slice(from, from + CONFIG_PART_ROWS)) };
  const rest = plain.length === 0 ? configs : configs.filter(({ range }) => range !== undefined);
  for (const part of configParts(rest)) yield { type: 'create', configs: part };
}

/** Cuts configs into parts that fit the smallest lane. */
function* configParts(configs: readonly DispatcherConfig[]): Generator<readonly DispatcherConfig[]> {
  let from = 0;
  let bytes = 0;
  for (let at = 0; at < configs.length; at++) {
    const size = spanBytes({ config: configs[at]!, state: 0, checkpointTs: 0n });
    if (at > from && bytes + size > SPAN_PART_BYTES) {
      yield configs.slice(from, at);
      from = at;
      bytes = 0;
    }
    bytes += size;
  }
  if (from < configs.length) yield configs.slice(from);
}

/** Cuts placed handles into columns that fit the smallest lane. */
export function* handleParts(
  handles: readonly number[],
  placement: Placement,
): Generator<{ readonly handle: Uint32Array; readonly generation: Uint32Array }> {
  for (let from = 0; from < handles.length; from += HANDLES) {
    const part = handles.slice(from, from + HANDLES);
    yield { handle: Uint32Array.from(part), generation: Uint32Array.from(part, (one) => placement.generation(one)) };
  }
}
