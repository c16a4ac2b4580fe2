import { describe, expect, it } from 'vitest';
import type { Actor, ActorContext } from '../actor.js';
import { createLocal, type LocalSystem } from '../local.js';
import { createStepped } from '../stepped.js';
import { HostGate } from './hostGate.js';
import { MemoryTransport } from './memoryTransport.js';
import { createPeer } from './peer.js';

interface Heard {
  readonly at: string;
  readonly from: string;
  readonly message: unknown;
}

const HOSTS = ['h1', 'h2', 'h3'];

/** A host with one actor, `me`, and a peer for the `me` of each other host. */
async function startHost(
  transport: MemoryTransport,
  host: string,
  heard: Heard[],
): Promise<{ system: LocalSystem; gate: HostGate }> {
  const gate = await HostGate.open(transport, host);
  const others = HOSTS.filter((other) => other !== host);
  const me = (context: ActorContext): Actor => ({
    receive: (message, from) => {
      if (from !== '@outside') heard.push({ at: host, from, message });
      else for (const other of others) context.send(`${other}/me`, message);
    },
  });
  const peers = others.map((other) => ({
    address: `${other}/me`,
    create: (context: ActorContext) => createPeer(context, { gate, remote: { host: other, actor: 'me' } }),
  }));
  const system = await createLocal({
    threads: [{ name: 't', actors: [{ address: 'me', create: me }, ...peers] }],
    links: peers.flatMap(({ address }) => [
      { from: 'me', to: address },
      { from: address, to: 'me' },
    ]),
  });
  return { system, gate };
}

describe('peers', () => {
  it('three hosts exchange messages, each in order, as if all were neighbours; one that is lost comes back', async () => {
    const transport = new MemoryTransport();
    const heard: Heard[] = [];
    const hosts = new Map<string, { system: LocalSystem; gate: HostGate }>();
    for (const host of HOSTS) hosts.set(host, await startHost(transport, host, heard));
    await expect.poll(() => [...hosts.values()].every(({ gate }) => gate.present.size === 2)).toBe(true);
    for (let i = 0; i < 50; i++) for (const [host, { system }] of hosts) await system.send('me', `${host} ${i}`);
    await expect.poll(() => heard.length).toBe(300);
    for (const at of HOSTS) {
      for (const other of HOSTS.filter((name) => name !== at)) {
        const stream = heard.filter((entry) => entry.at === at && entry.from === `${other}/me`);
        expect(stream.map(({ message }) => message)).toEqual(Array.from({ length: 50 }, (_, i) => `${other} ${i}`));
      }
    }

    const news: string[] = [];
    hosts.get('h1')?.gate.watch((host, state) => news.push(`${state} ${host}`));
    transport.lose('h3');
    await hosts.get('h3')?.system.terminate();
    await expect.poll(() => news).toEqual(['joined h2', 'joined h3', 'lost h3']);
    heard.length = 0;
    await hosts.get('h1')?.system.send('me', 'to who is left');
    await expect.poll(() => heard).toEqual([{ at: 'h2', from: 'h1/me', message: 'to who is left' }]);
    hosts.set('h3', await startHost(transport, 'h3', heard));
    await expect.poll(() => news.at(-1)).toBe('joined h3');
    await hosts.get('h1')?.system.send('me', 'to all again');
    await expect.poll(() => heard.filter(({ message }) => message === 'to all again')).toHaveLength(2);
    for (const { system } of hosts.values()) await system.terminate();
  });

  it('cannot be asked, and says so at once; losses are counted and silent', async () => {
    const transport = new MemoryTransport({ manual: true, capacity: 2 });
    const gate = await HostGate.open(transport, 'h1');
    const arrived: unknown[] = [];
    const other = await transport.attach('h2', { message: () => undefined, joined: () => undefined, lost: () => undefined });
    const outcomes: unknown[] = [];
    const me = (context: ActorContext): Actor => ({
      receive: (message, from) => {
        if (from === 'far') arrived.push(message);
        else if (message === 'ask') context.ask('far', 'anything', 60_000, (outcome) => outcomes.push(outcome));
        else context.send('far', message);
      },
    });
    const far = (context: ActorContext): Actor => createPeer(context, { gate, remote: { host: 'h2', actor: 'x' }, arrivals: 3 });
    const system = await createStepped({
      threads: [
        {
          name: 't',
          actors: [
            { address: 'me', create: me },
            { address: 'far', create: far },
          ],
        },
      ],
      links: [
        { from: 'me', to: 'far' },
        { from: 'far', to: 'me' },
      ],
    });
    await system.send('me', 'ask');
    for (let i = 0; i < 3; i++) await system.send('me', i);
    system.runUntilIdle();
    expect(outcomes).toEqual([{ error: expect.objectContaining({ code: 'RUNTIME_ASK', reason: 'remote' }) }]);
    expect(transport.ways).toEqual([{ from: 'h1', to: 'h2', queued: 2 }]);
    for (let i = 0; i < 5; i++) {
      other.send('x', { host: 'h1', actor: 'me' }, i);
      transport.deliver('h2', 'h1');
    }
    other.send('stranger', { host: 'h1', actor: 'me' }, 'who is this');
    transport.deliver('h2', 'h1');
    transport.lose('h2');
    await system.send('me', 'too late');
    system.runUntilIdle();
    expect([arrived, gate.unroutable]).toEqual([[0, 1, 2], 1]);
    const { threads } = await system.inspect();
    const peer = threads.flatMap((thread) => (thread.state === 'running' ? thread.actors : []))[1];
    expect(peer).toMatchObject({
      counters: { sent: 2, 'lost-full': 1, 'lost-unknown': 1, arrived: 3, 'lost-waiting': 2 },
      detail: { present: false, waiting: 0 },
    });
  });

  it('stands for actors of other hosts only', async () => {
    const gate = await HostGate.open(new MemoryTransport(), 'h1');
    expect(() => gate.register({ host: 'h1', actor: 'me' }, () => undefined)).toThrow(/lives on this host/);
    await gate.close();
    expect(gate.send('me', { host: 'h2', actor: 'x' }, 1)).toBe('closed');
  });
});
