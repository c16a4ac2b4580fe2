import { describe, expect, it } from 'vitest';
import { CoalescingQueue } from './coalescingQueue.js';

describe('the queue of what a thread tells', () => {
  it('keeps order; an item with a key takes the place of the earlier one', () => {
    const queue = new CoalescingQueue<string>(8);
    queue.push('checkpoint 1', 'checkpoint');
    queue.push('a barrier');
    queue.push('checkpoint 2', 'checkpoint');
    expect(queue.take()).toEqual(['checkpoint 2', 'a barrier']);
    queue.push('checkpoint 3', 'checkpoint');
    expect(queue.take()).toEqual(['checkpoint 3']);
    expect(queue.dropped).toBe(0);
  });

  it('drops at the bound the oldest without a key: never the last word, nor what has a key', () => {
    const queue = new CoalescingQueue<string>(4);
    queue.push('checkpoint 1', 'checkpoint');
    for (let n = 0; n < 100; n++) queue.push(`barrier ${n}`);
    queue.push('mark 1', 'mark');
    queue.push('fault');
    queue.push('checkpoint 2', 'checkpoint');
    expect(queue.size).toBe(4);
    expect(queue.take()).toEqual(['checkpoint 2', 'barrier 99', 'mark 1', 'fault']);
    expect(queue.dropped).toBe(99);
  });

  it('drops the newest where all have keys', () => {
    const queue = new CoalescingQueue<number>(2);
    for (let n = 0; n < 5; n++) queue.push(n, `key ${n}`);
    queue.push(10, 'key 0');
    expect(queue.take()).toEqual([10, 1]);
    expect(queue.dropped).toBe(3);
  });
});
