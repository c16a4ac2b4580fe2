import { MAINTAINER } from '../cluster/addresses.js';
import type { WrapActor } from '../cluster/cluster.js';
import type { WayEvent } from '../cluster/way.js';
import type { Fault } from '../faults/fault.js';
import { PointFaults } from '../faults/points.js';
import type { UserSinkOptions } from '../kit/userSink.js';
import { Oracle } from '../oracle/oracle.js';
import { checkQuiet } from '../oracle/quiet.js';
import { type Violation, Violations } from '../oracle/violation.js';
import type { Scenario } from '../scenario.js';
import { Story } from '../story/story.js';
import { generateWorkload } from '../workload/generate.js';
import { rerouted } from '../workload/routing.js';
import type { Workload } from '../workload/workload.js';
import { Choices } from './choices.js';
import { Life } from './life.js';

export interface RunOptions {
  /** Keep every choice, for {@link replay}. Default false. */
  readonly record?: boolean;
  /** Choose as a recorded run did. */
  readonly replay?: readonly number[];
  /** Keep the last so many deliveries for the story. Default 0: no story. */
  readonly story?: number;
  /** Stands around every actor: what a test breaks on purpose. */
  readonly wrap?: WrapActor;
  /** A log of one's own instead of the random one. */
  readonly workload?: Workload;
  /** A sink of one's own instead of the simulated ones. */
  readonly user?: Pick<UserSinkOptions, 'make' | 'bytesOf'>;
  /** A run that takes more is stuck. Default 2 000 000. */
  readonly maxSteps?: number;
}

/** What came of a run. */
export interface RunResult {
  readonly scenario: Scenario;
  /** Empty: every rule held. */
  readonly violations: readonly Violation[];
  readonly steps: number;
  /** Lives of the changefeed: one more than it had to be started again. */
  readonly lives: number;
  /** Milliseconds of the virtual clock. */
  readonly milliseconds: number;
  readonly checkpointTs: bigint;
  /** Rows that were written again, and block events that a sink had on record when it was told to execute them. */
  readonly repeats: { readonly rows: number; readonly blocks: number };
  /** Equal for equal runs: every choice, what it was made from, and when. */
  readonly digest: number;
  /** Every choice, where they were recorded. */
  readonly choices: readonly number[];
  /** What the network lost and doubled. */
  readonly wayEvents: readonly WayEvent[];
  readonly story: Story;
}

const MAX_STEPS = 2_000_000;
const MOST_LIVES = 50;

/** Runs a scenario to the end of its log, or to the first violation. */
export async function runScenario(scenario: Scenario, options: RunOptions = {}): Promise<RunResult> {
  const workload = options.workload ?? generateWorkload(scenario.workload);
  let offset = 0;
  let life: Life | undefined;
  const now = (): number => offset + (life?.cluster.system.now ?? 0);
  const violations = new Violations(now);
  const story = new Story(options.story ?? 0);
  const redo = scenario.redo === true ? new Oracle(workload, violations, { mode: 1 }) : undefined;
  const oracle = new Oracle(workload, violations, { mode: 0, ...(redo && { redo }) });
  const oracles: readonly [Oracle, ...Oracle[]] = redo === undefined ? [oracle] : [oracle, redo];
  const choices = new Choices(scenario.seed, options);
  const points = new PointFaults(scenario.faults);
  const past = new Set<Fault>();
  const wayEvents: WayEvent[] = [];
  let startTs = workload.startTs;
  let current = workload;
  let lives = 0;
  for (let over = false; !over; ) {
    life = await Life.create({
      ...{ scenario, workload: current, violations, choices, points, past, startTs, offset },
      oracles,
      life: lives++,
      wrap: options.wrap,
      user: options.user,
      happened: (event) => wayEvents.push(event),
      observe: story.enabled ? (delivered) => story.delivered(now(), delivered) : undefined,
      tell: (text) => story.say(now(), text),
    });
    let end = await life.run(options.maxSteps ?? MAX_STEPS);
    life.look();
    if (end === 'finished') {
      await life.heal();
      const quiet = life;
      const failed = (): boolean => quiet.failure !== undefined;
      await checkQuiet(quiet.cluster.system, (pause) => quiet.advance(pause), { violations, failed });
      if (failed()) end = 'failed';
    }
    over = end === 'finished' || end === 'violated' || violations.any;
    if (end === 'finished') {
      if (!violations.any) for (const each of [...oracles, life.watch]) each.finish();
      if (!violations.any) life.routes.finish(life.actors.inspect(MAINTAINER));
    } else if (!over) {
      startTs = life.checkpointTs;
      if (end === 'refused') current = rerouted(workload);
      for (const each of oracles) each.restarted(startTs);
      if (lives >= MOST_LIVES) violations.report('I-12', `not finished after ${lives} lives`);
      over = violations.any;
    }
    if (!over) {
      story.say(now(), `life ${lives + 1} begins at ${startTs}`);
      offset = now();
      life = undefined;
    }
  }
  for (const violation of violations.found) story.say(violation.at, `${violation.rule}: ${violation.text}`);
  return {
    scenario,
    violations: violations.found,
    steps: choices.count,
    lives,
    milliseconds: now(),
    checkpointTs: oracle.checkpointTs,
    repeats: { rows: oracle.rows.repeats, blocks: oracle.blocks.repeats },
    digest: choices.digest,
    choices: choices.made,
    wayEvents,
    story,
  };
}
