import { describe, expect, it } from 'vitest';
import type { Actor, ActorContext } from './actor.js';
import { createStepped, type SteppedSystem } from './stepped.js';

/** Passes numbers on at random, after random times: enough chance to tell runs apart. */
const wanderer = (context: ActorContext, peers: readonly string[]): Actor<{ n: number }> => ({
  receive: ({ n }) => {
    if (n === 0) return;
    const to = peers[context.random() % peers.length] as string;
    if (context.random() % 3 === 0) context.schedule(context.random() % 50, { n: n - 1 });
    else context.send(to, { n: n - 1 });
    context.emit(`${context.now()} ${context.self} ${n}`);
  },
});

const PEERS = ['a', 'b', 'c'];

async function start(seed: number, burst = 1): Promise<{ system: SteppedSystem; events: unknown[] }> {
  const system = await createStepped(
    {
      threads: [{ name: 't', actors: PEERS.map((address) => ({ address, create: wanderer as never, options: PEERS })) }],
      links: PEERS.flatMap((from) => PEERS.map((to) => ({ from, to }))),
    },
    { seed, burst },
  );
  const events: unknown[] = [];
  system.on('event', ({ event }) => events.push(event));
  for (const address of PEERS) await system.send(address, { n: 60 });
  return { system, events };
}

async function run(seed: number): Promise<{ trace: readonly string[]; events: unknown[] }> {
  const { system, events } = await start(seed);
  while (system.step() !== undefined);
  return { trace: [...system.trace], events };
}

describe('stepped', () => {
  it('does the same again with the same seed, and something else with another', async () => {
    const first = await run(42);
    expect(first.events).toHaveLength(180);
    expect(await run(42)).toEqual(first);
    expect((await run(43)).trace).not.toEqual(first.trace);
  });

  it('lists what is possible and takes the step that is chosen', async () => {
    const { system } = await start(1);
    expect(system.enabled()).toEqual(PEERS.map((to) => ({ type: 'self', to })));
    expect(system.step({ type: 'self', to: 'b' })).toEqual({ type: 'self', to: 'b' });
    expect(system.trace).toEqual(['0 self b']);
    expect(system.enabled().filter(({ type }) => type === 'self')).toHaveLength(2);
    expect(() => system.step({ type: 'self', to: 'nobody' })).toThrow(/no such step is possible/);
    expect(() => system.step({ type: 'deliver', from: 'nobody', to: 'a' })).toThrow(/no such step is possible/);
  });

  it('moves time only by timers and by advance', async () => {
    const { system } = await start(5);
    system.runUntilIdle();
    expect(system.now).toBe(0);
    const timer = system.enabled().at(-1);
    if (timer?.type !== 'timer') throw new Error('the run has no timer: choose another seed');
    system.step(timer);
    expect(system.now).toBe(timer.due);
    system.advance(1_000_000);
    expect(system.now).toBe(timer.due + 1_000_000);
    expect(system.enabled()).toEqual([]);
    expect(system.step()).toBeUndefined();
  });

  it('says when a run does not come to rest', async () => {
    const pingPong = (context: ActorContext): Actor => ({ receive: () => void context.send('b', 1) });
    const echo = (context: ActorContext): Actor => ({ receive: () => void context.send('a', 1) });
    const system = await createStepped({
      threads: [
        {
          name: 't',
          actors: [
            { address: 'a', create: pingPong },
            { address: 'b', create: echo },
          ],
        },
      ],
      links: [
        { from: 'a', to: 'b' },
        { from: 'b', to: 'a' },
      ],
    });
    await system.send('a', 1);
    expect(() => system.runUntilIdle(100)).toThrow(expect.objectContaining({ code: 'RUNTIME_NOT_IDLE' }));
  });

  it('stops on the virtual clock: a deadline of a day takes no time', async () => {
    const sleeper = (): Actor => ({ receive: () => {}, stop: () => new Promise(() => {}) });
    const system = await createStepped({ threads: [{ name: 't', actors: [{ address: 'a', create: sleeper }] }], links: [] });
    expect(await system.stop({ deadline: 86_400_000 })).toMatchObject({ clean: false, actors: [{ outcome: 'deadline' }] });
    expect(system.now).toBe(86_400_000);
  });
});
