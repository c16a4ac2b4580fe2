import {
  type BootstrapSpan,
  ComponentState,
  type DispatcherConfig,
  type KeyRange,
  type Mode,
  type TableId,
} from '@tidegate/protocol';

const encode = new TextEncoder();

/** A range of a split table, `''` standing for its start and its end. */
export function range(start: string, end: string): KeyRange {
  return { start: encode.encode(start), end: encode.encode(end) };
}

/** What a dispatcher is created from, as a host reports it at bootstrap. */
export function config(
  tableId: TableId,
  handle: number,
  rest: { readonly generation?: number; readonly mode?: Mode; readonly range?: KeyRange } = {},
): DispatcherConfig {
  return {
    id: handle.toString(16).padStart(32, '0'),
    handle,
    generation: rest.generation ?? 3,
    mode: rest.mode ?? 0,
    tableId,
    schemaId: 1,
    ...(rest.range && { range: rest.range }),
    startTs: 100n,
    skipDmlAsStartTs: false,
  };
}

/** A Working dispatcher at 150, as a host reports it at bootstrap. */
export function span(
  tableId: TableId,
  handle: number,
  rest: Parameters<typeof config>[2] & Partial<Omit<BootstrapSpan, 'config'>> = {},
): BootstrapSpan {
  const { generation, mode, range: keys, ...reported } = rest;
  return {
    config: config(tableId, handle, {
      ...(generation !== undefined && { generation }),
      ...(mode !== undefined && { mode }),
      ...(keys !== undefined && { range: keys }),
    }),
    state: ComponentState.WORKING,
    checkpointTs: 150n,
    ...reported,
  };
}
