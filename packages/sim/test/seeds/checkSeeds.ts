import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const SEEDS = Number(process.env.TIDEGATE_SEEDS ?? 2_000);
const FIRST = Number(process.env.TIDEGATE_SEED ?? 1);
/** Seeds of one test: small enough that a failing one is soon told, large enough that its process does not spend its time warming up. */
const BATCH = 250;
/** Milliseconds for one test: about thirty times what it takes on a quiet core. */
const TIMEOUT = 900_000;

const CHILD = fileURLToPath(new URL('runSeeds.mjs', import.meta.url));
const run = promisify(execFile);

/**
 * Runs every other seed, the profiles taking turns: each of two files takes a half, so that two cores share the work. The runs
 * are in processes of their own over the compiled packages: modules that a test runner has transformed are half as fast.
 */
export function checkSeeds(half: 0 | 1): void {
  const all = Math.ceil((SEEDS - half) / 2);
  for (let at = 0; at < all; at += BATCH) {
    const first = FIRST + half + 2 * at;
    const count = Math.min(BATCH, all - at);
    const last = first + 2 * (count - 1);
    test(`seeds ${first} to ${last} in steps of 2: every rule holds (I-1 to I-14)`, { timeout: TIMEOUT }, async () => {
      const { stdout } = await run(process.execPath, [CHILD, String(first), String(count), '2'], { maxBuffer: 1 << 24 });
      expect(JSON.parse(stdout)).toEqual([]);
    });
  }
}
