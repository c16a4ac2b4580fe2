import { describe, expect, test } from 'vitest';
import { createSource } from './source.js';
import { brief, ddlLine, readChunks, readEvents, rowLine, sourceOf, streamOf, watermarkLine } from './testing/log.js';

const TS = 462_422_016_000_000_000n;
const OPENING = [
  ddlLine(TS + 1n, 'CREATE DATABASE d'),
  ddlLine(TS + 2n, 'CREATE TABLE t (id INT, v TEXT)'),
  ddlLine(TS + 3n, 'CREATE TABLE u (id INT, v TEXT)'),
];

const at = (offset: number): bigint => TS + BigInt(offset);

describe('events', () => {
  test('rows, DDLs and marks in the order of the log, with exact timestamps and the bytes as they stand there', async () => {
    const line = rowLine(at(11), 'u', '7');
    const events = await readEvents(
      sourceOf([...OPENING, rowLine(at(10), 't', '1'), `${line}\r`, watermarkLine(at(12)), rowLine(at(13), 't', '2')]),
    );
    expect(events.map(brief)).toEqual([
      `ddl create database@${at(1)}`,
      `ddl create table@${at(2)}`,
      `ddl create table@${at(3)}`,
      `rows 1@${at(10)}`,
      `rows 2@${at(11)}`,
      `resolved@${at(12)}`,
      `rows 1@${at(13)}`,
      `resolved@${at(13)}`,
    ]);
    expect(events[4]).toMatchObject({ type: 'rows', count: 1 });
    expect(Buffer.from((events[4] as { bytes: Uint8Array }).bytes).toString()).toBe(line);
  });

  test('a DDL carries its text, its place and what it touches', async () => {
    const events = await readEvents(sourceOf([...OPENING, ddlLine(at(9), 'ALTER TABLE `t` ADD x INT', 'd', 't')]));
    expect(events[3]).toEqual({
      type: 'ddl',
      commitTs: at(9),
      query: 'ALTER TABLE `t` ADD x INT',
      kind: 'alter table',
      schema: 'd',
      table: 't',
      blockTables: { type: 'normal', tableIds: [1] },
      adds: [],
      schemaChanges: [],
      admissions: [],
      tables: [{ tableId: 1, schemaId: 1, schema: 'd', table: 't', version: at(9) }],
    });
  });

  test('rows follow a rename, and the name goes to whom it belongs at that ts', async () => {
    const swap = ddlLine(at(11), 'RENAME TABLE t TO x, u TO t, x TO u');
    const events = await readEvents(
      sourceOf([...OPENING, rowLine(at(10), 't', '1'), swap, rowLine(at(12), 't', '1'), rowLine(at(13), 'u', '1')]),
    );
    expect(events.filter((event) => event.type === 'rows').map(brief)).toEqual([
      `rows 1@${at(10)}`,
      `rows 2@${at(12)}`,
      `rows 1@${at(13)}`,
    ]);
  });

  test('names with escapes and letters beyond ASCII find their table', async () => {
    const lines = [
      OPENING[0] as string,
      ddlLine(at(2), 'CREATE TABLE `т"\\é` (id INT)'),
      rowLine(at(3), 'т"\\é', '1'),
      rowLine(at(4), 'т"\\é', '2'),
    ];
    const escaped = rowLine(at(5), 'т"\\é', '3').replace('é', '\\u00e9');
    expect((await readEvents(sourceOf([...lines, escaped]))).filter((event) => event.type === 'rows')).toHaveLength(3);
  });

  test('a mark that lies behind a change already seen says nothing new and is left out', async () => {
    const events = await readEvents(
      sourceOf([...OPENING, rowLine(at(10), 't', '1'), watermarkLine(at(5)), rowLine(at(10), 't', '2')]),
    );
    expect(events.map(brief).slice(3)).toEqual([`rows 1@${at(10)}`, `rows 1@${at(10)}`, `resolved@${at(10)}`]);
  });

  test('rows at the ts of a DDL come before it', async () => {
    const events = await readEvents(sourceOf([...OPENING, rowLine(at(10), 't', '1'), ddlLine(at(10), 'TRUNCATE t')]));
    expect(events.map(brief).slice(3, 5)).toEqual([`rows 1@${at(10)}`, `ddl truncate table@${at(10)}`]);
  });

  test('the last line needs no line break; an empty log has no events', async () => {
    const stream = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from(OPENING.join('\n'));
    };
    expect(await readEvents(createSource({ stream: stream() }))).toHaveLength(4);
    expect(await readEvents(sourceOf([]))).toEqual([]);
  });

  test('an unclassified statement touches every table if the user chose so', async () => {
    const lines = [...OPENING, ddlLine(at(9), 'CREATE SEQUENCE s'), rowLine(at(10), 't', '1')];
    const events = await readEvents(sourceOf(lines, { unclassified: 'all' }));
    expect(events[3]).toMatchObject({ kind: 'unclassified', blockTables: { type: 'all' }, query: 'CREATE SEQUENCE s' });
    await expect(readEvents(sourceOf(lines))).rejects.toMatchObject({ code: 'CANAL_DDL_UNCLASSIFIED', line: 4 });
  });
});

