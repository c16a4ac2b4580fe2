import { describe, expect, it } from 'vitest';
import type { ActorContext } from './actor.js';
import { act, both, village } from './testing/village.js';

describe('stepped: an actor that crashes', () => {
  it('loses its outbox, posts, timers and asks, and is not told to stop', async () => {
    const { system, people } = await village(both('a', 'b', { capacityBytes: 4_096, outbox: 8 }));
    act(system, 'a', (context) => {
      for (let i = 0; i < 114; i++) context.send('b', i); // 112 cells beside the reserve: two wait in the outbox
      context.schedule(10, 'timer');
      context.post('post');
      context.ask('b', 'asked', 1_000, () => context.emit('outcome'));
    });
    expect(people.of('a').context.backlog('b')).toBe(3);
    expect(system.crash('a')).toEqual([{ from: 'a', to: 'b', records: 0, messages: 112 }]);
    system.advance(5_000);
    expect(people.of('b').got).toEqual(Array.from({ length: 112 }, (_, i) => ['a', i]));
    expect(people.of('a')).toMatchObject({ got: [], stops: 0, aborts: 0 });
    expect(system.enabled()).toEqual([expect.objectContaining({ type: 'timer', to: 'b' })]);
  });

  it('says nothing more, whatever its promises still do', async () => {
    const { system, people } = await village(both('a', 'b'));
    const { context } = people.of('a');
    const outlet = context.records('b');
    const events: unknown[] = [];
    system.on('event', (event) => events.push(event));
    system.crash('a');
    await system.restart('a');
    context.send('b', 'from beyond');
    context.post('from beyond');
    context.emit('from beyond');
    context.log('error', 'from beyond');
    context.schedule(1, 'from beyond');
    expect(outlet.claim()).toBe(-1);
    system.advance(10);
    expect([people.of('a').got, people.of('b').got, events]).toEqual([[], [], []]);
  });

  it('takes with it what waits for it; sends to it are dead letters, asks end at once', async () => {
    const { system } = await village(both('a', 'b', { capacityBytes: 4_096, outbox: 4 }));
    const letters: string[] = [];
    system.on('dead-letter', ({ reason, type }) => letters.push(`${reason} ${type}`));
    let outcome: unknown;
    act(system, 'a', (context) => {
      context.ask('b', 'slow', 60_000, (given) => {
        outcome = given;
      });
      for (let i = 0; i < 115; i++) context.send('b', { type: `m${i}` });
    });
    expect(system.crash(['b'])).toEqual([{ from: 'a', to: 'b', records: 0, messages: 112 }]);
    system.runUntilIdle();
    expect(outcome).toMatchObject({ error: { reason: 'thread-dead' } });
    expect(letters).toEqual(['thread-dead m111', 'thread-dead m112', 'thread-dead m113', 'thread-dead m114']);
    act(system, 'a', (context) => expect(context.send('b', { type: 'later' })).toBe(true));
    expect(letters.at(-1)).toBe('thread-dead later');
    await expect(system.send('b', 'x')).rejects.toMatchObject({ reason: 'thread-dead' });
  });

  it('frees a sender that it had refused: told once, its message then a dead letter; records wait for the successor', async () => {
    const { system, people } = await village(both('a', 'b', { capacityBytes: 4_096, outbox: 0 }));
    const fill = (context: ActorContext) => {
      while (context.send('b', 'x', 'refusable'));
    };
    act(system, 'a', fill);
    system.crash('b');
    system.runUntilIdle();
    expect(people.of('a').rooms).toEqual(['b']);
    const outlet = people.of('a').context.records('b');
    act(system, 'a', () => expect(outlet.claim()).toBe(-1));
    system.runUntilIdle();
    expect(people.of('a').rooms).toEqual(['b']);
    await system.restart('b');
    system.runUntilIdle();
    expect(people.of('a').rooms).toEqual(['b', 'b']);
    act(system, 'a', () => {
      const at = outlet.claim();
      outlet.words[at + 1] = 77;
    });
    system.runUntilIdle();
    expect(people.of('b').got).toEqual([['a', 77]]);
  });

  it('cannot be made to crash in its own turn', async () => {
    const { system } = await village(both('a', 'b'));
    let code: unknown;
    act(system, 'a', () => {
      try {
        system.crash('a');
      } catch (error) {
        code = (error as { code: string }).code;
      }
    });
    expect(code).toBe('RUNTIME_IN_TURN');
    expect(() => system.crash('nobody')).toThrow(expect.objectContaining({ code: 'RUNTIME_TOPOLOGY' }));
  });

  it('is lost in the report of a stop, which waits for nobody because of it', async () => {
    const { system } = await village(both('a', 'b'));
    system.crash('a');
    const report = await system.stop();
    expect(report.clean).toBe(false);
    expect(report.actors).toMatchObject([
      { address: 'a', outcome: 'lost' },
      { address: 'b', outcome: 'stopped' },
    ]);
    expect(system.now).toBe(0);
  });
});

