import { describe, expect, it } from 'vitest';
import { checkTopology, type LinkDeclaration, type Topology } from './topology.js';

const actor = (address: string) => ({ address, module: 'x:y' });
const two: Topology = {
  threads: [
    { name: 's', actors: [actor('a')] },
    { name: 't', actors: [actor('b')] },
  ],
  links: [],
};
const linked = (link: Partial<LinkDeclaration>): Topology => ({ ...two, links: [{ from: 'a', to: 'b', ...link }] });

describe('a topology that cannot run is refused with a reason', () => {
  it.each<[string, Topology, RegExp]>([
    ['no actor', { threads: [], links: [] }, /places no actor/],
    ['a thread twice', { ...two, threads: [...two.threads, { name: 's', actors: [] }] }, /two threads are called s/],
    ['an address twice', { ...two, threads: [{ name: 's', actors: [actor('a'), actor('a')] }] }, /two actors have the address a/],
    ['a reserved address', { ...two, threads: [{ name: 's', actors: [actor('@x')] }] }, /'@x' is no address/],
    [
      'neither module nor create',
      { ...two, threads: [{ name: 's', actors: [{ address: 'a' }] }] },
      /either a module or a create/,
    ],
    [
      'a tick of nothing',
      { ...two, threads: [{ name: 's', actors: [{ ...actor('a'), tickInterval: 0 }] }] },
      /tickInterval of a is 0/,
    ],
    ['a link to nobody', linked({ to: 'c' }), /link a to c names c, which no thread places/],
    ['a link twice', { ...two, links: [...linked({}).links, ...linked({}).links] }, /link a to b is declared twice/],
    ['a capacity that is no power of two', linked({ capacityBytes: 5_000 }), /capacityBytes is 5000/],
    ['a capacity too small', linked({ capacityBytes: 2_048 }), /capacityBytes is 2048/],
    ['a reserve too large', linked({ capacityBytes: 4_096, reserveBytes: 4_096 }), /reserveBytes is 4096/],
    ['a reserve of half a cell', linked({ reserveBytes: 16 }), /reserveBytes is 16/],
    ['an outbox of less than nothing', linked({ outbox: -1 }), /outbox is -1/],
  ])('%s', (_name, topology, message) => {
    expect(() => checkTopology(topology, 'single')).toThrow(expect.objectContaining({ code: 'RUNTIME_TOPOLOGY' }));
    expect(() => checkTopology(topology, 'single')).toThrow(message);
  });

  it('a good one passes', () => {
    expect(() => checkTopology(linked({ capacityBytes: 4_096, reserveBytes: 0, outbox: 0 }), 'threads')).not.toThrow();
  });
});
