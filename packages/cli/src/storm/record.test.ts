import { expect, test } from 'vitest';
import { DEPTHS, stormSample } from '../testing/storms.js';
import { StormRecord } from './record.js';
import type { StormPhase, ThreadSample } from './sample.js';

function look(record: StormRecord, phase: StormPhase, elapsed: number, threads: readonly ThreadSample[], pending = 0): void {
  record.add(stormSample({ phase, elapsed, threads, depths: { ...DEPTHS, pending } }));
}

test('processor time and heaps of each thread, at rest and while held', () => {
  const record = new StormRecord();
  const control = (cpu: number | undefined, heap: number): ThreadSample => ({ name: 'control', cpu, heap });
  look(record, 'starting', 0, [control(100, 5)], 500);
  look(record, 'resting', 1_000, [control(300, 9)]);
  look(record, 'resting', 2_000, [control(310, 7)]);
  look(record, 'held', 2_500, [control(400, 8)], 40);
  // A thread that did not answer is not in the look.
  look(record, 'held', 3_000, []);
  look(record, 'held', 4_500, [control(460, 12)], 30);
  look(record, 'over', 5_000, [control(500, 6)]);
  expect(record.threads()).toEqual([{ name: 'control', cpu: 190, atRest: 0.01, held: 0.03, heapRest: 7, heapPeak: 12 }]);
  expect(record.most).toMatchObject({ pending: 40 });
  expect(record.last?.phase).toBe('over');
});

test('where the platform tells no processor time, or there was one look, nothing is made up', () => {
  const record = new StormRecord();
  look(record, 'held', 1_000, [
    { name: 'a', cpu: undefined, heap: 3 },
    { name: 'b', cpu: 5, heap: 4 },
  ]);
  expect(record.threads()).toEqual([
    { name: 'a', cpu: undefined, atRest: undefined, held: undefined, heapRest: 0, heapPeak: 3 },
    { name: 'b', cpu: 0, atRest: undefined, held: undefined, heapRest: 0, heapPeak: 4 },
  ]);
});
