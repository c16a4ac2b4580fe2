import { describe, expect, test } from 'vitest';
import { ddl, fixture } from './testing/routerFixture.js';
import { whyTooWide } from './wideDdl.js';

const bounds = { source: 4_000, status: 1_000 };
const ids = (count: number): number[] => Array.from({ length: count }, (_, i) => 70_000 + i);

describe('a DDL that no lane takes', () => {
  test('is what names more tables than fit one message; what may fit is let pass', () => {
    expect(whyTooWide(ddl(5n, { blockTables: { type: 'normal', tableIds: ids(200) } }), bounds)).toBeUndefined();
    expect(whyTooWide(ddl(5n, { blockTables: { type: 'normal', tableIds: ids(201) } }), bounds)).toBe(
      'names 201 tables, which take 1005 bytes in one message; a lane of this size takes 1000: raise statusLaneBytes',
    );
    expect(whyTooWide(ddl(5n, { blockTables: { type: 'db', schemaId: 1 } }), bounds)).toBeUndefined();
    const tableIds = ids(150);
    const dropped = ddl(5n, { blockTables: { type: 'normal', tableIds }, drops: { type: 'normal', tableIds } });
    expect(whyTooWide(dropped, bounds)).toMatch(/^names 300 tables, which take 1500 bytes/);
    const adds = ids(150).map((tableId) => ({ tableId, schemaId: 1, splittable: false }));
    expect(whyTooWide(ddl(5n, { adds }), bounds)).toMatch(/^names 150 tables, which take 1200 bytes/);
    expect(whyTooWide(ddl(5n, { adds }), { source: 1_100, status: 4_000 })).toMatch(/takes 1100: raise laneBytes$/);
  });

  test('ends the source before anything of it has left; what came before it stays valid', () => {
    const f = fixture(ids(300), { lanes: bounds });
    f.subscribe(70_000, 2, 'worker-0');
    f.feed({ type: 'resolved', ts: 4n }, ddl(5n, { blockTables: { type: 'normal', tableIds: ids(300) } }));
    expect(f.taken('worker-0').map(({ type }) => type)).toEqual(['stream', 'resolved']);
    expect(f.context.events).toMatchObject([
      {
        type: 'source-failed',
        code: 'HOST_MESSAGE_TOO_LARGE',
        message: expect.stringMatching(/^the DDL at 5 names 300 tables.*: ddl 5$/),
      },
    ]);
  });
});
