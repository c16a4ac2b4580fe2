import type { Network } from './cluster/way.js';
import { SOUND } from './cluster/way.js';
import { SimError } from './errors.js';
import type { Fault, Mortal } from './faults/fault.js';
import type { FaultPoint } from './faults/points.js';
import { Random } from './random.js';
import type { Scenario } from './scenario.js';

type Parts = Omit<Scenario, 'seed' | 'profile'>;

/** What a profile is for, and how it makes a scenario from a seed's chance. */
interface Profile {
  readonly about: string;
  readonly make: (random: Random) => Parts;
}

const PROFILES: Readonly<Record<string, Profile>> = {
  calm: {
    about: 'a sound network; only the order of deliveries, sinks of all speeds, small and large links',
    make: (random) => ({ ...base(random), network: SOUND }),
  },
  network: {
    about:
      'the network between coordinator and maintainer loses, doubles, delays and stalls; bounds and intervals are small or large',
    make: (random) => base(random),
  },
  tables: {
    about: 'mostly block events: storms of DDLs and sync points',
    make: (random) => {
      const parts = base(random);
      return { ...parts, workload: { ...parts.workload, ddl: random.between(300, 700), storms: random.one(0, 200) } };
    },
  },
  lives: {
    about: 'the whole process dies, at any step or right at a point, and begins again at its checkpoint',
    make: (random) => {
      const parts = base(random);
      return { ...parts, faults: some(random, 1, 4, () => crash(random, parts, 'process')) };
    },
  },
  sinks: {
    about: 'sinks fail, which ends the changefeed, or become slow; it begins again at its checkpoint',
    make: (random) => {
      const parts = base(random);
      const fault = () => (random.chance(600) ? failure(random) : slow(random, parts));
      return { ...parts, faults: some(random, 1, 4, fault) };
    },
  },
  stalls: {
    about: 'actors get no turn for a while, clocks jump, hosts are cut off from the maintainer',
    make: (random) => {
      const parts = base(random);
      return { ...parts, faults: some(random, 1, 6, () => stall(random, parts)) };
    },
  },
  splits: {
    about: 'tables are split and merged while events are open',
    make: (random) => {
      const parts = divided(base(random));
      return { ...parts, faults: some(random, 1, 8, () => change(random, 'split', 'split', 'merge')) };
    },
  },
  hosts: {
    about: 'several hosts; nothing dies',
    make: (random) => ({ ...base(random), hosts: random.between(2, 3), workers: random.between(1, 2) }),
  },
  moves: {
    about: 'several hosts, with moves and balancing',
    make: (random) => {
      const parts = { ...base(random), hosts: random.between(2, 3), workers: random.between(1, 2) };
      return { ...parts, faults: some(random, 1, 6, () => change(random, 'move', 'move', 'balance')) };
    },
  },
  workers: {
    about: 'workers die and are replaced',
    make: (random) => {
      const parts = base(random);
      return { ...parts, faults: some(random, 1, 3, () => crash(random, parts, 'worker')) };
    },
  },
  control: {
    about: 'maintainers and coordinators die; a maintainer of the next epoch goes on with what the workers have',
    make: (random) => {
      const parts = base(random);
      return {
        ...parts,
        faults: some(random, 1, 3, () => crash(random, parts, random.one('maintainer', 'maintainer', 'coordinator'))),
      };
    },
  },
  handovers: {
    about: 'maintainers hand over to maintainers of the next epoch',
    make: (random) => {
      const parts = base(random);
      const when = () => ({ step: random.between(50, 5_000) });
      return { ...parts, faults: some(random, 1, 4, () => ({ do: 'hand-over', when: when() })) };
    },
  },
  redo: {
    about: 'a redo pipeline beside the default one',
    make: (random) => ({ ...base(random), redo: true }),
  },
  routes: {
    about: 'names are routed; targets pass from table to table, and some DDL may claim one that is taken; anything dies',
    make: (random) => {
      const parts = base(random);
      const routes = random.one<'legal' | 'clash'>('legal', 'legal', 'clash');
      const storms = random.one(0, 100, 200);
      const workload = { ...parts.workload, routes, storms, schemas: random.between(2, 4), ddl: random.between(200, 600) };
      const died = (): Mortal => random.one('maintainer', 'maintainer', 'coordinator', 'worker', 'process');
      const handOver = (): Fault => ({ do: 'hand-over', when: { step: random.between(50, 5_000) } });
      const fault = () => (random.chance(200) ? handOver() : crash(random, parts, died()));
      return { ...parts, workload, redo: random.chance(150), faults: some(random, 0, 3, fault) };
    },
  },
  losses: {
    about: 'several hosts that are lost and come back',
    make: (random) => {
      const parts = { ...base(random), hosts: random.between(2, 3), workers: random.between(1, 2) };
      return { ...parts, faults: some(random, 1, 3, () => crash(random, parts, 'host')) };
    },
  },
  fences: {
    about: 'several hosts that lose their lease while they are cut off, go on without it, and come back',
    make: (random) => {
      const parts = { ...base(random), hosts: random.between(2, 3), workers: random.between(1, 2) };
      const pace = random.one(10, 50, 200);
      const fence = (): Fault => {
        const when = { step: random.between(1, 4_000) };
        return { do: 'fence', host: random.between(2, parts.hosts), back: random.between(0, 3_000), when };
      };
      const fault = () => (random.chance(700) ? fence() : stall(random, parts));
      return { ...parts, pace, faults: [fence(), ...some(random, 1, 2, fault)] };
    },
  },
  everything: {
    about: 'several hosts, splits, merges, moves, every death, stalls, and sometimes redo',
    make: (random) => {
      const parts = divided({
        ...base(random),
        hosts: random.between(1, 3),
        workers: random.between(1, 3),
        redo: random.chance(300),
      });
      const fault = () => {
        const kind = random.below(10);
        if (kind < 4) return change(random, 'split', 'merge', 'move', 'balance');
        if (kind < 6) return stall(random, parts);
        return crash(random, parts, random.one('worker', 'maintainer', 'coordinator', 'host', 'process'));
      };
      return { ...parts, faults: some(random, 1, 8, fault) };
    },
  },
};

