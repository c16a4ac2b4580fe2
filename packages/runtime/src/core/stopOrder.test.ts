import { describe, expect, it } from 'vitest';
import type { Topology } from '../topology.js';
import { stopGroups } from './stopOrder.js';

const topology: Topology = {
  threads: ['source', 'workers', 'control'].map((name) => ({
    name,
    actors: (name === 'workers' ? ['w0', 'w1'] : [`${name} 1`, `${name} 2`]).map((address) => ({ address, module: 'x:y' })),
  })),
  links: [],
};

describe('stop order', () => {
  it('is that of the threads by default, one actor after the other', () => {
    expect(stopGroups(topology)).toEqual([['source 1'], ['source 2'], ['w0'], ['w1'], ['control 1'], ['control 2']]);
  });

  it('takes addresses and threads, alone or together, each actor once, and the rest last', () => {
    expect(stopGroups(topology, ['control 2', ['workers', 'w1'], 'control'])).toEqual([
      ['control 2'],
      ['w0', 'w1'],
      ['control 1'],
      ['source 1'],
      ['source 2'],
    ]);
  });

  it('prefers the order of the call to that of the topology', () => {
    const ordered = { ...topology, stopOrder: ['w1'] };
    expect(stopGroups(ordered)[0]).toEqual(['w1']);
    expect(stopGroups(ordered, ['w0'])[0]).toEqual(['w0']);
  });

  it('refuses a name that nothing has', () => {
    expect(() => stopGroups(topology, ['w2'])).toThrow(/names w2, which is neither an actor nor a thread/);
  });
});
