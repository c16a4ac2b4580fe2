import { describe, expect, it } from 'vitest';
import { facts } from '../testing/requests.js';
import { PendingHeap } from './pendingHeap.js';

describe('pending heap', () => {
  it('Deduplicate: one entry per key, the first (B-32)', () => {
    const heap = new PendingHeap();
    const [first, second] = [{ facts: facts(10n, { type: 'all' }) }, { facts: facts(10n, { type: 'all' }) }];
    expect([heap.push(first), heap.push(second), heap.size]).toEqual([true, false, 1]);
    const popped = heap.popIfHead(first.facts.key);
    expect(popped.ready).toBe(true);
    expect(popped.candidate).toBe(first);
    expect(heap.popIfHead(first.facts.key)).toEqual({ ready: false, candidate: undefined });
  });

  it('PopIfHead: the smallest key first, a DDL before a sync point at its ts (B-1, B-33)', () => {
    const heap = new PendingHeap();
    const [ten, tenSync, twenty] = [
      { facts: facts(10n, { type: 'all' }) },
      { facts: facts({ commitTs: 10n, isSyncPoint: true }, { type: 'all' }) },
      { facts: facts(20n, { type: 'all' }) },
    ];
    for (const entry of [twenty, tenSync, ten]) heap.push(entry);
    expect(heap.popIfHead(twenty.facts.key)).toEqual({ ready: false, candidate: ten });
    for (const entry of [ten, tenSync, twenty]) expect(heap.popIfHead(entry.facts.key).ready).toBe(true);
  });

  it('keeps its order through many pushes and pops', () => {
    const heap = new PendingHeap();
    const keys = Array.from({ length: 200 }, (_, i) => BigInt((i * 7919) % 200));
    for (const key of keys) heap.push({ facts: facts(key, { type: 'all' }) });
    for (let key = 0n; key < 200n; key++) expect(heap.popIfHead({ commitTs: key, isSyncPoint: false }).ready).toBe(true);
    expect(heap.size).toBe(0);
  });

  it('drops what depends on a dispatcher that is gone (W-11)', () => {
    const heap = new PendingHeap();
    heap.push({ facts: facts(10n, undefined), owner: { handle: 7, generation: 1 } });
    heap.push({ facts: facts(20n, { type: 'all' }) });
    expect(heap.dropOwner(7, 2)).toBe(0);
    expect(heap.dropOwner(7, 1)).toBe(1);
    expect(heap.head()?.facts.key.commitTs).toBe(20n);
  });
});
