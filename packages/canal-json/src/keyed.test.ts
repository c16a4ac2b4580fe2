import { fileURLToPath } from 'node:url';
import type { SourceEvent } from '@tidegate/dispatcher';
import { describe, expect, test } from 'vitest';
import { Fold } from './fold/index.js';
import { decodeMessage, type RowMessage } from './message/decode.js';
import { createSource } from './source.js';
import { ddlLine, readChunks, readEvents, rowLine, sourceOf } from './testing/log.js';

const OPENING = [ddlLine(1n, 'CREATE DATABASE d'), ddlLine(2n, 'CREATE TABLE t (id BIGINT PRIMARY KEY, v TEXT)')];

type Rows = Extract<SourceEvent, { type: 'rows' }>;

async function changesOf(line: string): Promise<string[]> {
  const events = await readEvents(sourceOf([...OPENING, line], { splittable: 'keyed' }));
  return events.flatMap((event) => {
    if (event.type !== 'rows') return [];
    const { change, data, old } = decodeMessage(event.bytes) as RowMessage;
    expect(event.count).toBe(1);
    return [`${change} ${JSON.stringify(data[0])}${old === null ? '' : ` from ${JSON.stringify(old[0])}`}`];
  });
}

/** A row message of several rows. */
function several(type: 'INSERT' | 'UPDATE' | 'DELETE', data: object[], old?: object[]): string {
  const rows = `"data":${JSON.stringify(data)},"old":${old === undefined ? 'null' : JSON.stringify(old)}`;
  return rowLine(462_422_016_022_020_124n, 't', '', { type, data: {} }).replace(/"data":.*"old":null/, rows);
}

describe('splittable: keyed', () => {
  test('a message of several rows is cut, with the exact commit ts', async () => {
    const line = several('INSERT', [
      { id: '1', v: 'a "b"' },
      { id: '2', v: null },
    ]);
    expect(await changesOf(line)).toEqual(['insert {"id":"1","v":"a \\"b\\""}', 'insert {"id":"2","v":null}']);
    const [row] = (await readEvents(sourceOf([...OPENING, line], { splittable: 'keyed' }))).filter(
      (event) => event.type === 'rows',
    );
    expect(decodeMessage((row as Rows).bytes)).toMatchObject({ commitTs: 462_422_016_022_020_124n, pkNames: ['id'] });
  });

  test('a message of one row that keeps its key is handed on as it stands', async () => {
    const line = rowLine(9n, 't', '', { type: 'UPDATE', data: { id: '1', v: 'b' }, old: { v: 'a' } });
    const events = await readEvents(sourceOf([...OPENING, line], { splittable: 'keyed' }));
    expect(Buffer.from((events[2] as Rows).bytes).toString()).toBe(line);
  });

  test('an update that changes the key is a delete of the old row and an insert; deletes come first, for keys may change places', async () => {
    const swap = several(
      'UPDATE',
      [
        { id: '2', v: 'x' },
        { id: '1', v: 'y' },
        { id: '5', v: 'z' },
      ],
      [{ id: '1' }, { id: '2', v: 'w' }, { v: 'q' }],
    );
    expect(await changesOf(swap)).toEqual([
      'delete {"id":"1","v":"x"}',
      'delete {"id":"2","v":"w"}',
      'insert {"id":"2","v":"x"}',
      'insert {"id":"1","v":"y"}',
      'update {"id":"5","v":"z"} from {"v":"q"}',
    ]);
  });

  test('a table is reported as splittable, and not without the option', async () => {
    for (const [splittable, is] of [
      ['keyed', true],
      ['none', false],
    ] as const) {
      const source = sourceOf([...OPENING, rowLine(9n, 't', '1')], { splittable });
      const { tables } = await source.open({ startTs: 5n, signal: new AbortController().signal });
      expect(tables).toEqual([expect.objectContaining({ splittable: is })]);
      await source.close();
      const ddl = (await readEvents(sourceOf(OPENING, { splittable }))).find(
        (event) => event.type === 'ddl' && event.adds.length > 0,
      );
      expect(ddl).toMatchObject({ adds: [{ splittable: is }] });
    }
  });
});

test('a table without a primary key is ordered by its whole rows', async () => {
  const line = rowLine(9n, 't', '1').replace('"pkNames":["id"]', '"pkNames":null');
  const other = rowLine(10n, 't', '1', { type: 'DELETE' }).replace('"pkNames":["id"]', '"pkNames":null');
  const keys = (await readEvents(sourceOf([...OPENING, line, other], { splittable: 'keyed' }))).flatMap((event) =>
    event.type === 'rows' ? [event.key] : [],
  );
  expect(keys[0]).toEqual(keys[1]);
});

describe.each(['shop', 'bank'])('the recorded %s log', (log) => {
  const path = fileURLToPath(new URL(`../../../test/data/${log}.canal.jsonl.gz`, import.meta.url));

  test('leaves the same tables behind, cut and uncut', { timeout: 120_000 }, async () => {
    const folds = [];
    for (const splittable of ['none', 'keyed']) {
      const fold = new Fold();
      for (const event of (await readChunks(createSource({ path, splittable }))).flat()) {
        if (event.type === 'rows') fold.add(decodeMessage(event.bytes));
        else if (event.type === 'ddl')
          fold.add({
            type: 'ddl',
            canalType: '',
            database: event.schema,
            table: event.table,
            commitTs: event.commitTs,
            sql: event.query,
          });
      }
      folds.push(
        fold.tables().map(({ database, table, contents }) => [database, table, [...contents.rows()].map(String).sort()]),
      );
    }
    expect(folds[0]?.length).toBeGreaterThan(3);
    expect(folds[1]).toEqual(folds[0]);
  });
});

describe('splittable: keyed, input that is odd', () => {
  const read = (line: string): Promise<SourceEvent[]> => readEvents(sourceOf([...OPENING, line], { splittable: 'keyed' }));
  const keyOf = async (line: string): Promise<string> => {
    const [row] = (await read(line)).filter((event) => event.type === 'rows');
    return Buffer.from((row as Rows).key ?? []).toString('hex');
  };

  test('a key column without a type that is text is taken for text', async () => {
    const line = rowLine(9n, 't', '', { data: { id: '1', v: 'x' } });
    const asText = '02310001';
    for (const types of ['{"id":5}', '{}', '[]', 'null', '"bigint"']) {
      expect(await keyOf(line.replace(/"mysqlType":\{[^}]*\}/, `"mysqlType":${types}`))).toBe(asText);
    }
    const inherited = rowLine(9n, 't', '', { data: { constructor: '1' } }).replace(
      '"pkNames":["id"]',
      '"pkNames":["constructor"]',
    );
    expect(await keyOf(inherited)).toBe(asText);
  });

  test('a row without a column of its key has no place in any range', async () => {
    for (const name of ['nope', 'toString', '__proto__']) {
      const line = rowLine(9n, 't', '', { data: { id: '1' } }).replace('"pkNames":["id"]', `"pkNames":["${name}"]`);
      await expect(read(line)).rejects.toMatchObject({ code: 'CANAL_FIELD', line: 3, message: expect.stringContaining(name) });
    }
  });
});
