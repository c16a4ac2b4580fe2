import { describe, expect, it } from 'vitest';
import type { ActorContext } from './actor.js';
import { createLocal } from './local.js';
import { act, both, Village, village } from './testing/village.js';
import type { LinkDeclaration } from './topology.js';

describe('stepped: who comes and goes', () => {
  it('adds actors with links to those who are there, and forgets them with their links', async () => {
    const { system, people } = await village(both('a', 'b'));
    await system.addActors([{ address: 'c', create: people.create }], both('a', 'c'));
    act(system, 'a', (context) => context.send('c', 'welcome'));
    system.runUntilIdle();
    expect(people.of('c').got).toEqual([['a', 'welcome']]);
    act(system, 'a', (context) => context.send('c', 'on its way'));
    act(system, 'c', (context) => context.send('a', 'too late'));
    system.removeActors(['c']);
    system.runUntilIdle();
    expect(people.of('a').got).toEqual([]);
    await expect(system.send('c', 1)).rejects.toMatchObject({ reason: 'unknown-address' });
    await system.addActors([{ address: 'c', create: people.create }], both('a', 'c'));
    act(system, 'a', (context) => context.send('c', 'again'));
    system.runUntilIdle();
    expect(people.of('c').got).toEqual([['a', 'again']]);
    expect((await system.stop()).clean).toBe(true);
  });

  it('refuses an address that is taken and a link to nobody', async () => {
    const { system, people } = await village(both('a', 'b'));
    const add = (address: string, links: LinkDeclaration[]) => system.addActors([{ address, create: people.create }], links);
    await expect(add('a', [])).rejects.toMatchObject({ code: 'RUNTIME_TOPOLOGY' });
    await expect(add('c', both('c', 'd'))).rejects.toMatchObject({ code: 'RUNTIME_TOPOLOGY' });
  });
});

describe('stepped: clocks and observation', () => {
  it('jumps without firing; what is overdue fires one by one when stepped', async () => {
    const { system, people } = await village([{ from: 'a', to: 'b' }]);
    act(system, 'a', (context) => {
      context.schedule(10, 'first');
      context.schedule(20, 'second');
    });
    system.jump(500);
    expect([system.now, people.of('a').got]).toEqual([500, []]);
    expect(system.enabled()).toEqual([{ type: 'timer', to: 'a', due: 10 }]);
    system.step();
    system.step();
    expect([system.now, people.of('a').got]).toEqual([500, [['a', 'first']]]);
    system.advance(0);
    expect(people.of('a').got).toEqual([
      ['a', 'first'],
      ['a', 'second'],
    ]);
  });

  it('shifts the clock of one actor, and of its successors, and never back', async () => {
    const { system, people } = await village(both('a', 'b'));
    system.shiftClock(['a'], 90);
    expect([people.of('a').context.now(), people.of('b').context.now()]).toEqual([90, 0]);
    await system.restart('a');
    expect(people.of('a').context.now()).toBe(90);
    act(system, 'a', (context) => context.schedule(10, 'in ten'));
    system.advance(10);
    expect(people.of('a').got).toEqual([['a', 'in ten']]);
    expect(() => system.shiftClock(['a'], -1)).toThrow(expect.objectContaining({ code: 'RUNTIME_CLOCK' }));
  });

  it('shows every delivery with its time, before it is handled', async () => {
    const { system } = await village(both('a', 'b'));
    const seen: unknown[] = [];
    system.observe(({ time, from, to, kind, content }) =>
      seen.push([time, from, to, kind, kind === 'record' ? (content as Uint32Array)[1] : content]),
    );
    act(system, 'a', (context) => {
      const outlet = context.records('b');
      outlet.words[outlet.claim() + 1] = 5;
      context.send('b', 'hello');
      context.schedule(7, 'later');
    });
    system.advance(7);
    expect(seen.slice(1)).toEqual([
      [0, 'a', 'b', 'record', 5],
      [0, 'a', 'b', 'message', 'hello'],
      [7, 'a', 'a', 'message', 'later'],
    ]);
    system.observe(undefined);
    act(system, 'a', (context) => context.send('b', 'unseen'));
    system.runUntilIdle();
    expect(seen).toHaveLength(4);
  });
});

describe('local: an actor that crashes', () => {
  it('has a successor on the real clock; a hard stop tells the living', async () => {
    const people = new Village();
    const actors = ['a', 'b'].map((address) => ({ address, create: people.create }));
    const system = await createLocal({ threads: [{ name: 't', actors }], links: both('a', 'b') });
    system.crash('b');
    await expect(system.ask('b', 1, { deadline: 1_000 })).rejects.toMatchObject({ reason: 'thread-dead' });
    await system.restart('b');
    await system.send('a', { act: (context: ActorContext) => context.send('b', 'hello') });
    await expect.poll(() => people.of('b').got).toEqual([['a', 'hello']]);
    await system.terminate();
    expect(people.of('b')).toMatchObject({ stops: 0, aborts: 1 });
    expect(people.lives.get('b')?.[0]).toMatchObject({ stops: 0, aborts: 0 });
  });
});
