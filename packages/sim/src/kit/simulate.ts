import type { Source, SourceEvent } from '@tidegate/dispatcher';
import { type Network, SOUND } from '../cluster/way.js';
import { SimError } from '../errors.js';
import type { Fault } from '../faults/fault.js';
import type { Violation } from '../oracle/violation.js';
import { runScenario } from '../run/runScenario.js';
import type { Scenario } from '../scenario.js';
import { type Workload, workloadOf } from '../workload/workload.js';
import type { UserSinkFactory } from './userSink.js';

/** What {@link simulate} is given. Times in milliseconds of the virtual clock. */
export interface SimulateOptions {
  /**
   * The source, finite. It is opened and read to its end once, before the simulation begins; the simulation delivers its
   * events on the virtual clock, again from the checkpoint where a life begins anew.
   */
  readonly source: Source;
  /** Makes a sink for each worker, at the beginning of each life. */
  readonly sink: UserSinkFactory;
  /** Where to start in the source. Default 0n. */
  readonly startTs?: bigint;
  /** Default 1. */
  readonly seed?: number;
  /** Default 2. */
  readonly workers?: number;
  /** Default 1. */
  readonly hosts?: number;
  /** What goes wrong, and when; see {@link FAULT_POINTS} for the points. Default: nothing. */
  readonly faults?: readonly Fault[];
  /** What the network does between coordinators and the maintainer. Default: it is sound. */
  readonly network?: Network;
  /** Time between two chunks of the source. Default 1. */
  readonly pace?: number;
  /** Settings of the actors. */
  readonly settings?: Partial<Pick<Scenario, 'group' | 'coordinator' | 'maintainer'>>;
  /** Steps after which a run counts as stuck. Default 1 000 000. */
  readonly maxSteps?: number;
}

/** What came of a simulation. */
export interface SimulateResult {
  /** Every change was written and every block event executed, in order, and no rule was broken. */
  readonly ok: boolean;
  readonly violations: readonly Violation[];
  readonly checkpointTs: bigint;
  /** Lives of the changefeed: one more than it had to begin again. */
  readonly lives: number;
  readonly steps: number;
  readonly milliseconds: number;
  /** The last lines of the story: who told whom what, and when. */
  readonly story: readonly string[];
}

const STORY = 2_000;

/**
 * Runs a source and a sink of one's own under the real actors on a virtual clock. Reproducible as long as they wait for
 * nothing but promises and the clock that the sink is given.
 *
 * @throws SimError `SIM_OPTION` when the source has more than 100 000 changes, or gives what is no event.
 */
export async function simulate(options: SimulateOptions): Promise<SimulateResult> {
  const { hosts = 1, workers = 2, seed = 1, pace = 1, settings = {} } = options;
  const { workload, bytes } = await readSource(options.source, options.startTs ?? 0n);
  const scenario: Scenario = {
    ...{ seed, profile: 'kit', hosts, workers, pace, maxDelay: 0, linkBytes: 65_536 },
    workload: { seed: 0, length: 0, tables: 0, schemas: 0, splittable: 0, keys: 1, ddl: 0, storms: 0, syncPoints: true },
    network: options.network ?? SOUND,
    faults: options.faults ?? [],
    group: settings.group ?? {},
    coordinator: settings.coordinator ?? {},
    maintainer: settings.maintainer ?? {},
  };
  const bytesOf = (row: number): Uint8Array => bytes[row] ?? new Uint8Array(0);
  const user = { make: options.sink, bytesOf };
  const result = await runScenario(scenario, { workload, user, story: STORY, maxSteps: options.maxSteps ?? 1_000_000 });
  const { violations, checkpointTs, lives, steps, milliseconds, story } = result;
  return { ok: violations.length === 0, violations, checkpointTs, lives, steps, milliseconds, story: story.lines() };
}

const MOST_CHANGES = 100_000;

/** Reads a source to its end. Its changes are numbered; what they were made of is kept beside. */
async function readSource(source: Source, startTs: bigint): Promise<{ workload: Workload; bytes: Uint8Array[] }> {
  const snapshot = await source.open({ startTs, signal: new AbortController().signal });
  const events: SourceEvent[] = [];
  const bytes: Uint8Array[] = [];
  let lastTs = snapshot.startTs;
  for (let chunk = await source.read(); chunk !== null; chunk = await source.read()) {
    for (const event of chunk) {
      const ts = event.type === 'resolved' ? event.ts : event.commitTs;
      if (ts < lastTs) throw new SimError('SIM_OPTION', `the source went back from ${lastTs} to ${ts}`);
      lastTs = ts;
      if (event.type === 'rows') bytes.push(event.bytes);
      events.push(event);
    }
    if (bytes.length > MOST_CHANGES) throw new SimError('SIM_OPTION', `the source has more than ${MOST_CHANGES} changes`);
  }
  await source.close();
  // Nothing follows the end at all. A mark beyond the last event proves to every dispatcher that it is over (B-60).
  const workload = workloadOf(snapshot.tables, snapshot.startTs, [...events, { type: 'resolved', ts: lastTs + 1n }]);
  return { workload, bytes };
}
