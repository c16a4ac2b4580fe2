import { createCoordinator } from '@tidegate/coordinator';
import type { SinkPort, WriteOutcome } from '@tidegate/dispatcher';
import { createMaintainer } from '@tidegate/maintainer';
import type { Actor, ActorContext, ActorPlacement, Address } from '@tidegate/runtime';
import { UserSink } from '../kit/userSink.js';
import type { Oracle } from '../oracle/oracle.js';
import { type HostAddresses, MAINTAINER } from './addresses.js';
import type { ClusterParts } from './cluster.js';
import { type AtPoint, SimSink, type SimulatedSink } from './simSink.js';
import { simSource } from './sourceActor.js';
import { SOUND, Way } from './way.js';
import { workerActor } from './workerActor.js';

/** What the actors of a cluster leave behind when they are made, for whoever plays fate. */
export interface Made {
  readonly ways: Map<Address, Way>;
  /** Of each worker: its sinks, those of the default pipeline first. */
  readonly sinks: Map<Address, SimulatedSink[]>;
  /** Where a source opens that is made now. */
  sourceTs: bigint;
  /** Workers made so far: a worker that was restarted is another to the oracle. */
  workers: number;
}

const BATCH_BYTES = 200;
const HELD_BYTES = 2_000;
const HIGH_WATER = 4_096;
const WRITES: readonly WriteOutcome[] = ['enqueued', 'pending', 'done'];

type Make = (context: ActorContext) => Actor;

/** The maintainer's placement. */
export function maintainerPlacement(parts: ClusterParts): ActorPlacement {
  return placed(MAINTAINER, parts, (context) => createMaintainer(context, parts.scenario.maintainer) as Actor);
}

/** The placements of one host's actors. */
export function hostPlacements(host: HostAddresses, parts: ClusterParts, made: Made): ActorPlacement[] {
  return [
    placed(host.source, parts, (context) => source(context, host, parts, made)),
    ...host.workers.map((address, i) => placed(address, parts, (context) => worker(context, host, i, parts, made))),
    coordinatorPlacement(host, parts, false),
    { address: host.way, create: (context: ActorContext) => way(context, host, parts, made) },
  ];
}

/** A host's coordinator. `recover`: it succeeds one that has died, and asks the workers what they have. */
export function coordinatorPlacement(host: HostAddresses, parts: ClusterParts, recover: boolean): ActorPlacement {
  const options = { host: host.name, workers: host.workers, source: host.source, maintainer: host.way };
  const all = { ...options, ...parts.scenario.coordinator, ...(recover && { recover }) };
  return placed(host.coordinator, parts, (context) => createCoordinator(context, all));
}

function placed(address: Address, { wrap, made }: ClusterParts, make: Make): ActorPlacement {
  const create = (context: ActorContext): Actor => {
    const actor = wrap === undefined ? make(context) : wrap(address, context, make);
    made?.(address, actor);
    return actor;
  };
  return { address, create };
}

function source(context: ActorContext, host: HostAddresses, { scenario, workload }: ClusterParts, made: Made): Actor {
  return simSource(context, {
    workload,
    startTs: made.sourceTs,
    pace: scenario.pace,
    workers: host.workers,
    batchBytes: BATCH_BYTES,
    maxMessageBytes: scenario.linkBytes / 4,
    heldBytes: HELD_BYTES,
    ...(scenario.hosts > 1 && { shared: true }),
    ...(scenario.redo && { modes: [0, 1] }),
  });
}

function way(context: ActorContext, { way: address, coordinator }: HostAddresses, parts: ClusterParts, made: Made): Way {
  const { scenario, offset, atPoint } = parts;
  const until = Math.max(0, scenario.network.until - offset);
  const between = new Way(context, {
    coordinator,
    maintainer: MAINTAINER,
    network: until === 0 ? SOUND : { ...scenario.network, until },
    listed: scenario.wayEvents,
    happened: parts.happened,
    atPoint: (point, who) => {
      const fate = atPoint(point, who);
      return fate === 'drop' || fate === 'duplicate' ? fate : undefined;
    },
  });
  made.ways.set(address, between);
  return between;
}

function worker(context: ActorContext, host: HostAddresses, index: number, parts: ClusterParts, made: Made): Actor {
  const { scenario, oracles, life } = parts;
  const incarnation = `${context.self}#${life}.${made.workers++}`;
  const place = index + Number(host.name.slice(1)) + scenario.seed;
  const atPoint: AtPoint = (point, who) => {
    const fate = parts.atPoint(point, who);
    return fate === 'fail' || fate === 'die' ? fate : undefined;
  };
  const sinkOf = (oracle: Oracle): SinkPort & SimulatedSink => {
    if (parts.user !== undefined) return new UserSink(context, { ...parts.user, oracle, incarnation, atPoint });
    const writes = WRITES[place % WRITES.length] as WriteOutcome;
    const wakeOn = place % 2 === 0 ? 'enqueue' : 'flush';
    return new SimSink(context, { oracle, incarnation, maxDelay: scenario.maxDelay, wakeOn, writes, atPoint });
  };
  const [oracle, redoOracle] = oracles;
  const sink = sinkOf(oracle);
  const redoSink = redoOracle && sinkOf(redoOracle);
  made.sinks.set(context.self, redoSink === undefined ? [sink] : [sink, redoSink]);
  return workerActor(
    context,
    { sink, ...(redoSink && { redoSink }) },
    { coordinator: host.coordinator, source: host.source, highWater: HIGH_WATER, lowWater: HIGH_WATER / 2, ...scenario.group },
  );
}
