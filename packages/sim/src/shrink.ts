import { StartError } from '@tidegate/runtime';
import type { Network } from './cluster/way.js';
import { type RunOptions, type RunResult, runScenario } from './run/runScenario.js';
import type { Scenario } from './scenario.js';

export interface ShrinkOptions {
  /** Runs at most. Default 400. */
  readonly runs?: number;
  /** Whether to give up now: the place for a deadline. Default: never. */
  readonly giveUp?: () => boolean;
  /** How each candidate is run. */
  readonly run?: Pick<RunOptions, 'wrap' | 'maxSteps'>;
  /** Told of each smaller scenario that still fails. */
  readonly found?: (result: RunResult) => void;
}

/** What shrinking came to. */
export interface Shrunk {
  /** The smallest scenario found that breaks the same rule. */
  readonly result: RunResult;
  readonly runs: number;
}

/** A scenario that is simpler in one respect. */
type Candidates = (scenario: Scenario) => Iterable<Scenario>;

/** A network that does nothing of its own but what is listed. */
const LISTED: Pick<Network, 'drop' | 'duplicate'> = { drop: 0, duplicate: 0 };

/**
 * Looks for a smaller scenario that breaks the same rule: a shorter log with fewer tables, fewer workers and hosts, a better
 * network, fewer faults, and at last single messages lost. Bounded by a number of runs.
 */
export async function shrink(failing: RunResult, options: ShrinkOptions = {}): Promise<Shrunk> {
  const rule = failing.violations[0]?.rule;
  const most = options.runs ?? 400;
  let best = failing;
  let runs = 0;
  // A run that goes on far longer than the one in hand is not simpler.
  const attempt = async (scenario: Scenario): Promise<RunResult | undefined> => {
    runs++;
    const maxSteps = Math.max(50_000, best.steps * 4);
    try {
      const result = await runScenario(scenario, { maxSteps, ...options.run });
      return result.violations[0]?.rule === rule ? result : undefined;
    } catch (error) {
      // Settings that need each other: one alone is refused.
      if (error instanceof StartError) return undefined;
      throw error;
    }
  };
  for (let simpler = true; simpler && runs < most; ) {
    simpler = false;
    for (const candidates of [fewerEvents, smaller, betterNetwork, fewerFaults, plainSettings, fewerWayEvents]) {
      for (let again = true; again; ) {
        again = false;
        for (const candidate of candidates(asListed(best, candidates))) {
          if (runs >= most || options.giveUp?.() === true) return { result: best, runs };
          const result = await attempt(candidate);
          if (result === undefined) continue;
          best = result;
          options.found?.(best);
          simpler = true;
          again = true;
          break;
        }
      }
    }
  }
  return { result: best, runs };
}

/** Before single messages can be spared, what the network did must be a list. */
function asListed({ scenario, wayEvents }: RunResult, candidates: Candidates): Scenario {
  if (candidates !== fewerWayEvents || scenario.wayEvents !== undefined) return scenario;
  return { ...scenario, wayEvents, network: { ...scenario.network, ...LISTED } };
}

function* fewerEvents(scenario: Scenario): Iterable<Scenario> {
  const { workload } = scenario;
  for (const share of [2, 4, 8, 16]) {
    const length = workload.length - Math.max(1, Math.floor(workload.length / share));
    if (length >= 1) yield { ...scenario, workload: { ...workload, length } };
  }
  const omit = workload.omit ?? [];
  for (let size = Math.ceil(workload.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < workload.length; from += size) {
      const isGone = omit.some(([first, end]) => first <= from && from + size <= end);
      if (!isGone) yield { ...scenario, workload: { ...workload, omit: joined([...omit, [from, from + size]]) } };
    }
  }
}

/** Ranges in order, those that touch as one. */
function joined(ranges: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const sorted = [...ranges].sort(([one], [other]) => one - other);
  const result: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = result.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else result.push([from, to]);
  }
  return result;
}

function* smaller(scenario: Scenario): Iterable<Scenario> {
  const { hosts, workers, maxDelay, pace, workload } = scenario;
  if (hosts > 1) yield { ...scenario, hosts: hosts - 1 };
  if (workers > 1) yield { ...scenario, workers: 1 };
  if (workers > 2) yield { ...scenario, workers: workers - 1 };
  if (maxDelay > 0) yield { ...scenario, maxDelay: 0 };
  if (maxDelay > 3) yield { ...scenario, maxDelay: 3 };
  if (pace > 0) yield { ...scenario, pace: 0 };
  if (workload.keys > 1) yield { ...scenario, workload: { ...workload, keys: 1 } };
  if (workload.splittable > 0) yield { ...scenario, workload: { ...workload, splittable: 0 } };
  if (scenario.redo === true) yield { ...scenario, redo: false };
}

function* betterNetwork(scenario: Scenario): Iterable<Scenario> {
  const { network } = scenario;
  for (const name of ['drop', 'duplicate', 'delay', 'stall'] as const) {
    if (network[name] > 0) yield { ...scenario, network: { ...network, [name]: 0 } };
    if (network[name] > 20) yield { ...scenario, network: { ...network, [name]: Math.floor(network[name] / 4) } };
  }
}

function* fewerFaults(scenario: Scenario): Iterable<Scenario> {
  const { faults } = scenario;
  for (let spared = 0; spared < faults.length; spared++) yield { ...scenario, faults: faults.filter((_, i) => i !== spared) };
}

function* plainSettings(scenario: Scenario): Iterable<Scenario> {
  for (const part of ['group', 'coordinator', 'maintainer'] as const) {
    const names = Object.keys(scenario[part]);
    if (names.length > 1) yield { ...scenario, [part]: {} };
    for (const name of names)
      yield { ...scenario, [part]: Object.fromEntries(Object.entries(scenario[part]).filter(([each]) => each !== name)) };
  }
}

function* fewerWayEvents(scenario: Scenario): Iterable<Scenario> {
  const events = scenario.wayEvents ?? [];
  for (let size = events.length; size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < events.length; from += size)
      yield { ...scenario, wayEvents: [...events.slice(0, from), ...events.slice(from + size)] };
  }
}
