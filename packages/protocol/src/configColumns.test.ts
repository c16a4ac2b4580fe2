import { expect, test } from 'vitest';
import { configAt, configColumnsOf, configsOf } from './configColumns.js';
import type { DispatcherConfig } from './spans.js';
import { MAX_TS } from './timestamps.js';

const CONFIGS: DispatcherConfig[] = [0, 1, 2].map((row) => ({
  id: `${row}`.repeat(31).padStart(32, 'f'),
  handle: 0xff_fff0 + row,
  generation: 0xffff_fff0 + row,
  mode: row === 1 ? 1 : 0,
  tableId: 2 ** 52 + row,
  schemaId: 2 ** 51 + row,
  startTs: MAX_TS - BigInt(row),
  skipDmlAsStartTs: row === 2,
}));

test('columns of configs give the same configs', () => {
  const columns = configColumnsOf(CONFIGS);
  expect([0, 1, 2].map((row) => configAt(columns, row))).toEqual(CONFIGS);
  expect(configsOf({ type: 'create-many', columns })).toEqual(CONFIGS);
});
