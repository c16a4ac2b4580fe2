import { describe, expect, it } from 'vitest';
import { done, facts, none, requestOf, waiting } from '../testing/requests.js';
import { Gate } from './gate.js';

const d1 = { handle: 2, generation: 1 };
const at = (ts: bigint) => facts(ts, { type: 'normal', tableIds: [1, 2] });

describe('gate', () => {
  it('FilterBlockStatusEventDeduplicatesRequestStatuses: the first of each kind, in order, in a new request (G-2, G-3, G-5)', () => {
    const gate = new Gate();
    const event = at(100n);
    const request = requestOf(
      'capture-1',
      [waiting, waiting, done, done, none, none].map((make) => make(d1, event)),
    );
    const before = request.handle.slice();
    const gated = gate.admit(request);
    expect(gated?.request).not.toBe(request);
    expect([...(gated?.request.stage ?? [])]).toEqual([1, 3, 0]);
    expect(gated?.keys).toBe(3);
    expect(request.handle).toEqual(before);
    expect(gate.suppressed).toBe(3);
  });

  it('PushEventSuppressesDuplicatesUntilRelease (G-6)', () => {
    const gate = new Gate();
    const request = requestOf('capture-1', [waiting(d1, at(200n))]);
    const first = gate.admit(request);
    expect(first?.keys).toBe(1);
    expect(gate.admit(request)).toBeUndefined();
    if (first !== undefined) gate.release(first);
    expect(gate.admit(request)?.keys).toBe(1);
  });

  it('an empty request passes (G-7)', () => {
    expect(new Gate().admit(requestOf('capture-1', []))).toMatchObject({ keys: 0 });
  });

  it('sender, mode, generation, event, sync point and stage all make a key of their own (G-2)', () => {
    const gate = new Gate();
    const sync = facts({ commitTs: 100n, isSyncPoint: true }, { type: 'all' });
    const requests = [
      requestOf('capture-1', [waiting(d1, at(100n))]),
      requestOf('capture-2', [waiting(d1, at(100n))]),
      requestOf('capture-1', [waiting(d1, at(100n))], { mode: 1 }),
      requestOf('capture-1', [waiting({ handle: 2, generation: 2 }, at(100n))]),
      requestOf('capture-1', [waiting(d1, at(101n))]),
      requestOf('capture-1', [waiting(d1, sync)]),
      requestOf('capture-1', [done(d1, at(100n))]),
    ];
    const gated = requests.map((request) => gate.admit(request));
    expect(gated.map((one) => one?.keys)).toEqual([1, 1, 1, 1, 1, 1, 1]);
    expect(requests.map((request) => gate.admit(request))).toEqual(requests.map(() => undefined));
    for (const one of gated.reverse()) if (one !== undefined) gate.release(one);
    expect(gate.reserved).toBe(0);
  });

  it('a handle that nobody can have reserves nothing (G-4)', () => {
    const gate = new Gate();
    const stray = requestOf('capture-1', [waiting({ handle: 0x100_0000, generation: 1 }, at(1n))]);
    expect([gate.admit(stray)?.keys, gate.admit(stray)?.keys]).toEqual([0, 0]);
  });

  it('reserves and frees the same keys as a set of strings, whatever the order (model, I-10)', () => {
    let seed = 7;
    const pick = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 8) % below;
    };
    const gate = new Gate();
    const model = new Set<string>();
    const held: { gated: NonNullable<ReturnType<Gate['admit']>>; keys: string[] }[] = [];
    for (let step = 0; step < 3_000; step++) {
      if (pick(3) > 0) {
        const from = `capture-${pick(2)}`;
        const statuses = Array.from({ length: pick(6) }, () => {
          return (([waiting, done, none] as const)[pick(3)] ?? none)(
            { handle: 2 + pick(4), generation: 1 + pick(2) },
            at(BigInt(pick(3))),
          );
        });
        const name = (status: (typeof statuses)[number]): string =>
          `${from} ${status.handle} ${status.generation} ${status.facts.key.commitTs} ${status.stage}`;
        const fresh: string[] = [];
        for (const status of statuses) {
          if (model.has(name(status))) continue;
          model.add(name(status));
          fresh.push(name(status));
        }
        const gated = gate.admit(requestOf(from, statuses));
        expect(gated?.keys ?? 0).toBe(fresh.length);
        if (gated !== undefined) held.push({ gated, keys: fresh });
      } else if (held.length > 0) {
        const [one] = held.splice(pick(held.length), 1);
        if (one === undefined) continue;
        gate.release(one.gated);
        for (const key of one.keys) model.delete(key);
      }
      expect(gate.reserved).toBe(model.size);
    }
    for (const { gated } of held) gate.release(gated);
    expect(gate.reserved).toBe(0);
  });
});
