import { tableColumnsOf } from '@tidegate/protocol';
import { DEFAULT_PEER_QUEUE, type RemoteAddress } from '@tidegate/runtime';
import { describe, expect, test } from 'vitest';
import { type HostActorsOptions, hostActors, hostsOf, startChangefeed } from './hostActors.js';

const create = (): never => {
  throw new Error('nobody starts it here');
};

function options(name: string, more: Partial<HostActorsOptions> = {}): HostActorsOptions {
  return {
    name,
    hosts: ['home', 'b', 'c'],
    peer: (remote) => ({ create, options: { remote } }),
    source: { module: 'file:///source.js' },
    sink: { module: 'file:///sink.js' },
    workers: 2,
    ...more,
  };
}

/** Addresses on the control thread, and whom the peers among them stand for. */
function control(given: HostActorsOptions): [string, RemoteAddress | undefined][] {
  const thread = hostActors(given).threads.find(({ name }) => name === 'control');
  return (thread?.actors ?? []).map(({ address, options: of }) => [address, (of as { remote?: RemoteAddress }).remote]);
}

describe('the actors of one host among several', () => {
  test("the first host has the maintainer, and a peer for each other host's coordinator with links both ways", () => {
    expect(control(options('home'))).toEqual([
      ['coordinator', undefined],
      ['maintainer', undefined],
      ['b/coordinator', { host: 'b', actor: 'coordinator' }],
      ['c/coordinator', { host: 'c', actor: 'coordinator' }],
    ]);
    const { links } = hostActors(options('home', { statusLaneBytes: 65_536 }));
    for (const far of ['b/coordinator', 'c/coordinator']) {
      expect(links).toContainEqual({ from: 'maintainer', to: far, capacityBytes: 65_536 });
      expect(links).toContainEqual({ from: far, to: 'maintainer', capacityBytes: 65_536 });
    }
  });

  test('any other host has a peer under the name of the maintainer, and the same links', () => {
    expect(control(options('c'))).toEqual([
      ['coordinator', undefined],
      ['maintainer', { host: 'home', actor: 'maintainer' }],
    ]);
    const { links } = hostActors(options('c'));
    expect(links.filter(({ from, to }) => from === 'maintainer' || to === 'maintainer')).toHaveLength(2);
  });

  test('sources pass over what is served elsewhere; a thread that dies is a fault, unless the owner sees to it', () => {
    const { threads } = hostActors(options('b'));
    expect(threads.find(({ name }) => name === 'source')?.actors[0]?.options).toMatchObject({ shared: true });
    // A transport lives by its thread's event loop.
    expect(new Set(threads.map(({ parking }) => parking))).toEqual(new Set(['event-loop']));
    expect(threads.map(({ restart }) => restart)).not.toContainEqual(expect.objectContaining({ limit: expect.anything() }));
    const restarted = hostActors(options('b', { restarts: 2 })).threads.find(({ name }) => name === 'worker-0');
    expect(restarted).toMatchObject({ restart: { limit: 2 } });
  });

  test('the maintainer is told the hosts by the addresses of their coordinators', () => {
    expect(hostsOf(['home', 'c'])).toEqual([
      { host: 'home', coordinator: 'coordinator' },
      { host: 'c', coordinator: 'c/coordinator' },
    ]);
  });

  test.each<[string, Partial<HostActorsOptions>, RegExp]>([
    ['no hosts', { hosts: [] }, /'hosts' is \[\]; it must be a list of names/],
    ['a host without a name', { hosts: ['home', ''] }, /'hosts'/],
    ['a host twice', { hosts: ['home', 'b', 'b'] }, /'hosts' is .* each host once/],
    ['a stranger', { name: 'd' }, /'name' is 'd'; it must be one of the hosts home, b, c/],
    ['no peers', { peer: DEFAULT_PEER_QUEUE as never }, /'peer' is 16384; it must be a function/],
    ['no workers', { workers: 0 }, /'workers' is 0/],
  ])('refused: %s', (_, more, message) => {
    expect(() => hostActors(options('home', more))).toThrow(expect.objectContaining({ code: 'HOST_OPTION' }));
    expect(() => hostActors(options('home', more))).toThrow(message);
  });
});

describe('starting the changefeed', () => {
  const table = { tableId: 7, schemaId: 3, splittable: false, schema: 's', table: 't', columns: [], version: 1n };

  /** A host whose source answers so. */
  function system(canReplay: boolean) {
    const sent: unknown[] = [];
    const ask = async (_: string, { type }: { type: string }): Promise<unknown> =>
      type === 'can-replay' ? canReplay : { startTs: 5n, tables: tableColumnsOf([table]) };
    return { sent, ask: ask as never, send: async (to: string, message: unknown) => void sent.push([to, message]) };
  }

  test('begins where the source was opened, with what exists there, over the hosts that are alive', async () => {
    const home = system(true);
    expect(await startChangefeed(home, options('home', { epoch: 9 }), ['home', 'c'])).toBe(5n);
    const tables = tableColumnsOf([{ tableId: 7, schemaId: 3, splittable: false }]);
    const start = { type: 'start', epoch: 9, startTs: 5n, tables };
    expect(home.sent).toEqual([['maintainer', { ...start, hosts: hostsOf(['home', 'c']) }]]);
  });

  test('is refused for a source that cannot be read again', async () => {
    const home = system(false);
    await expect(startChangefeed(home, options('home'))).rejects.toMatchObject({ code: 'HOST_REWIND' });
    expect(home.sent).toEqual([]);
  });
});
