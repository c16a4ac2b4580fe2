import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ModuleReference } from '@tidegate/host';
import { describe, expect, test } from 'vitest';
import { NEVER, sinkOf, sourceOf } from './hostModules.js';

const DEADLINE = 30_000;

/** Runs a script of an embedding service in a process of its own; `start` in it starts a host. Ends it by force at the deadline. */
function embed(source: ModuleReference, sink: ModuleReference, script: string): Promise<{ code: number | null; output: string }> {
  const text = `
    import { startHost } from '@tidegate/host';
    const start = () => startHost({ source: ${JSON.stringify(source)}, sink: ${JSON.stringify(sink)}, workers: 1, startDeadline: 5_000 });
    ${script}`;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', text], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const add = (part: string): void => {
      output += part;
    };
    child.stdout.setEncoding('utf8').on('data', add);
    child.stderr.setEncoding('utf8').on('data', add);
    const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, output });
    });
  });
}

/** The process neither ends before the host does (then nothing would be printed) nor stays after it (then its code would be null). */
describe('the process of an embedding service ends when its host has, and not before', { timeout: DEADLINE + 5_000 }, () => {
  const wait =
    "const host = await start(); await host.finished.then(() => console.log('finished'), ({ code }) => console.log(code));";

  test.each<[string, ModuleReference, ModuleReference, string, string]>([
    ['after the end of the source', sourceOf(3), sinkOf(), wait, 'finished\n'],
    ['after the death of a thread', sourceOf(3), sinkOf('write() { process.exit(3); }'), wait, 'HOST_THREAD\n'],
    [
      'after a failed start',
      sourceOf(3),
      sinkOf('', 'throw new Error("no")'),
      'await start().catch(({ message }) => console.log(message));',
      'no',
    ],
    [
      'after a start whose other thread hangs',
      sourceOf(3, `open: () => ${NEVER}`),
      sinkOf('', 'process.exit(3)'),
      'await start().catch(({ code }) => console.log(code));',
      'HOST_THREAD\n',
    ],
    [
      'after an end that nobody looks at, good or bad',
      sourceOf(3),
      sinkOf('close() { throw new Error("no") }'),
      "process.on('exit', () => console.log('left')); start();",
      'left\n',
    ],
    [
      'after a stop that cuts off a blocked thread',
      sourceOf(1e9),
      sinkOf('write() { busy(60_000); }'),
      'const host = await start(); while (!((await host.inspect()).source?.changes > 0)); console.log((await host.stop({ deadline: 300 })).finished);',
      'false\n',
    ],
  ])('%s', async (_, source, sink, script, printed) => {
    const { code, output } = await embed(source, sink, script);
    expect(output).toContain(printed);
    expect(code).toBe(0);
  });

  test('a listener that throws is an uncaught exception of the process', async () => {
    const { code, output } = await embed(
      sourceOf(3),
      sinkOf(),
      "const host = await start(); host.on('checkpoint', () => { throw new Error('mine'); }); await host.finished;",
    );
    expect(output).toContain('Error: mine');
    expect(code).toBe(1);
  });
});
