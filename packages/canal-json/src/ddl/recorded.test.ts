import { describe, expect, test } from 'vitest';
import { readMessages } from '../readMessages.js';
import { DdlReader } from './ddlReader.js';
import { parseStatement } from './parse.js';

/** What Canal calls a statement, and the kinds that it may stand for. */
const KINDS: Readonly<Record<string, RegExp>> = {
  CREATE: /^create table$/,
  ALTER: /^alter table$/,
  CINDEX: /^alter table$/,
  ERASE: /^drop tables?$/,
  RENAME: /^rename tables?$/,
  TRUNCATE: /^truncate table$/,
  QUERY: /^(create|alter|drop) database$|^(create|drop) view$/,
};

const pathOf = (name: string): string => new URL(`../../../../test/data/${name}.canal.jsonl.gz`, import.meta.url).pathname;

describe('recorded logs', () => {
  test.each([
    ['shop', 67],
    ['bank', 349],
  ])('every DDL of %s is classified as the recorder called it', async (name, expected) => {
    const reader = new DdlReader('error', undefined);
    let ddls = 0;
    for await (const message of readMessages({ path: pathOf(name) })) {
      if (message.type !== 'ddl') continue;
      ddls++;
      const event = reader.read(message, { file: name, line: ddls, offset: 0 });
      expect(event.kind, message.sql).toMatch(KINDS[message.canalType] ?? /^$/);
      // No column is lost: every definition of these logs has a type and, but for keys, stands in the list.
      const statement = parseStatement(message.sql);
      if (statement.type === 'create-table' && statement.like === undefined) expect(statement.columns).toHaveLength(9);
    }
    expect(ddls).toBe(expected);
  });
});
