import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runTidegate } from './run.js';
import { RecordedIo } from './testing/surroundings.js';

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const io = new RecordedIo();
  const code = await runTidegate(args, io);
  return { code, out: io.stdout.text, err: io.stderr.text };
}

describe('help and version go to standard output', () => {
  test.each([
    [['--help'], 'Usage: tidegate COMMAND'],
    [['-h'], 'Usage: tidegate COMMAND'],
    [['help'], 'Usage: tidegate COMMAND'],
    [['help', 'verify'], 'Usage: tidegate verify'],
    [['replicate', '--help'], 'Usage: tidegate replicate'],
    [['verify', '-h'], 'Usage: tidegate verify'],
    [['redo', 'apply', '--help'], 'Usage: tidegate redo apply'],
    [['help', 'redo'], 'Usage: tidegate redo apply'],
  ])('%j', async (args, start) => {
    const { code, out, err } = await run(...args);
    expect([code, err]).toEqual([0, '']);
    expect(out.startsWith(start)).toBe(true);
    for (const line of out.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100);
    for (const exit of ['0 ', '1 ', '2 ', '130 ']) expect(out).toContain(`\n  ${exit}`);
  });

  test('--version', async () => {
    const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
    expect(await run('--version')).toEqual({ code: 0, out: `${manifest.version}\n`, err: '' });
  });
});

describe('a wrong command line ends with 2, says what, and where the help is', () => {
  test.each([
    [[], 'a command is needed: replicate, verify, redo or storm', 'tidegate --help'],
    [['replicat'], "there is no command 'replicat'; commands are replicate, verify, redo and storm", 'tidegate --help'],
    [['--json'], "there is no option '--json'; commands are replicate, verify, redo and storm", 'tidegate --help'],
    [['replicate', 'x'], 'replicate needs --to DIR, the directory to write to', 'tidegate replicate --help'],
    [
      ['replicate', 'x', '--to', 'y', '--workers', '0'],
      "--workers takes a whole number from 1 to 256, not '0'",
      'tidegate replicate --help',
    ],
    [['redo', 'apply', 'x'], 'redo apply needs --to OUT, the directory to write to', 'tidegate redo apply --help'],
    [['verify', 'x', '--what'], "Unknown option '--what'", 'tidegate verify --help'],
  ])('%j', async (args, message, help) => {
    expect(await run(...args)).toEqual({ code: 2, out: '', err: `tidegate: ${message}\nTry '${help}'.\n` });
  });
});