describe('stepped: its successor', () => {
  it('comes after everything that the dead had published, with an empty mailbox, other chance and a clean sheet', async () => {
    const { system, people } = await village(both('a', 'b'));
    let first: number[] = [];
    act(system, 'a', (context) => {
      for (let i = 0; i < 3; i++) context.send('b', `old ${i}`);
      first = [context.random(), context.random()];
    });
    act(system, 'b', (context) => context.send('a', 'for the dead'));
    system.crash('a');
    act(system, 'b', (context) => context.send('a', 'to nobody'));
    await system.restart('a', { options: { second: true } });
    act(system, 'a', (context) => {
      context.send('b', 'new');
      expect([context.random(), context.random()]).not.toEqual(first);
    });
    act(system, 'b', (context) => context.send('a', 'for the living'));
    system.runUntilIdle();
    expect(people.of('b').got.map((entry) => (entry as [string, unknown])[1])).toEqual(['old 0', 'old 1', 'old 2', 'new']);
    expect(people.of('a')).toMatchObject({ life: 1, got: [['b', 'for the living']] });
    expect(system.trace).toContain('0 restart a');
  });

  it('takes no reply that was meant for the dead', async () => {
    const { system, people } = await village(both('a', 'b'));
    const outcomes: unknown[] = [];
    const ask = (what: string) => (context: ActorContext) =>
      context.ask('b', what, 1_000, (outcome) => outcomes.push([what, outcome]));
    act(system, 'a', ask('old'));
    system.crash('a');
    await system.restart('a');
    act(system, 'a', ask('new'));
    system.runUntilIdle();
    // b replies to neither: both asks end with `no-reply`, the old one's in nobody's hands.
    expect(outcomes).toEqual([['new', { error: expect.objectContaining({ reason: 'no-reply' }) }]]);
    const { threads } = await system.inspect();
    const a = threads.flatMap((thread) => (thread.state === 'running' ? thread.actors : []))[0];
    expect(a).toMatchObject({ address: 'a', lateReplies: 1, asks: 0 });
    expect(people.lives.get('a')).toHaveLength(2);
  });

  it('is made of what the change says; a factory that throws leaves the address dead', async () => {
    const { system, people } = await village(both('a', 'b'));
    const refuse = () => {
      throw new Error('not today');
    };
    await expect(system.restart('a', { create: refuse })).rejects.toMatchObject({ code: 'RUNTIME_START' });
    await expect(system.send('a', 1)).rejects.toMatchObject({ reason: 'thread-dead' });
    await system.restart('a');
    await system.send('a', 1);
    system.runUntilIdle();
    expect(people.of('a').got).toEqual([['@outside', 1]]);
  });

  it('may be answered while it is still made, and by then has nothing of what was sent to the dead', async () => {
    const { system, people } = await village(both('a', 'b'));
    act(system, 'b', (context) => context.send('a', 'for the dead'));
    system.crash('a');
    const asking = (context: ActorContext) => {
      context.send('b', { act: (other: ActorContext) => other.send('a', 'the answer') });
      system.runUntilIdle();
      expect(people.of('a').got).toEqual([]);
      return people.create(context);
    };
    await system.restart('a', { create: asking });
    system.runUntilIdle();
    expect(people.of('a').got).toEqual([['b', 'the answer']]);
  });

  it('ticks in its own time, and may itself crash while another is dead', async () => {
    const { system, people } = await village(both('a', 'b'));
    system.crash(['a', 'b']);
    await system.restart('b');
    act(system, 'b', (context) => context.send('a', 'nobody there'));
    await system.restart('a');
    act(system, 'b', (context) => context.send('a', 'there you are'));
    act(system, 'a', (context) => context.send('b', 'and you'));
    system.runUntilIdle();
    expect(people.of('a').got).toEqual([['b', 'there you are']]);
    expect(people.of('b').got).toEqual([['a', 'and you']]);
    expect(system.enabled()).toHaveLength(1);
  });

  it('does the same again with the same seed', async () => {
    const run = async (): Promise<readonly string[]> => {
      const { system, people } = await village(both('a', 'b'));
      act(system, 'a', (context) => {
        for (let i = 0; i < 9; i++) context.send('b', i);
      });
      for (let i = 0; i < 3; i++) system.step();
      system.crash('b');
      await system.restart('b');
      act(system, 'b', (context) => context.emit(context.random()));
      system.advance(3_000);
      return [...system.trace, String(people.of('b').context.random())];
    };
    expect(await run()).toEqual(await run());
  });
});