describe('chunks', () => {
  const transactions = (sizes: readonly number[]): string[] =>
    sizes.flatMap((size, index) => Array.from({ length: size }, (_, row) => rowLine(at(10 + index), 't', `${index}-${row}`)));
  const tsOf = (event: object): bigint => ('commitTs' in event ? (event.commitTs as bigint) : 0n);

  test.each([1, 7, 100, 5000])('no chunk ends within a transaction (input in pieces of %i bytes)', async (pieces) => {
    const lines = [...OPENING, ...transactions([1, 5, 2, 9, 1, 1, 30, 3])];
    const chunks = await readChunks(createSource({ stream: streamOf(lines, pieces), chunkBytes: 1000 }));
    expect(chunks.flat().filter((event) => event.type === 'rows')).toHaveLength(52);
    for (const [index, chunk] of chunks.slice(1).entries()) {
      const last = chunks[index]?.at(-1);
      const first = chunk[0];
      expect(chunk.length).toBeGreaterThan(0);
      if (last?.type === 'rows' && first?.type === 'rows') expect(first.commitTs).toBeGreaterThan(tsOf(last));
    }
    expect(chunks.length).toBeGreaterThan(4);
  });

  test('a transaction beyond maxTransactionBytes is cut, in order', async () => {
    const lines = [...OPENING, ...transactions([1, 50, 1])];
    const chunks = await readChunks(sourceOf(lines, { chunkBytes: 1000, maxTransactionBytes: 6000 }));
    const large = chunks.filter((chunk) => chunk.some((event) => tsOf(event) === at(11)));
    expect(large.length).toBeGreaterThan(3);
    const rows = chunks.flat().filter((event) => event.type === 'rows');
    expect(rows.map((event) => Buffer.from(event.bytes).toString())).toEqual(lines.slice(3));
  });

  test('reads pull: no more of the input is taken than one read needs', async () => {
    let taken = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(OPENING.map((line) => `${line}\n`).join(''));
      for (let index = 10; ; index++) {
        taken++;
        yield Buffer.from(`${rowLine(at(index), 't', `${index}`)}\n${watermarkLine(at(index))}\n`);
      }
    }
    const source = createSource({ stream: endless() });
    await source.open({ startTs: 0n, signal: new AbortController().signal });
    for (let reads = 0; reads < 20; reads++) await source.read();
    expect(taken).toBeLessThan(25);
    await source.close();
  });
});

