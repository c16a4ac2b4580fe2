import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Stage } from './stage.js';
import {
  STATUS_FLAG_ALREADY,
  STATUS_FLAG_REDO,
  STATUS_FLAG_SYNC_POINT,
  STATUS_GENERATION,
  STATUS_HANDLE,
  STATUS_HEADER,
  STATUS_TS_HIGH,
  STATUS_TS_LOW,
  STATUS_WORDS,
} from './statusLayout.js';
import { statusFlags, statusFlagsAt, statusStage, writeStatus, writeStatuses } from './statusRecord.js';

test('every offset of the record is pinned', () => {
  expect([STATUS_WORDS, STATUS_HEADER, STATUS_HANDLE, STATUS_GENERATION, STATUS_TS_LOW, STATUS_TS_HIGH]).toEqual([
    8, 0, 1, 2, 3, 4,
  ]);
  const words = new Uint32Array(24).fill(0xffff_ffff);
  words[8] = 0xaaaa_aa55;
  writeStatus(words, 8, Stage.DONE, STATUS_FLAG_SYNC_POINT | STATUS_FLAG_ALREADY, 0x11, 0x22, 0x33, 0x44);
  expect([...words.subarray(8, 16)]).toEqual([0x0005_0355, 0x11, 0x22, 0x44, 0x33, 0, 0, 0]);
  expect(words.subarray(0, 8).every((word) => word === 0xffff_ffff)).toBe(true);
  expect(words.subarray(16).every((word) => word === 0xffff_ffff)).toBe(true);
});

test('what is written is read, and the lane keeps its byte', () => {
  const word = fc.nat(0xffff_ffff);
  const stage = fc.constantFrom(...Object.values(Stage));
  fc.assert(
    fc.property(stage, fc.nat(7), word, word, word, word, fc.nat(0xff), (s, flags, handle, generation, high, low, laneByte) => {
      const words = new Uint32Array(STATUS_WORDS).fill(laneByte);
      writeStatus(words, 0, s, flags, handle, generation, high, low);
      expect(statusStage(words, 0)).toBe(s);
      expect(statusFlagsAt(words, 0)).toBe(flags);
      expect([...words.subarray(1, 5)]).toEqual([handle, generation, low, high]);
      expect((words[0] as number) & 0xff).toBe(laneByte);
    }),
  );
});

test('a run of statuses is what its statuses are one by one, and nothing beside it is touched', () => {
  const word = fc.nat(0xffff_ffff);
  const stage = fc.constantFrom(...Object.values(Stage));
  const rows = fc.array(fc.tuple(word, word), { maxLength: 9 });
  fc.assert(
    fc.property(stage, fc.nat(7), rows, fc.nat(3), word, word, fc.nat(0xff), (s, flags, all, skipped, high, low, laneByte) => {
      const from = Math.min(skipped, all.length);
      const count = all.length - from;
      const expected = new Uint32Array((count + 2) * STATUS_WORDS).fill(0xabcd_ef00 | laneByte);
      const words = expected.slice();
      all.slice(from).forEach(([handle, generation], i) => {
        writeStatus(expected, (i + 1) * STATUS_WORDS, s, flags, handle, generation, high, low);
      });
      const handles = Uint32Array.from(all, ([handle]) => handle);
      const generations = Uint32Array.from(all, ([, generation]) => generation);
      writeStatuses(words, STATUS_WORDS, count, s, flags, handles, generations, from, high, low);
      expect([...words]).toEqual([...expected]);
    }),
  );
});

test('flags are independent bits', () => {
  expect(statusFlags(true, 0, false)).toBe(STATUS_FLAG_SYNC_POINT);
  expect(statusFlags(false, 1, false)).toBe(STATUS_FLAG_REDO);
  expect(statusFlags(false, 0, true)).toBe(STATUS_FLAG_ALREADY);
  expect(statusFlags(true, 1, true)).toBe(7);
});
