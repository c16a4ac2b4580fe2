import { expect, test } from 'vitest';
import { fixture } from './testing/routerFixture.js';

test('a subscribe that comes twice opens one stream', () => {
  const f = fixture([1, 2]);
  f.subscribe(1, 10, 'worker-0');
  f.subscribe(1, 10, 'worker-0');
  expect(f.taken('worker-0').map(({ type }) => type)).toEqual(['stream']);
});

test('a handle and generation that another dispatcher had, which nobody unsubscribed: the stream is that of the new one', () => {
  const f = fixture([1, 2]);
  f.subscribe(1, 10, 'worker-0');
  f.taken();
  f.subscribe(2, 10, 'worker-1');
  expect(f.taken('worker-1')).toMatchObject([{ type: 'stream', handle: 10, table: { tableId: 2 } }]);
  f.subscribe(2, 10, 'worker-0');
  expect(f.taken('worker-0')).toMatchObject([{ type: 'stream', handle: 10, table: { tableId: 2 } }]);
});
