import { describe, expect, it } from 'vitest';
import { type TransportBench, transportCases } from '../testing/transportContract.js';
import { MemoryTransport } from './memoryTransport.js';

const CAPACITY = 64;

/** Arrivals are held back by a transport that is driven: the contract's own clock drives it. */
async function openDriven(): Promise<TransportBench> {
  const transport = new MemoryTransport({ capacity: 2_000, manual: true });
  return { ...driven(transport), capacity: 2_000 };
}

function driven(transport: MemoryTransport): TransportBench {
  let stalled = false;
  const timer = setInterval(() => {
    for (const { from, to, queued } of stalled ? [] : transport.ways)
      for (let i = 0; i < queued; i++) transport.deliver(from, to);
  }, 1);
  return {
    transport,
    lose: async (host) => transport.lose(host),
    stall: () => {
      stalled = true;
      return () => {
        stalled = false;
      };
    },
    end: async () => clearInterval(timer),
  };
}

async function openFree(): Promise<TransportBench> {
  const transport = new MemoryTransport();
  return { transport, lose: async (host) => transport.lose(host), end: async () => undefined };
}

describe('memory transport: the contract of every transport', () => {
  for (const { name, run } of transportCases) {
    it(`driven: ${name}`, () => run(openDriven));
    it(`by itself: ${name}`, () => run(openFree));
  }
});

describe('memory transport, driven', () => {
  const silent = { message: () => undefined, joined: () => undefined, lost: () => undefined };
  const to = { host: 'b', actor: 'x' };

  it('lists its ways, delivers and loses what it is told to', async () => {
    const transport = new MemoryTransport({ manual: true, capacity: CAPACITY });
    const got: unknown[] = [];
    const a = await transport.attach('a', silent);
    await transport.attach('b', { ...silent, message: (_from, _to, message) => got.push(message) });
    for (const message of [1, 2, 3]) a.send('y', to, message);
    expect(transport.ways).toEqual([{ from: 'a', to: 'b', queued: 3 }]);
    expect(transport.deliver('a', 'b')).toMatchObject({ message: 1, from: { host: 'a', actor: 'y' }, to });
    expect(transport.drop('a', 'b')).toMatchObject({ message: 2 });
    transport.deliver('a', 'b');
    expect(transport.deliver('a', 'b')).toBeUndefined();
    expect(transport.drop('b', 'a')).toBeUndefined();
    expect([got, transport.lost, transport.ways]).toEqual([[1, 3], 1, []]);
  });

  it('loses silently what a cut or its option loses, and refuses beyond its bound', async () => {
    const transport = new MemoryTransport({ manual: true, capacity: 2, loses: ({ message }) => message === 'unlucky' });
    const a = await transport.attach('a', silent);
    await transport.attach('b', silent);
    expect(a.send('y', to, 'unlucky')).toBe('sent');
    transport.cut('a', 'b');
    expect(a.send('y', to, 1)).toBe('sent');
    transport.mend('a', 'b');
    expect([2, 3, 4].map((message) => a.send('y', to, message))).toEqual(['sent', 'sent', 'full']);
    expect(transport.lost).toBe(2);
    transport.lose('b');
    expect([transport.lost, transport.ways, a.send('y', to, 5)]).toEqual([4, [], 'unknown']);
  });

  it('refuses a capacity that is none', () => {
    for (const capacity of [0, 1.5, Number.NaN])
      expect(() => new MemoryTransport({ capacity })).toThrow(expect.objectContaining({ code: 'RUNTIME_TRANSPORT' }));
  });
});
