import { describe, expect, it } from 'vitest';
import type { Mutant } from './mutant.js';
import { hunt } from './runMutant.js';

/** Looks for each from seed 1 on, and prints where it was found. */
const MEASURE = process.env.TIDEGATE_MUTANTS === '1';
/** Seeds that are tried from the one that is known: a change elsewhere may turn its run into another one. */
const WINDOW = 5;

/** A test for each mutant. One after another: each of two files takes one core. */
export function checkMutants(mutants: readonly Mutant[]): void {
  describe('mistakes put into the actors are found', () => {
    it.each(mutants)('$name ($rule): $what', { timeout: 600_000 }, async (mutant) => {
      let result = MEASURE ? undefined : await hunt({ ...mutant, seeds: WINDOW }, mutant.first);
      if (result?.found === undefined) result = await hunt(mutant);
      const { found, tried, milliseconds } = result;
      if (MEASURE)
        console.log(
          `| ${mutant.name} | ${mutant.profile} | ${mutant.seeds} | ${found?.seed} | ${found?.rule} | ${milliseconds} |`,
        );
      expect(found, `survived ${tried} seeds of ${mutant.profile}`).toBeDefined();
    });
  });
}
