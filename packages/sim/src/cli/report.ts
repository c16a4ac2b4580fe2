import type { RunResult } from '../run/runScenario.js';

/** Milliseconds between two lines of progress. */
const PACE = 5_000;

/** A failing run in lines: what was broken, the scenario, the end of its story, and the command that runs it again. */
export function failureReport({ scenario, violations, story, steps, lives }: RunResult, lines: number): string[] {
  return [
    '',
    `FAILED: seed ${scenario.seed}, profile ${scenario.profile}, after ${steps} steps in ${lives} ${lives === 1 ? 'life' : 'lives'}`,
    ...violations.map(({ rule, text, at }) => `  ${rule} at t=${at}: ${text}`),
    'Scenario:',
    `  ${JSON.stringify(scenario)}`,
    'The end of its story:',
    ...story.lines({ count: lines }).map((line) => `  ${line}`),
    'Run it again:',
    `  npm run sim -- --seed ${scenario.seed} --profile ${scenario.profile} --trace`,
  ];
}

/** The smallest scenario found that fails alike. */
export function shrunkReport({ scenario, violations, story, steps }: RunResult, runs: number, lines: number): string[] {
  return [
    '',
    `The smallest found in ${runs} runs takes ${steps} steps. Put it into a file, then: npm run sim -- --scenario FILE --trace`,
    `  ${JSON.stringify(scenario)}`,
    ...violations.map(({ rule, text, at }) => `  ${rule} at t=${at}: ${text}`),
    'Its story:',
    ...story.lines({ count: lines }).map((line) => `  ${line}`),
  ];
}

/** Counts runs and tells how it goes every few seconds. */
export class Progress {
  failed = 0;
  readonly #print: (line: string) => void;
  readonly #now: () => number;
  readonly #began: number;
  #told: number;
  #runs = 0;
  #steps = 0;
  #lives = 0;

  constructor(print: (line: string) => void, now: () => number) {
    this.#print = print;
    this.#now = now;
    this.#began = now();
    this.#told = this.#began;
  }

  ran({ steps, lives, violations }: RunResult): void {
    this.#runs++;
    this.#steps += steps;
    this.#lives += lives;
    if (violations.length > 0) this.failed++;
    if (this.#now() - this.#told < PACE) return;
    this.#told = this.#now();
    this.#tell();
  }

  finish(): void {
    this.#tell();
  }

  #tell(): void {
    const seconds = Math.max(0.001, (this.#now() - this.#began) / 1_000);
    const perSecond = (this.#runs / seconds).toFixed(1);
    const failures = this.failed === 0 ? 'every rule held' : `${this.failed} FAILED`;
    this.#print(
      `${this.#runs} seeds, ${this.#lives} lives, ${this.#steps} steps in ${seconds.toFixed(1)} s (${perSecond} seeds/s): ${failures}`,
    );
  }
}
