import { HostError } from '@tidegate/host';
import { describe, expect, test } from 'vitest';
import { ExitCode } from '../exitCode.js';
import { stormReport, stormSample } from '../testing/storms.js';
import { RecordedIo } from '../testing/surroundings.js';
import { readStormOptions, type StormCommandOptions } from './commandOptions.js';
import type { StormOptions } from './options.js';
import { stormCommand } from './stormCommand.js';

function options(...args: string[]): StormCommandOptions {
  const read = readStormOptions(args);
  if (read === 'help') throw new Error('no storm');
  return read;
}

describe('the storm command', () => {
  test('on a terminal draws its lines over themselves, and leaves the table alone on standard output', async () => {
    const io = new RecordedIo(true);
    const code = await stormCommand(options(), io, async ({ onSample }) => {
      onSample?.(stormSample({ phase: 'resting' }));
      onSample?.(stormSample());
      return stormReport();
    });
    expect(code).toBe(ExitCode.OK);
    // Three lines, then seven over them, then none.
    expect(io.stderr.text.replaceAll('\u001b', '^')).toMatch(/^at rest .*\^\[3A\rheld 1\.5 s .*\^\[7A\r\^\[J$/s);
    expect(io.stdout.text).toMatch(/^A storm: 100 dispatchers/);
    expect(io.listeners).toBe(0);
  });

  test('elsewhere says nothing before the table; with --quiet nothing at all', async () => {
    const run = async ({ onSample }: StormOptions) => {
      onSample?.(stormSample());
      return stormReport();
    };
    const [plain, quiet] = [new RecordedIo(), new RecordedIo(true)];
    await stormCommand(options(), plain, run);
    await stormCommand(options('--quiet'), quiet, run);
    expect(plain.stderr.text).toBe('');
    expect(plain.stdout.text).toContain('offered');
    expect(quiet.stderr.text + quiet.stdout.text).toBe('');
  });

  test('with --json prints a look a second, each new phase, and the summary last', async () => {
    const io = new RecordedIo(true);
    await stormCommand(options('--json', '-n', '100'), io, async ({ onSample }) => {
      for (const elapsed of [1_000, 1_500, 2_100]) onSample?.(stormSample({ elapsed }));
      onSample?.(stormSample({ elapsed: 2_200, phase: 'resuming' }));
      return stormReport();
    });
    const lines = io.json;
    expect(lines.map(({ event, phase, elapsedMs }) => [event, phase, elapsedMs])).toEqual([
      ['started', undefined, undefined],
      ['progress', 'held', 1_000],
      ['progress', 'held', 2_100],
      ['progress', 'resuming', 2_200],
      ['summary', undefined, undefined],
    ]);
    expect(lines[0]).toMatchObject({ dispatchers: 100, holdMs: 10_000 });
    expect(lines.at(-1)).toMatchObject({
      outcome: 'completed',
      counts: { offered: 1_232, suppressed: { outstanding: 900 } },
      timesMs: { held: 10_001, completion: 42 },
      threads: [
        { name: 'control', cpuMs: 650, held: 0.031 },
        { name: 'worker-0', cpuMs: null },
      ],
    });
    expect(io.stderr.text).toBe('');
  });

  test.each([
    ['SIGINT', ExitCode.INTERRUPTED],
    ['SIGTERM', ExitCode.TERMINATED],
  ] as const)('%s ends the storm and shows what there is; a second one ends at once', async (signal, code) => {
    const io = new RecordedIo();
    const run = ({ signal: ending }: StormOptions) =>
      new Promise<ReturnType<typeof stormReport>>((resolve) => {
        ending?.addEventListener('abort', () => {
          io.signal(signal);
          resolve(stormReport({ outcome: 'stopped' }));
        });
        io.signal(signal);
      });
    expect(await stormCommand(options(), io, run)).toBe(code);
    expect(io.exits).toEqual([code]);
    expect(io.stderr.text).toBe(`tidegate: ${signal}: stopping. Once more ends at once.\n`);
    expect(io.stdout.text).toMatch(/^Stopped early/);
  });

  test('fails where figures do not add up, and says so even when quiet', async () => {
    const io = new RecordedIo();
    expect(await stormCommand(options('-q'), io, async () => stormReport({ faults: ['1 is not 2'] }))).toBe(ExitCode.FAILED);
    expect(io.stderr.text).toBe('tidegate: 1 is not 2\n');
  });

  test('tells what ended the host', async () => {
    const [plain, json] = [new RecordedIo(), new RecordedIo()];
    const run = () => Promise.reject(new HostError('HOST_THREAD', 'worker-0 died'));
    expect(await stormCommand(options(), plain, run)).toBe(ExitCode.FAILED);
    await stormCommand(options('--json'), json, run);
    expect(plain.stderr.text).toBe('tidegate: worker-0 died (HOST_THREAD)\n');
    expect(json.json.at(-1)).toEqual({ event: 'error', code: 'HOST_THREAD', message: 'worker-0 died' });
  });
});
