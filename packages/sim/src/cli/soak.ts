import { readFileSync } from 'node:fs';
import { SimError } from '../errors.js';
import { scenarioOf } from '../profiles.js';
import { type RunResult, runScenario } from '../run/runScenario.js';
import type { Scenario } from '../scenario.js';
import { shrink } from '../shrink.js';
import { HELP, parseArguments, type SimArguments } from './arguments.js';
import { failureReport, Progress, shrunkReport } from './report.js';

const STORY = 200_000;

/** Where a soak writes and what its clock is: the terminal's, but for tests. */
export interface SoakSurroundings {
  readonly print: (line: string) => void;
  /** Milliseconds. */
  readonly now: () => number;
}

/** Runs seeds and reports what they broke. Returns the exit status: 0 all well, 1 a rule was broken, 2 the arguments cannot be used. */
export async function soak(args: readonly string[], { print, now }: SoakSurroundings): Promise<number> {
  let parsed: SimArguments;
  let scenario: Scenario | undefined;
  try {
    parsed = parseArguments(args);
    if (parsed.scenario !== undefined) scenario = JSON.parse(readFileSync(parsed.scenario, 'utf8')) as Scenario;
  } catch (error) {
    print(
      error instanceof SimError || error instanceof SyntaxError ? error.message : `the scenario cannot be read: ${String(error)}`,
    );
    return 2;
  }
  if (parsed.help) {
    print(HELP);
    return 0;
  }
  const progress = new Progress(print, now);
  const seeds = scenario === undefined ? parsed.seeds : 1;
  for (let seed = parsed.from; seed < parsed.from + seeds; seed++) {
    const result = await runScenario(scenario ?? scenarioOf(seed, parsed.profile), {
      story: parsed.trace ? STORY : 0,
      maxSteps: parsed.maxSteps,
    });
    progress.ran(result);
    if (parsed.trace) for (const line of result.story.lines({ count: parsed.lines })) print(line);
    if (result.violations.length === 0) continue;
    await reportFailure(result, parsed, { print, now });
    if (!parsed.keepGoing) break;
  }
  progress.finish();
  return progress.failed > 0 ? 1 : 0;
}

async function reportFailure(
  result: RunResult,
  { shrink: budget, lines, maxSteps }: SimArguments,
  { print, now }: SoakSurroundings,
): Promise<void> {
  const told = await runScenario(result.scenario, { story: STORY, maxSteps });
  for (const line of failureReport(told, lines)) print(line);
  if (budget === 0) return;
  const end = now() + budget;
  const smaller = await shrink(result, { giveUp: () => now() >= end, run: { maxSteps } });
  const shrunk = await runScenario(smaller.result.scenario, { story: STORY, maxSteps });
  for (const line of shrunkReport(shrunk, smaller.runs, lines)) print(line);
}
