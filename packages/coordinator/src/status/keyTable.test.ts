import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventTable, NO_EVENT } from './eventTable.js';
import { HashIndex } from './hashIndex.js';
import { ABSENT, KeyTable } from './keyTable.js';
import { OUTSTANDING, PENDING } from './stageBits.js';

test('hash index: behaves as a set under colliding hashes, insertions and removals', () => {
  const operation = fc.tuple(fc.nat(40), fc.boolean());
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
      const index = new HashIndex();
      const model = new Set<number>();
      const hashOf = (entry: number) => entry % 5;
      for (const [entry, isInsert] of operations) {
        if (isInsert && !model.has(entry)) {
          index.insert(entry, hashOf(entry));
          model.add(entry);
        } else if (!isInsert && model.delete(entry)) index.remove(entry, hashOf(entry));
        const found = new Set<number>();
        for (let probe = 0; probe < 5; probe++) {
          for (let at = probe & index.mask; index.slots[at] !== 0; at = (at + 1) & index.mask) {
            const other = (index.slots[at] ?? 0) - 1;
            if (hashOf(other) === probe) found.add(other);
          }
        }
        expect(found).toEqual(model);
        expect(index.size).toBe(model.size);
      }
    }),
    { numRuns: 100 },
  );
});

test('key table: entries, bits, owners and events behave as a map, whatever falls into the overflow', () => {
  const step = fc.record({
    kind: fc.constantFrom('add', 'set', 'clear', 'own', 'clearDispatcher', 'clearEvent'),
    handle: fc.constantFrom(0, 1, 2, 4095, 4096),
    generation: fc.constantFrom(1, 2, 0xffff_ffff),
    ts: fc.integer({ min: 1, max: 4 }),
    bits: fc.integer({ min: 1, max: 0x77 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const events = new EventTable(2);
      const keys = new KeyTable(events);
      const model = new Map<string, { bits: number; owner: number }>();
      for (const { kind, handle, generation, ts, bits } of steps) {
        const event = kind === 'add' ? events.intern(0, ts, 0) : events.find(0, ts, 0);
        const name = `${handle} ${generation} ${ts}`;
        const known = model.get(name);
        const change = (at: string, cleared: number) => {
          const entry = model.get(at);
          if (entry === undefined) return;
          entry.bits &= ~cleared;
          if (entry.bits === 0) model.delete(at);
        };
        if (kind === 'add') {
          // Stages L and Q add entries; a status is never outstanding first.
          const added = bits & 0x33;
          if (added === 0) continue;
          expect(keys.add(handle, generation, event, added, PENDING, 0)).toBe((known?.bits ?? 0) & PENDING);
          if (known === undefined) model.set(name, { bits: added, owner: 0 });
          else if ((known.bits & PENDING) === 0) known.bits |= added;
          const reference = keys.locate(handle, generation, event);
          if (known === undefined) keys.setOwner(reference, 0);
        } else if (event !== NO_EVENT) {
          if (kind === 'clear') {
            keys.clear(handle, generation, event, bits);
            change(name, bits);
          } else if (kind === 'set' && known !== undefined) {
            keys.setBits(keys.locate(handle, generation, event), bits);
            known.bits = bits;
          } else if (kind === 'clearEvent') {
            keys.clearEvent(event, bits);
            for (const at of [...model.keys()]) if (at.endsWith(` ${ts}`)) change(at, bits);
          } else if (kind === 'own' && known !== undefined) {
            keys.setOwner(keys.locate(handle, generation, event), bits);
            known.owner = bits;
          }
        }
        if (kind === 'clearDispatcher') {
          keys.clearDispatcher(handle, generation, bits);
          for (const at of [...model.keys()]) if (at.startsWith(`${handle} ${generation} `)) change(at, bits);
        }
        expect(keys.size).toBe(model.size);
        const outstanding = [...model.values()].filter((entry) => (entry.bits & (OUTSTANDING | (OUTSTANDING << 4))) !== 0);
        expect(keys.outstanding).toBe(outstanding.length);
        for (const [at, entry] of model) {
          const [h, g, t] = at.split(' ').map(Number) as [number, number, number];
          const found = keys.locate(h, g, events.find(0, t, 0));
          expect(found).not.toBe(ABSENT);
          expect([keys.bits(found), keys.owner(found)]).toEqual([entry.bits, entry.owner]);
        }
      }
      // All of it goes, and with it every event that is not among the idle ones.
      for (let ts = 1; ts <= 4; ts++) {
        const event = events.find(0, ts, 0);
        if (event !== NO_EVENT) keys.clearEvent(event, 0xff);
      }
      expect([keys.size, keys.outstanding]).toEqual([0, 0]);
      expect(events.size).toBeLessThanOrEqual(2);
    }),
    { numRuns: 200 },
  );
});
