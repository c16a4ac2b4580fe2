import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Machine } from './harness/machine.js';
import type { MeasurementResult } from './harness/measure.js';
import { MEASUREMENTS } from './measurements/all.js';
import { TARGETS } from './report/targets.js';

/*
 * The benchmarks in short form, by the command itself: each finishes, has verified what arrived, and the ratios hold that
 * hold on any machine. No figure in seconds is asserted anywhere.
 */

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const PATIENCE = 120_000;

/** What takes minutes is the same code at a larger scale. */
const SHORT = MEASUREMENTS.filter(({ onlyFull }) => onlyFull !== true).map(({ name }) => name);

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-bench-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function bench(...args: readonly string[]) {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', timeout: PATIENCE });
}

function shortRun(
  name: string,
  runs: number,
): { readonly machine: Machine; readonly result: MeasurementResult; readonly printed: string } {
  const json = join(folder, `${name}.json`);
  const out = join(folder, name);
  const { status, stdout, stderr } = bench('--quick', '--runs', String(runs), '--only', name, '--json', json, '--out', out);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const { machine, results } = JSON.parse(readFileSync(json, 'utf8')) as { machine: Machine; results: MeasurementResult[] };
  const result = results[0];
  if (result === undefined || results.length !== 1) throw new Error(`${results.length} results of one measurement`);
  return { machine, result, printed: stdout };
}

function ratioOf({ cases }: MeasurementResult, name: string): number {
  const ratio = cases.find((one) => one.name === name)?.ratio;
  if (ratio === undefined) throw new Error(`case '${name}' has no ratio`);
  return ratio;
}

describe('short form', () => {
  it.each(SHORT.filter((name) => name !== 'lane' && name !== 'pending-map'))(
    '%s finishes and verifies what arrived',
    (name) => {
      const { result, machine, printed } = shortRun(name, 1);
      expect(result.cases.length).toBeGreaterThan(0);
      for (const { rate, figures } of result.cases) {
        const summaries = [...(rate ? [rate] : []), ...Object.values(figures ?? {})];
        expect(summaries.length).toBeGreaterThan(0);
        for (const { median } of summaries) expect(median).toEqual(expect.any(Number));
      }
      expect(machine).toMatchObject({ node: process.version, command: expect.stringContaining('--quick') });
      expect(printed).toContain(`${name}: ${result.title}`);
    },
    PATIENCE,
  );

  it(
    'a lane carries at least ten times what postMessage of batches does',
    () => {
      const { result } = shortRun('lane', 3);
      expect(ratioOf(result, 'lane')).toBeGreaterThan(10);
    },
    PATIENCE,
  );

  it(
    'the pending map is faster than a Set of strings',
    () => {
      const { result } = shortRun('pending-map', 3);
      expect(ratioOf(result, 'ours, unique')).toBeGreaterThan(2);
      expect(ratioOf(result, 'ours, 95 % duplicates')).toBeGreaterThan(4);
    },
    PATIENCE,
  );
});

describe('command', () => {
  it('names its measurements', () => {
    const { status, stdout } = bench('--help');
    expect(status).toBe(0);
    for (const { name } of MEASUREMENTS) expect(stdout).toContain(`  ${name} `);
  });

  it('has a target only for what is measured', () => {
    const names = MEASUREMENTS.map(({ name }) => name);
    for (const { measurement } of TARGETS) expect(names).toContain(measurement);
  });

  it('refuses what it does not know, with exit status 2', () => {
    const { status, stderr } = bench('--only', 'lanes');
    expect(status).toBe(2);
    expect(stderr).toContain("there is no measurement 'lanes'");
  });
});