export const PROFILE_NAMES: readonly string[] = Object.keys(PROFILES);

/** What a profile is for. @throws SimError when there is none of that name. */
export function aboutProfile(name: string): string {
  return profileOf(name).about;
}

/** The scenario of a seed. Without a name the profiles take turns. @throws SimError when there is no such profile. */
export function scenarioOf(seed: number, name: string = PROFILE_NAMES[seed % PROFILE_NAMES.length] as string): Scenario {
  const random = new Random(Math.imul(seed, 0x9e3779b1) ^ 0x51b0);
  return { seed, profile: name, ...profileOf(name).make(random) };
}

function profileOf(name: string): Profile {
  const profile = PROFILES[name];
  if (profile === undefined)
    throw new SimError('SIM_OPTION', `there is no profile "${name}"; there are ${PROFILE_NAMES.join(', ')}`);
  return profile;
}

function base(random: Random): Parts {
  const hasty = random.chance(600);
  const tight = random.chance(500);
  return {
    workload: {
      seed: random.next(),
      length: random.between(30, 110),
      tables: random.one(0, 3, 6),
      schemas: random.between(1, 3),
      splittable: random.one(0, 500),
      keys: random.one(1, 4, 64),
      ddl: random.between(80, 350),
      storms: random.one(0, 0, 100),
      syncPoints: random.chance(800),
    },
    hosts: 1,
    workers: random.between(1, 4),
    maxDelay: random.one(0, 3, 30, 300),
    pace: random.one(0, 0, 1, 10),
    linkBytes: random.one(4_096, 65_536),
    network: badNetwork(random),
    faults: [],
    ...settings(random, hasty, tight),
  };
}

/** Tables may be split, and keys are there to split them at. */
function divided(parts: Parts): Parts {
  const { workload, maintainer } = parts;
  return { ...parts, workload: { ...workload, splittable: 700, keys: 64 }, maintainer: { ...maintainer, splitTables: true } };
}

function change(
  random: Random,
  ...kinds: readonly ['split' | 'merge' | 'move' | 'balance', ...('split' | 'merge' | 'move' | 'balance')[]]
): Fault {
  return { do: random.one(...kinds), when: { step: random.between(1, 6_000) } };
}

