/** How much one run does, and how many runs there are. */
export interface Scale {
  readonly quick: boolean;
  /** Runs of each case that count, at least 5 but in tests. */
  readonly runs: number;
  /** Runs of each case before them, which do not. */
  readonly warmups: number;
  /** Milliseconds of one run of a case that fits in a function. */
  readonly microTime: number;
}

/** What one run of a case did. It is verified already: a run whose result is wrong throws. */
export interface Sample {
  /** Things handled, counted where they arrive. */
  readonly items: number;
  readonly seconds: number;
  /** Processor time of the whole process meanwhile, where threads take part. */
  readonly cpuSeconds?: number;
  /** Further counts, by name: they are summed over the runs and printed below the table. */
  readonly counts?: Readonly<Record<string, number>>;
}

/** One way of doing what a measurement measures. */
export interface Case {
  readonly name: string;
  /** The case that the ratio is taken to. */
  readonly baseline?: string;
  /** @throws VerificationError when what arrived is not what was sent. */
  run(): Promise<Sample> | Sample;
}

/** A measurement that is set up: its cases run in turns, so that whatever disturbs the machine disturbs all of them. */
interface OpenMeasurement {
  readonly cases: readonly Case[];
  close(): Promise<void>;
}

export interface Measurement {
  /** For `--only`. */
  readonly name: string;
  /** One line: what is handled, from where to where. */
  readonly title: string;
  /** What an item is, in the plural. */
  readonly unit: string;
  open(scale: Scale): Promise<OpenMeasurement>;
}

export const FULL: Scale = { quick: false, runs: 7, warmups: 3, microTime: 100 };
export const QUICK: Scale = { quick: true, runs: 5, warmups: 1, microTime: 30 };
