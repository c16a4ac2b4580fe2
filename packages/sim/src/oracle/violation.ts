/** A rule that a run has broken, with what shows it. Plain data. */
export interface Violation {
  /** Identifier of the rule, such as `I-3`, or a word for what is no rule of the protocol: `FAULT`, `SOURCE`, `BOUND`. */
  readonly rule: string;
  readonly text: string;
  /** Milliseconds of the virtual clock, all lives of the run together. */
  readonly at: number;
  readonly evidence?: Readonly<Record<string, unknown>>;
}

/** Takes violations. A run ends with its first one, so only what came before it counts. */
export class Violations {
  readonly found: Violation[] = [];
  readonly #now: () => number;
  readonly #most: number;

  /** `now` is the clock of the run; at most `most` are kept. */
  constructor(now: () => number, most = 16) {
    this.#now = now;
    this.#most = most;
  }

  get any(): boolean {
    return this.found.length > 0;
  }

  report(rule: string, text: string, evidence?: Readonly<Record<string, unknown>>): void {
    if (this.found.length >= this.#most) return;
    this.found.push({ rule, text, at: this.#now(), ...(evidence && { evidence }) });
  }
}