describe('opening behind a ts', () => {
  const LINES = [
    ...OPENING,
    rowLine(at(10), 't', '1'),
    ddlLine(at(20), 'RENAME TABLE t TO x'),
    ddlLine(at(30), 'TRUNCATE u'),
    rowLine(at(40), 'u', '1'),
    watermarkLine(at(45)),
    ddlLine(at(50), 'CREATE TABLE t LIKE x'),
    rowLine(at(60), 't', '1'),
  ];

  test('the snapshot is as of that ts; only what lies above follows', async () => {
    const source = sourceOf(LINES);
    const snapshot = await source.open({ startTs: at(30), signal: new AbortController().signal });
    expect(snapshot).toEqual({
      startTs: at(30),
      tables: [
        { tableId: 1, schemaId: 1, schema: 'd', table: 'x', version: at(20), splittable: false },
        { tableId: 3, schemaId: 1, schema: 'd', table: 'u', version: at(30), splittable: false },
      ],
    });
    const events = [];
    for (let chunk = await source.read(); chunk !== null; chunk = await source.read()) events.push(...chunk);
    expect(events.map(brief)).toEqual([
      `rows 3@${at(40)}`,
      `resolved@${at(45)}`,
      `ddl create table@${at(50)}`,
      `rows 4@${at(60)}`,
      `resolved@${at(60)}`,
    ]);
  });

  test('from any ts: the same events with the same ids as in the run from 0', async () => {
    const whole = await readEvents(sourceOf(LINES));
    for (let offset = 0; offset <= 61; offset++) {
      const rest = whole.filter((event) => (event.type === 'resolved' ? event.ts : event.commitTs) > at(offset));
      const events = await readEvents(sourceOf(LINES), at(offset));
      // At the end there is always a mark.
      expect(events.map(brief)).toEqual(rest.length === 0 ? [`resolved@${at(Math.max(offset, 60))}`] : rest.map(brief));
      expect(events.filter((event) => event.type !== 'resolved')).toEqual(rest.filter((event) => event.type !== 'resolved'));
    }
  });

  test('recorded log: from any of many ts the ids are those of the run from 0', async () => {
    const path = new URL('../../../test/data/shop.canal.jsonl.gz', import.meta.url).pathname;
    const whole = await readEvents(createSource({ path }));
    expect(whole.filter((event) => event.type === 'rows')).toHaveLength(16_548);
    const texts = whole.map(brief);
    for (let index = 1; index < whole.length; index += 4001) {
      const event = whole[index];
      if (event === undefined || event.type === 'resolved') continue;
      const from = whole.findIndex((other) => (other.type === 'resolved' ? other.ts : other.commitTs) > event.commitTs);
      expect((await readEvents(createSource({ path }), event.commitTs)).map(brief)).toEqual(texts.slice(from));
    }
  });
});

