import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimerQueue } from './timerQueue.js';

describe('timer queue', () => {
  it('gives what is due in order of time, then of making, without the cancelled: as a sorted list does', () => {
    const entry = fc.record({ due: fc.integer({ min: 0, max: 50 }), cancel: fc.boolean() });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 300 }), fc.integer({ min: 0, max: 60 }), (entries, now) => {
        const queue = new TimerQueue<number>();
        const timers = entries.map(({ due }, i) => queue.add(due, i));
        entries.forEach(({ cancel }, i) => {
          if (cancel) timers[i]?.cancel();
        });
        const model = entries
          .map(({ due, cancel }, i) => ({ due, cancel, i }))
          .filter(({ cancel }) => !cancel)
          .sort((a, b) => a.due - b.due || a.i - b.i);
        expect(queue.size).toBe(model.length);
        expect(queue.nextDue).toBe(model[0]?.due);
        const taken: number[] = [];
        for (let item = queue.take(now); item !== undefined; item = queue.take(now)) taken.push(item);
        expect(taken).toEqual(model.filter(({ due }) => due <= now).map(({ i }) => i));
        expect(queue.size).toBe(model.length - taken.length);
      }),
    );
  });

  it('forgets cancelled timers before their time, and ignores a cancel that comes late or twice', () => {
    const queue = new TimerQueue<string>();
    let cancelled = 0;
    const count = (): void => {
      cancelled++;
    };
    const fired = queue.add(0, 'fired', count);
    expect(queue.take(0)).toBe('fired');
    fired.cancel();
    for (let i = 0; i < 100_000; i++) {
      const timer = queue.add(1e9 + i, 'never', count);
      timer.cancel();
      timer.cancel();
    }
    expect(cancelled).toBe(100_000);
    expect(queue.size).toBe(0);
    expect(queue.take(2e9)).toBeUndefined();
  });
});
