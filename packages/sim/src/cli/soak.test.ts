import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scenarioOf } from '../profiles.js';
import { soak } from './soak.js';

describe('npm run sim', () => {
  let printed: string[];
  let folder: string;
  let clock: number;
  const run = (...args: string[]) => soak(args, { print: (line) => printed.push(line), now: () => (clock += 10) });

  beforeEach(() => {
    printed = [];
    clock = 0;
    folder = mkdtempSync(join(tmpdir(), 'sim-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('runs seeds and says how many, and how fast', async () => {
    expect(await run('--seeds', '3', '--from', '7', '--profile', 'calm')).toBe(0);
    expect(printed.at(-1)).toMatch(/^3 seeds, 3 lives, \d+ steps in .* seeds\/s\): every rule held$/);
  });

  it('prints the story of one seed', async () => {
    expect(await run('--seed', '7', '--profile', 'calm', '--trace', '--lines', '5')).toBe(0);
    expect(printed.filter((line) => line.startsWith('t='))).toHaveLength(5);
  });

  it('exits 1 with the scenario, its story, a smaller one, and the command that runs it again', async () => {
    // A run that is not given the time to end breaks I-12.
    const file = join(folder, 'scenario.json');
    writeFileSync(file, JSON.stringify(scenarioOf(7, 'calm')));
    const status = await run('--scenario', file, '--shrink', '1', '--max-steps', '150');
    const text = printed.join('\n');
    expect(status, text).toBe(1);
    expect(text).toContain('FAILED: seed 7, profile calm');
    expect(text).toContain('npm run sim -- --seed 7 --profile calm --trace');
    expect(text).toContain('The smallest found in');
    expect(text).toMatch(/1 FAILED$/);
  });

  it.each([
    [['--seeds', 'many'], /--seeds must be a whole number from 1, not many/],
    [['--profile', 'none'], /--profile none: there are calm, /],
    [['--sede', '1'], /Unknown option '--sede'/],
    [['--scenario', 'no-such-file.json'], /the scenario cannot be read: .*no-such-file/],
  ])('%j: exits 2 and says why', async (args, why) => {
    expect(await run(...args)).toBe(2);
    expect(printed.join('\n')).toMatch(why);
  });

  it('helps', async () => {
    expect(await run('--help')).toBe(0);
    expect(printed.join('\n')).toContain('--keep-going');
  });
});