describe('bad input, each with its error and place', () => {
  const row = rowLine(at(10), 't', '1');
  test.each([
    ['a line that is not JSON', '{oops', 'CANAL_MALFORMED_LINE', /near/],
    ['a byte order mark', '\u{FEFF}{}', 'CANAL_MALFORMED_LINE', /byte order mark/],
    ['a message without _tidb', row.replace('_tidb', 'tidb'), 'CANAL_FIELD', /_tidb/],
    ['a message type that is not known', row.replace('INSERT', 'MERGE'), 'CANAL_MESSAGE_TYPE', /'MERGE'/],
    ['a ts that goes back', rowLine(at(8), 't', '1'), 'CANAL_TS_BACKWARDS', new RegExp(`from ${at(9)} to ${at(8)}`)],
    ['a row at the last watermark', rowLine(at(5), 't', '1'), 'CANAL_PROMISE_BROKEN', new RegExp(`watermark of ${at(5)}`)],
    ['a DDL below the last watermark', ddlLine(at(4), 'DROP TABLE t'), 'CANAL_PROMISE_BROKEN', /promised/],
    ['a watermark that goes back', watermarkLine(at(4)), 'CANAL_TS_BACKWARDS', /watermark goes back/],
    ['a row of a table that does not exist', rowLine(at(10), 'nope', '1'), 'CANAL_UNKNOWN_TABLE', /'d\.nope'/],
    ['a row of a database that does not exist', rowLine(at(10), 't', '1', { database: 'D' }), 'CANAL_UNKNOWN_TABLE', /'D\.t'/],
    ['a row of a view', rowLine(at(10), 'view', '1'), 'CANAL_UNKNOWN_TABLE', /'d\.view'/],
    ['two DDLs at one ts', ddlLine(at(9), 'DROP TABLE t'), 'CANAL_DDL_TS_SHARED', /two DDLs/],
    ['a row behind a DDL at the same ts', rowLine(at(9), 't', '1'), 'CANAL_DDL_TS_SHARED', /follows a DDL/],
    ['a DDL that cannot be classified', ddlLine(at(10), 'FROBNICATE t'), 'CANAL_DDL_UNCLASSIFIED', /`FROBNICATE t`/],
    [
      'a DDL that cannot be followed',
      ddlLine(at(10), 'CREATE TABLE w AS SELECT 1'),
      'CANAL_DDL_UNSUPPORTED',
      /`CREATE TABLE w AS SELECT 1`/,
    ],
    ['a DDL that contradicts what exists', ddlLine(at(10), 'DROP TABLE nope'), 'CANAL_DDL_CONFLICT', /'d\.nope'/],
    ['a line too long', rowLine(at(10), 't', 'x'.repeat(5000)), 'CANAL_LINE_TOO_LONG', /maxLineBytes/],
  ])('%s', async (_, line, code, message) => {
    const before = [...OPENING, watermarkLine(at(5)), ddlLine(at(9), 'CREATE VIEW view AS SELECT 1')];
    const source = sourceOf([...before, line], { maxLineBytes: 4000 });
    await source.open({ startTs: 0n, signal: new AbortController().signal });
    // What stands before the bad line is given out first.
    expect(await source.read()).toHaveLength(5);
    const error: unknown = await source.read().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, file: 'stream', line: 6 });
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toMatch(/^stream, line 6 \(byte \d+\): /);
    await expect(source.read()).rejects.toMatchObject({ code: 'CANAL_STATE' });
  });

  test('a bad line before the start ts is an error of open', async () => {
    const source = sourceOf([...OPENING, '{']);
    await expect(source.open({ startTs: at(5), signal: new AbortController().signal })).rejects.toMatchObject({
      code: 'CANAL_MALFORMED_LINE',
      line: 4,
    });
  });
});

describe('life', () => {
  const signal = new AbortController().signal;

  test('read before open, open twice, read after close: errors', async () => {
    const source = sourceOf(OPENING);
    await expect(source.read()).rejects.toMatchObject({ code: 'CANAL_STATE' });
    await source.open({ startTs: 0n, signal });
    await expect(source.open({ startTs: 0n, signal })).rejects.toMatchObject({ code: 'CANAL_STATE' });
    await source.close();
    await expect(source.read()).rejects.toMatchObject({ code: 'CANAL_STATE' });
    await source.close();
  });

  test('reads that overlap: the second is an error, the first is not harmed', async () => {
    const source = sourceOf(OPENING);
    await source.open({ startTs: 0n, signal });
    const first = source.read();
    await expect(source.read()).rejects.toMatchObject({ code: 'CANAL_STATE' });
    expect(await first).toHaveLength(3);
  });

  test('aborting ends a read that waits for input, with the reason', async () => {
    const controller = new AbortController();
    async function* silent(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(`${OPENING[0]}\n`);
      await new Promise(() => {});
    }
    const source = createSource({ stream: silent() });
    await source.open({ startTs: 0n, signal: controller.signal });
    expect(await source.read()).toHaveLength(1);
    const waiting = source.read();
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(source.read()).rejects.toThrow('enough');
  });

  test('closing ends a read that waits for input', async () => {
    async function* silent(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(`${OPENING[0]}\n`);
      await new Promise(() => {});
    }
    const source = createSource({ stream: silent() });
    await source.open({ startTs: 0n, signal });
    await source.read();
    const waiting = source.read();
    await source.close();
    await expect(waiting).rejects.toMatchObject({ code: 'CANAL_STATE' });
  });
});
