// Runs the simulator with one mutant in it: a process of its own, so that nothing else meets the changed files.
// Takes a job as JSON in its first argument and prints one line of JSON: where the mutant was found, or that it was not.

import { readFileSync } from 'node:fs';
import { register } from 'node:module';

const { edits, profile, from, seeds, override } = JSON.parse(process.argv[2]);
const suffixed = edits.map(({ file, find, replace }) => {
  const [pkg, ...path] = file.split('/');
  const suffix = `/packages/${pkg}/dist/${path.join('/')}`;
  // The hooks see only what is loaded: a file that is not there any more would go unnoticed.
  const count = readFileSync(new URL(`../../../..${suffix}`, import.meta.url), 'utf8').split(find).length - 1;
  if (count !== 1) throw new Error(`${file} holds what a mutant replaces ${count} times, not once: ${find}`);
  return { suffix, find, replace };
});
register('./hooks.mjs', import.meta.url, { data: { edits: suffixed } });
const { runScenario, scenarioOf } = await import('../../dist/index.js');
const { SCENARIOS } = await import('./scenarios.mjs');

/** A run of these profiles takes some ten thousand steps. */
const MOST_STEPS = 100_000;
const began = performance.now();
let found;
let seed = from;
for (; seed < from + seeds && found === undefined; seed++) {
  const made = SCENARIOS[profile]?.(seed) ?? { scenario: scenarioOf(seed, profile) };
  const scenario = { ...made.scenario, ...override, maintainer: { ...made.scenario.maintainer, ...override?.maintainer } };
  try {
    const result = await runScenario(scenario, { ...made.options, maxSteps: MOST_STEPS });
    const { violations, steps } = result;
    const [first] = [...violations, ...(made.verdict?.(result) ?? [])];
    if (first !== undefined) found = { seed, rule: first.rule, text: first.text, steps };
  } catch (error) {
    found = { seed, rule: 'THROWN', text: String(error), steps: 0 };
  }
}
const tried = seed - from;
process.stdout.write(`${JSON.stringify({ found, tried, milliseconds: Math.round(performance.now() - began) })}\n`);
