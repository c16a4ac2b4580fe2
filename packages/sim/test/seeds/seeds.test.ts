import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const SEEDS = Number(process.env.TIDEGATE_SEEDS ?? 2_000);
const FIRST = Number(process.env.TIDEGATE_SEED ?? 1);
/** Seeds of one test: few enough that a failing one is soon told, so many that its processes do not just warm up. */
const BATCH = 500;
/** Processes of one test, each with every so manieth seed. */
const CORES = 2;
/** Milliseconds for one test: about thirty times what it takes on quiet cores. */
const TIMEOUT = 900_000;

const CHILD = fileURLToPath(new URL('runSeeds.mjs', import.meta.url));
const run = promisify(execFile);

/** Runs seeds over the compiled packages: modules that a test runner has transformed are half as fast. */
async function brokenOf(first: number, count: number, step: number): Promise<readonly unknown[]> {
  const { stdout } = await run(process.execPath, [CHILD, String(first), String(count), String(step)], { maxBuffer: 1 << 24 });
  return JSON.parse(stdout) as readonly unknown[];
}

for (let from = FIRST; from < FIRST + SEEDS; from += BATCH) {
  const count = Math.min(BATCH, FIRST + SEEDS - from);
  test(`seeds ${from} to ${from + count - 1}, the profiles in turn: every rule holds (I-1 to I-14)`, {
    timeout: TIMEOUT,
  }, async () => {
    const shares = Array.from({ length: CORES }, (_, i) => brokenOf(from + i, Math.ceil((count - i) / CORES), CORES));
    expect((await Promise.all(shares)).flat()).toEqual([]);
  });
}
