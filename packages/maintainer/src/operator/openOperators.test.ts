import { expect, test } from 'vitest';
import { OpenOperators } from './openOperators.js';
import { OperatorKind } from './operatorKind.js';

test('one that took the place of another was not sent when that one was', () => {
  const open = new OpenOperators();
  open.set(7, OperatorKind.ADD, 1);
  open.sent(7, 1_000);
  expect(open.wasSentAt(7, 1_000)).toBe(true);
  open.set(7, OperatorKind.REMOVE, 1);
  expect(open.wasSentAt(7, 1_000)).toBe(false);
  expect(open.ageOf(7, 2_000)).toBe(0);
  open.sent(7, 2_000);
  expect(open.wasSentAt(7, 2_000)).toBe(true);
});

test('a page that is used again says nothing of whom it served before', () => {
  const open = new OpenOperators();
  open.set(3, OperatorKind.ADD, 1);
  open.sent(3, 1_000);
  open.clear(3);
  expect(open.size).toBe(0);
  open.set(4096 + 3, OperatorKind.ADD, 2);
  expect(open.wasSentAt(4096 + 3, 1_000)).toBe(false);
  expect([open.hostOf(4096 + 3), open.kindOf(3)]).toEqual([2, OperatorKind.NONE]);
});
