/** Middle and upper end of a set of measurements. */
export interface Spread {
  readonly count: number;
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

/** Spread of `values`; undefined when there are none. A percentile is the smallest value with at least that share at or below it. */
export function spread(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] as number;
  return { count: sorted.length, median: at(0.5), p99: at(0.99), max: at(1) };
}

/** Latest rate of a growing count, over a window of time. */
export class Rate {
  readonly #window: number;
  #samples: { readonly at: number; readonly value: number }[] = [];

  /** `window`: milliseconds. */
  constructor(window: number) {
    this.#window = window;
  }

  /** Notes the count at a time in milliseconds. */
  add(at: number, value: number): void {
    this.#samples.push({ at, value });
    // The newest sample outside the window stays: the rate is measured from there.
    const first = this.#samples.findLastIndex((sample) => sample.at <= at - this.#window);
    if (first > 0) this.#samples = this.#samples.slice(first);
  }

  /** Per second; 0 before two samples. */
  get perSecond(): number {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.at <= first.at) return 0;
    return ((last.value - first.value) * 1_000) / (last.at - first.at);
  }
}
