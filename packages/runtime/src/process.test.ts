import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const here = fileURLToPath(new URL('..', import.meta.url));

interface Ending {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs a module in a process of its own; one that neither ends nor says why is killed, which fails the test. */
function runScript(body: string): Promise<Ending> {
  const script = `
    import { createLocal, startThreads } from '@tidegate/runtime';
    const module = new URL('./dist/testing/probe.js', 'file://${here}');
    const topology = {
      threads: ['a', 'b'].map((address) => ({ name: address + ' thread', actors: [{ address, module, tickInterval: 50 }] })),
      links: [{ from: 'a', to: 'b' }],
    };
    ${body}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: here, timeout: 20_000 });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output, errors })));
}

describe('the process', { timeout: 30_000 }, () => {
  for (const start of ['startThreads', 'createLocal']) {
    it(`${start}: is held by a running system and ends by itself after its stop`, async () => {
      const ending = await runScript(`
        const system = await ${start}(topology);
        // Nothing but the system holds the process until the event comes.
        system.on('event', async ({ event }) => {
          if (event.n !== 0) return;
          const report = await system.stop();
          console.log('clean', report.clean);
        });
        system.on('log', () => system.send('a', { type: 'emit', count: 1 }));
        const timer = setTimeout(() => system.send('a', { type: 'log', text: 'go' }), 300);
        timer.unref();
      `);
      expect(ending).toEqual({ code: 0, output: 'clean true\n', errors: '' });
    });

    it(`${start}: ends with the error when an actor fails and nobody listens`, async () => {
      const ending = await runScript(`
        const system = await ${start}(topology);
        await system.send('a', { type: 'throw', text: 'unheard of' });
      `);
      expect(ending.code).toBe(1);
      expect(ending.errors).toMatch(/RUNTIME_ACTOR_FAULT|ActorFaultError/);
      expect(ending.errors).toContain('unheard of');
    });
  }

  it('startThreads: neither hangs nor ends by accident when a thread dies and somebody listens', async () => {
    const ending = await runScript(`
      const system = await startThreads(topology);
      system.on('fault', async (error) => {
        console.log(error.code, error.thread, error.exitCode);
        const report = await system.stop({ deadline: 2000 });
        console.log(report.actors.map(({ address, outcome }) => address + ' ' + outcome).join(', '));
      });
      // That it was taken may die with the thread.
      await system.send('b', { type: 'crash', how: 'exit', code: 3 }).catch((error) => {
        if (error.reason !== 'thread-dead') throw error;
      });
    `);
    expect(ending).toEqual({ code: 0, output: 'RUNTIME_THREAD_DEATH b thread 3\na stopped, b lost\n', errors: '' });
  });

  it('startThreads: ends after a start that failed', async () => {
    const ending = await runScript(`
      topology.threads[1].actors[0].factory = 'nothing';
      await startThreads(topology).catch((error) => console.log(error.code));
    `);
    expect(ending).toEqual({ code: 0, output: 'RUNTIME_START\n', errors: '' });
  });

  it('startThreads: ends after terminate', async () => {
    const ending = await runScript(`
      const system = await startThreads(topology);
      await system.send('a', { type: 'crash', how: 'hang' });
      await system.terminate();
      console.log('gone');
    `);
    expect(ending).toEqual({ code: 0, output: 'gone\n', errors: '' });
  });
});
