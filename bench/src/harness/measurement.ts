/** How much one run does, and how many runs there are. */
export interface Scale {
  readonly quick: boolean;
  /** Runs of each case that count, at least 5 but in tests. */
  readonly runs: number;
  /** Runs of each case before them, which do not. */
  readonly warmups: number;
  /** Milliseconds of one run of a case that fits in a function. */
  readonly microTime: number;
  /** Tables of the measurements whose size can be asked for; absent: their own sizes. */
  readonly tables?: number;
}

export type Unit = 'seconds' | 'bytes' | 'percent' | 'count';

/** One more figure of a run beside its rate, or instead of it. */
export interface Figure {
  readonly value: number;
  readonly unit: Unit;
}

/** How a run went over time: one reading of each line for each time in `seconds`. */
export interface Timeline {
  readonly seconds: readonly number[];
  readonly lines: readonly TimelineLine[];
}

interface TimelineLine {
  readonly name: string;
  readonly unit: Unit;
  readonly values: readonly number[];
}

/** What one run of a case did. It is verified already: a run whose result is wrong throws. It has a rate, figures, or both. */
export interface Sample {
  /** Things handled, counted where they arrive; with `seconds` it makes the rate. */
  readonly items?: number;
  readonly seconds?: number;
  /** Processor time of the whole process meanwhile, where threads take part. */
  readonly cpuSeconds?: number;
  /** Further counts, by name: they are summed over the runs and printed below the table. */
  readonly counts?: Readonly<Record<string, number>>;
  /** Further figures, by name: each is summed up over the runs as the rate is. */
  readonly figures?: Readonly<Record<string, Figure>>;
  /** Of the last run it is kept and drawn. */
  readonly timeline?: Timeline;
}

/** Where a case stands in the plot of its measurement: on which line, and how far to the right. */
export interface Point {
  readonly line: string;
  readonly x: number;
}

/** One way of doing what a measurement measures. */
export interface Case {
  readonly name: string;
  /** The case that the ratio is taken to. */
  readonly baseline?: string;
  readonly point?: Point;
  /** At most so many of its runs count, where one takes long and is a median of several already. */
  readonly runs?: number;
  /** @throws VerificationError when what arrived is not what was sent. */
  run(): Promise<Sample> | Sample;
}

/** A measurement that is set up: its cases run in turns, so that whatever disturbs the machine disturbs all of them. */
interface OpenMeasurement {
  readonly cases: readonly Case[];
  close(): Promise<void>;
}

interface PlotAxis {
  /** With its unit. */
  readonly label: string;
  readonly scale: 'linear' | 'log';
}

/** How the points of a measurement are drawn. It travels with the results, so that a plot can be made of them alone. */
export interface PlotSpec {
  readonly title: string;
  readonly x: PlotAxis;
  readonly y: PlotAxis;
  /** What is drawn upwards: `rate`, the median rate; or else the median of the figure of this name. */
  readonly of: string;
  /** Lines that were not taken in this run, in the units of the figures (seconds, bytes, items a second). */
  readonly references?: readonly ReferenceLine[];
}

/** A line that no run gave: an aim, or figures that were measured elsewhere. The plot says which. */
export interface ReferenceLine {
  readonly name: string;
  readonly origin: 'measured elsewhere' | 'target';
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Measurement {
  /** For `--only`. */
  readonly name: string;
  /** One line: what is handled, from where to where. */
  readonly title: string;
  /** What an item is, in the plural. */
  readonly unit: string;
  /** Its cases' points as lines. */
  readonly plot?: PlotSpec;
  /** Too long for the short form, whatever its scale: left out there. */
  readonly onlyFull?: boolean;
  /** It takes minutes: run only where `--only` names it. */
  readonly onlyByName?: boolean;
  /** Where runs are long: how many of them, instead of what the scale says. */
  readonly repeat?: (scale: Scale) => Pick<Scale, 'runs' | 'warmups'>;
  open(scale: Scale): Promise<OpenMeasurement>;
}

export const FULL: Scale = { quick: false, runs: 7, warmups: 3, microTime: 100 };
export const QUICK: Scale = { quick: true, runs: 5, warmups: 1, microTime: 30 };
