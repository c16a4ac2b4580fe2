import { describe, expect, it } from 'vitest';
import { COORDINATOR_MUTANTS } from './coordinatorMutants.js';
import { DISPATCHER_MUTANTS } from './dispatcherMutants.js';
import { MAINTAINER_MUTANTS } from './maintainerMutants.js';
import { hunt } from './runMutant.js';

const ALL = [...DISPATCHER_MUTANTS, ...MAINTAINER_MUTANTS, ...COORDINATOR_MUTANTS];

describe('mistakes put into the actors are found', () => {
  it.concurrent.each(ALL)('$name ($rule): $what', { timeout: 300_000 }, async (mutant) => {
    const { found, tried, milliseconds } = await hunt(mutant);
    if (process.env.TIDEGATE_MUTANTS === '1')
      console.log(`| ${mutant.name} | ${mutant.profile} | ${mutant.seeds} | ${found?.seed} | ${found?.rule} | ${milliseconds} |`);
    expect(found, `survived ${tried} seeds of ${mutant.profile}`).toBeDefined();
  });
});