function badNetwork(random: Random): Network {
  return {
    drop: random.one(0, 50, 200, 400),
    duplicate: random.one(0, 100, 500),
    delay: random.one(0, 5, 50, 2_000),
    stall: random.one(0, 0, 100, 5_000),
    until: random.one(2_000, 10_000, 60_000),
  };
}

function some(random: Random, least: number, most: number, make: () => Fault): Fault[] {
  return Array.from({ length: random.between(least, most) }, make);
}

const SINK_POINTS: readonly FaultPoint[] = [
  ...(['before-write', 'after-write', 'before-flush', 'after-flush', 'before-execute', 'after-execute'] as const),
  ...(['before-sync-point', 'after-sync-point', 'before-pass', 'after-pass', 'before-checkpoint', 'after-checkpoint'] as const),
];
const WAY_POINTS: readonly FaultPoint[] = [
  'before-status',
  'before-heartbeat',
  'before-bootstrap',
  'before-ack',
  'before-schedule',
];

function crash(random: Random, { workers, hosts }: Parts, what: Mortal): Fault {
  const when = random.chance(500)
    ? { step: random.between(1, 6_000) }
    : { point: random.pick([...SINK_POINTS, ...WAY_POINTS]), nth: random.between(1, 12) };
  return {
    do: 'crash',
    what,
    host: random.between(1, hosts),
    worker: random.below(workers),
    back: random.between(0, 3_000),
    when,
  };
}

function failure(random: Random): Fault {
  return { do: 'fail', when: { point: random.pick(SINK_POINTS), nth: random.between(1, 15) } };
}

function slow(random: Random, { workers, hosts }: Parts): Fault {
  const when = { step: random.between(1, 6_000) };
  return { do: 'slow', host: random.between(1, hosts), worker: random.below(workers), ms: random.between(10, 20_000), when };
}

function stall(random: Random, { workers, hosts }: Parts): Fault {
  const when = { step: random.between(1, 8_000) };
  const host = random.between(1, hosts);
  const ms = random.between(1, random.one(50, 3_000, 30_000));
  const who = random.one(`h${host}/worker-${random.below(workers)}`, `h${host}/coordinator`, `h${host}/source`, 'maintainer');
  return random.one<Fault>({ do: 'stall', who, ms, when }, { do: 'jump', host, ms, when }, { do: 'partition', host, ms, when });
}

/** Intervals long or short, bounds large or tiny. */
function settings(random: Random, hasty: boolean, tight: boolean): Pick<Parts, 'group' | 'coordinator' | 'maintainer'> {
  const one = random.one.bind(random);
  return {
    group: {
      ...(hasty && { retryInterval: one(3, 40), retryIntervalMax: one(40, 200), heartbeatInterval: 20, heartbeatFirst: 0 }),
      ...(tight && { maxReports: one(1, 3), maxOldAnswers: one(1, 4), rememberWritten: one(1, 8), maxQueuedAnswers: one(1, 2) }),
      executorSlots: one(1, 8),
      flushIdle: one(true, false),
    },
    coordinator: {
      ...(hasty && {
        outstandingResend: one(2, 30),
        outstandingResendMax: one(30, 100),
        batchWindow: one(0, 5),
        heartbeatInterval: 20,
        heartbeatFirst: 0,
        completeHeartbeatInterval: one(30, 400),
        componentStatusWindow: one(0, 5),
      }),
      ...(tight && {
        pendingCapacity: one(1, 2, 9),
        requestQueueCapacity: 8,
        outstandingCapacity: one(1, 2, 9),
        batchStatuses: one(1, 2, 5),
        idleEvents: one(1, 4),
        componentStatusCapacity: one(1, 3),
        outboxCapacity: one(1, 8),
      }),
    },
    maintainer: {
      ...(hasty && {
        tick: one(3, 20),
        barrierResend: one(5, 50),
        barrierResendMax: one(50, 300),
        quietWindow: one(0, 30),
        operatorResend: one(20, 300),
        bootstrapResend: 30,
      }),
      ...(tight && { statusCapacity: one(1, 3, 9), maxScheduling: one(1, 2), scheduleBatch: one(1, 2) }),
    },
  };
}
