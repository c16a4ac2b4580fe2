import { expect, test } from 'vitest';
import { FIRST_HANDLE, isTrigger, Mode, makeDispatcherId, TRIGGER_HANDLE } from './ids.js';

test('a dispatcher id is 128 bits from four words, most significant first', () => {
  const words = [0x1, 0xffff_ffff, 0xabcd, 0];
  expect(makeDispatcherId(() => words.shift() as number)).toBe('00000001ffffffff0000abcd00000000');
});

test('signed words make the same id as unsigned ones', () => {
  expect(makeDispatcherId(() => -1)).toBe('f'.repeat(32));
});

test('the triggers have the reserved handles', () => {
  expect(isTrigger(TRIGGER_HANDLE[Mode.DEFAULT])).toBe(true);
  expect(isTrigger(TRIGGER_HANDLE[Mode.REDO])).toBe(true);
  expect(isTrigger(FIRST_HANDLE)).toBe(false);
});
