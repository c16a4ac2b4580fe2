import { startThreads } from '@tidegate/runtime';
import { describe, expect, it } from 'vitest';

/** An actor given as source text. */
function moduleOf(body: string): string {
  return `data:text/javascript,${encodeURIComponent(`export const createActor = (context, options) => (${body});`)}`;
}

async function start(...bodies: string[]) {
  const system = await startThreads({
    threads: bodies.map((body, i) => ({ name: `t${i}`, actors: [{ address: `a${i}`, module: moduleOf(body) }] })),
    links: bodies.length < 2 ? [] : [{ from: 'a0', to: 'a1', capacityBytes: 4_096 }],
  });
  const events: unknown[] = [];
  const faults: Error[] = [];
  let changed: () => void = () => {};
  const onChange = (): void => changed();
  system.on('event', ({ event }) => {
    events.push(event);
    onChange();
  });
  system.on('fault', (fault) => {
    faults.push(fault);
    onChange();
  });
  const until = (met: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      changed = () => {
        if (met()) resolve();
      };
      changed();
    });
  return { system, events, faults, until };
}

describe('what a thread tells the main thread', { timeout: 120_000 }, () => {
  it('an event that cannot be cloned is replaced by the reason and takes no other with it', async () => {
    const { system, events, until } = await start(
      '{ receive: () => { context.emit({ n: 1 }); context.emit({ f: () => 1 }); context.emit({ n: 2 }); } }',
    );
    await system.send('a0', 1);
    await until(() => events.length === 3);
    expect(events).toEqual([
      { n: 1 },
      expect.objectContaining({ message: expect.stringContaining('could not be cloned') }),
      { n: 2 },
    ]);
    await system.stop();
  });

  it('each thread tells what it has used', async () => {
    // By the thread's own clock: of the wall time, others may have the processor.
    const { system, events, until } = await start(
      `{ receive: (milliseconds) => {
        const { readFileSync } = process.getBuiltinModule('node:fs');
        const used = () => {
          if (process.threadCpuUsage !== undefined) {
            const { user, system } = process.threadCpuUsage();
            return (user + system) / 1_000;
          }
          try {
            return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ', 1)[0]) / 1e6;
          } catch {
            return performance.now();
          }
        };
        for (const end = used() + milliseconds; used() < end; );
        context.emit('used');
      } }`,
      '{ receive: () => {} }',
    );
    const usages = async () =>
      (await system.inspect()).threads.map((thread) => (thread.state === 'running' ? thread.usage : undefined));
    const [busyBefore, idleBefore] = await usages();
    await system.send('a0', 200);
    // An inspection may come before the message is handled.
    await until(() => events.length > 0);
    const [busy, idle] = await usages();
    const spent = [(busy?.cpu ?? 0) - (busyBefore?.cpu ?? 0), (idle?.cpu ?? 0) - (idleBefore?.cpu ?? 0)];
    if (busy?.cpu !== undefined) expect(spent[0]).toBeGreaterThan(2 * (spent[1] as number));
    for (const usage of [busy, idle]) {
      expect(usage?.heapUsed).toBeGreaterThan(1e6);
      expect(usage?.heapTotal).toBeGreaterThanOrEqual(usage?.heapUsed as number);
    }
    await system.stop();
  });

  it('an inspect that cannot be cloned, or throws, spoils only itself', async () => {
    const { system } = await start(
      '{ receive: () => {}, inspect: () => ({ f: () => 1 }) }',
      '{ receive: () => {}, inspect: () => { throw new Error("no"); } }',
    );
    const { threads } = await system.inspect();
    const details = threads.map((thread) => (thread.state === 'running' ? thread.actors[0]?.detail : thread));
    expect(details).toEqual([
      { inspectFailed: expect.stringContaining('could not be cloned') },
      { inspectFailed: expect.stringContaining('no') },
    ]);
    await system.stop();
  });

  it('while the main thread is busy, events with a key replace each other instead of piling up', async () => {
    const { system, events, until } = await start(
      '{ receive: (n) => { context.emit({ n }, "n"); if (n < 20_000) context.post(n + 1); else context.emit({ end: true }); } }',
    );
    await system.send('a0', 0);
    const end = performance.now() + 300;
    while (performance.now() < end);
    await until(() => events.some((event) => (event as { end?: boolean }).end === true));
    expect(events.slice(-2)).toEqual([{ n: 20_000 }, { end: true }]);
    expect(events.length).toBeLessThan(5_000);
    await system.stop();
  });

  it('a main thread that was busy for long still learns the last word', async () => {
    const { system, events, until } = await start(
      `{ receive: (n) => {
        context.emit({ n });
        if (n < 5_000) context.post(n + 1);
        else context.emit({ end: true });
      } }`,
    );
    await system.send('a0', 0);
    // Blocked until the thread is through, however slow it is: it has run out of places for events by then.
    for (let sleeping = new Int32Array(new SharedArrayBuffer(4)), i = 0; i < 10; i++) Atomics.wait(sleeping, 0, 0, 100);
    await until(() => events.some((event) => (event as { end?: boolean }).end === true));
    expect(events.at(-1)).toEqual({ end: true });
    const numbers = events.slice(0, -1).map((event) => (event as { n: number }).n);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    await system.stop();
  });

  it('a message that waited in the outbox and cannot travel fails its sender, which is named', async () => {
    const { system, faults, until } = await start(
      `{ receive: () => {
        for (let n = 0; n < 300; n++) context.send('a1', { type: 'fine', n });
        context.send('a1', { type: 'bad', f: () => 1 });
      } }`,
      '{ receive: () => {} }',
    );
    await system.send('a0', 1);
    await until(() => faults.length === 1);
    expect(faults[0]).toMatchObject({ code: 'RUNTIME_ACTOR_FAULT', address: 'a0', during: 'sending to a1' });
    expect(faults[0]?.message).toContain("message 'bad' cannot be encoded");
    expect(await system.stop({ deadline: 2_000 })).toMatchObject({ terminated: [] });
  });
});
