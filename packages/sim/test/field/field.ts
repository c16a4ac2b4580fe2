import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { SourceEvent } from '@tidegate/dispatcher';
import type { DdlEvent, MaintainerEvent } from '@tidegate/protocol';
import type { Address, Delivered, Step } from '@tidegate/runtime';
import { MAINTAINER } from '../../src/cluster/addresses.js';
import { Cluster } from '../../src/cluster/cluster.js';
import { SOUND } from '../../src/cluster/way.js';
import type { FaultPoint } from '../../src/faults/points.js';
import { Oracle } from '../../src/oracle/oracle.js';
import { Violations } from '../../src/oracle/violation.js';
import type { Scenario } from '../../src/scenario.js';
import { type Workload, type WorkloadTable, workloadOf } from '../../src/workload/workload.js';

/** `TIDEGATE_FIELD=1` runs the scenarios in the sizes of the field, and prints what was measured. */
export const FULL: boolean = process.env.TIDEGATE_FIELD === '1';

/** Prints figures of a run in the sizes of the field. */
export function figures(name: string, values: Readonly<Record<string, unknown>>): void {
  if (FULL) console.log(name, values);
}

/** Bytes of the heap that are in use. */
export function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Commit ts behind which the logs of the field begin. */
export const FIELD_START = 100n;

/** Milliseconds that a message takes, and each status in it besides. */
export interface Cost {
  readonly message: number;
  readonly status: number;
}

export interface FieldOptions
  extends Partial<Pick<Scenario, 'workers' | 'maxDelay' | 'group' | 'coordinator' | 'maintainer' | 'network'>> {
  readonly workload: Workload;
  /** Milliseconds of the virtual clock that the maintainer needs for what it is given. */
  readonly cost?: Cost;
  /** Bytes that a link takes before it refuses. */
  readonly linkBytes?: number;
  /** What befalls a message on its way between coordinator and maintainer. */
  readonly atPoint?: (point: FaultPoint) => 'drop' | undefined;
  readonly startTs?: bigint;
  /** Which life of the changefeed this is, from 0. */
  readonly life?: number;
  /** The oracle of the former life. */
  readonly oracle?: Oracle;
}

/** Statuses that have arrived at the maintainer, by stage; requests that carried them. */
export interface Arrived {
  requests: number;
  statuses: number;
  largest: number;
}

const LINK_BYTES = 4 * 1024 * 1024;
const MANY_BYTES = 256 * 1024 * 1024;

/** The real actors of one host, as many dispatchers as the field had, and an oracle; driven by hand. */
export class Field {
  readonly cluster: Cluster;
  readonly oracle: Oracle;
  readonly violations: Violations;
  readonly events: (MaintainerEvent & { readonly type: string })[] = [];
  readonly arrived: Arrived = { requests: 0, statuses: 0, largest: 0 };
  /** Largest number seen in the bounded places of the coordinator. */
  readonly peak: { pending: number; queued: number; outstanding: number; onTheWay: number } = {
    pending: 0,
    queued: 0,
    outstanding: 0,
    onTheWay: 0,
  };
  checkpointTs: bigint;
  steps = 0;
  /** Actors that get nothing for now. */
  readonly asleep: Set<Address> = new Set();
  /** Statuses that have arrived, by dispatcher. */
  readonly statusesOf: Map<number, number> = new Map();
  /** Milliseconds for which the maintainer had something to do. */
  busy = 0;
  /** Block events that sinks were told to execute, and writes. */
  readonly told: { blocks: number; writes: number } = { blocks: 0, writes: 0 };
  readonly #options: FieldOptions;
  readonly #cost: Cost;
  #next = 0;

  private constructor(cluster: Cluster, oracle: Oracle, violations: Violations, options: FieldOptions) {
    this.cluster = cluster;
    this.oracle = oracle;
    this.violations = violations;
    this.checkpointTs = options.startTs ?? options.workload.startTs;
    this.#options = options;
    this.#cost = options.cost ?? { message: 0, status: 0 };
    this.#count();
    const { system } = cluster;
    system.on('event', ({ event }) => this.#event(event as MaintainerEvent));
    system.on('fault', ({ message }) => violations.report('FAULT', message));
    system.observe((delivered) => this.#observe(delivered));
  }

  static async create(options: FieldOptions): Promise<Field> {
    const { workload, startTs = workload.startTs, life = 0 } = options;
    const clock = { now: (): number => 0 };
    const violations = new Violations(() => clock.now());
    const oracle = options.oracle ?? new Oracle(workload, violations);
    const scenario: Scenario = {
      seed: 7,
      profile: 'field',
      workload: { seed: 1, length: 1, tables: 0, schemas: 1, splittable: 0, keys: 1, ddl: 0, storms: 0, syncPoints: true },
      hosts: 1,
      workers: options.workers ?? 4,
      maxDelay: options.maxDelay ?? 5,
      pace: 0,
      linkBytes: options.linkBytes ?? LINK_BYTES,
      network: options.network ?? SOUND,
      faults: [],
      group: { highWater: MANY_BYTES, lowWater: MANY_BYTES / 2, ...options.group },
      coordinator: { ...options.coordinator },
      maintainer: { ...options.maintainer },
    };
    const happened = (): void => undefined;
    const cluster = await Cluster.create({
      ...{ scenario, workload, oracles: [oracle], life, offset: 0, startTs, happened },
      atPoint: (point) => options.atPoint?.(point),
    });
    clock.now = () => cluster.system.now;
    const field = new Field(cluster, oracle, violations, options);
    await cluster.start(startTs, [1]);
    return field;
  }

  /** Steps until `over` says so. @throws Error after `most` steps, or at the first violation. */
  async run(over: () => boolean, most: number): Promise<void> {
    const { system } = this.cluster;
    const last = this.steps + most;
    while (!over()) {
      if (this.violations.any) throw new Error(JSON.stringify(this.violations.found[0]));
      if (this.steps >= last) throw new Error(`not over after ${most} steps, at checkpoint ${this.checkpointTs}`);
      const step = this.#choose(system.enabled());
      if (step === undefined) throw new Error(`nothing more can happen, at checkpoint ${this.checkpointTs}`);
      system.step(step);
      if (++this.steps % 4096 === 0) await this.measure();
    }
  }

  /** Takes a look at what is bounded. */
  async measure(): Promise<void> {
    const status = ((await this.detail('h1/coordinator')) as { statuses: Record<string, number> }).statuses;
    const way = (await this.detail('h1/way')) as { onTheWay: number };
    const { peak } = this;
    for (const name of ['pending', 'queued', 'outstanding'] as const) peak[name] = Math.max(peak[name], status[name] ?? 0);
    peak.onTheWay = Math.max(peak.onTheWay, way.onTheWay);
  }

  /** Steps for so many milliseconds of the virtual clock. */
  async pass(milliseconds: number, most: number): Promise<void> {
    const { system } = this.cluster;
    const end = system.now + milliseconds;
    await this.run(() => system.now >= end, most);
  }

  /** Every call of every sink takes so much longer. */
  slowSinks(milliseconds: number): void {
    for (const sink of [...this.cluster.made.sinks.values()].flat()) sink.slowness = milliseconds;
  }

  /** The whole process dies. Its successor begins at the checkpoint, with what the sinks have. */
  async restart(): Promise<Field> {
    for (const sink of [...this.cluster.made.sinks.values()].flat()) sink.die(() => false);
    const { workload, life = 0 } = this.#options;
    const startTs = this.checkpointTs > workload.startTs ? this.checkpointTs - 1n : workload.startTs;
    this.oracle.restarted(startTs);
    return await Field.create({ ...this.#options, startTs, life: life + 1, oracle: this.oracle });
  }

  /** The maintainer alone dies. The next one is told of these tables. */
  async replaceMaintainer(tables: readonly WorkloadTable[]): Promise<void> {
    const { system, epoch } = this.cluster;
    system.crash(MAINTAINER);
    await system.send('h1/coordinator', { type: 'owner-lost', epoch });
    await system.restart(MAINTAINER);
    await system.send(MAINTAINER, {
      type: 'start',
      epoch: epoch + 1,
      startTs: this.checkpointTs,
      tables: tables.map(({ tableId, schemaId, splittable }) => ({ tableId, schemaId, splittable })),
      hosts: this.cluster.hostList([1]),
    });
  }

  /** What an actor shows of itself. */
  async detail(address: Address): Promise<unknown> {
    const { threads } = await this.cluster.system.inspect();
    for (const thread of threads) {
      const actor = thread.state === 'running' ? thread.actors.find((each) => each.address === address) : undefined;
      if (actor !== undefined) return actor.detail;
    }
    throw new Error(`there is no ${address}`);
  }

  #count(): void {
    const { oracle, told } = this;
    const beginBlock = oracle.beginBlock.bind(oracle);
    const beginWrite = oracle.beginWrite.bind(oracle);
    oracle.beginBlock = (worker, event) => {
      told.blocks++;
      return beginBlock(worker, event);
    };
    oracle.beginWrite = (worker, batch) => {
      told.writes++;
      return beginWrite(worker, batch);
    };
  }

  /** Seeded, but a slow maintainer is given nothing before its time, and the clock moves only when nothing else can happen. */
  #choose(steps: readonly Step[]): Step | undefined {
    const { system } = this.cluster;
    const timer = steps.at(-1)?.type === 'timer' ? steps.at(-1) : undefined;
    const held = system.now < this.#next;
    const possible = steps.filter(
      (step) =>
        step.type !== 'timer' && !(held && step.type === 'deliver' && isTowardsMaintainer(step)) && !this.asleep.has(step.to),
    );
    const step = possible.length === 0 ? undefined : possible[(this.steps * 7919) % possible.length];
    if (step !== undefined) return step;
    if (held && (timer === undefined || (timer.type === 'timer' && timer.due > this.#next))) {
      system.jump(this.#next - system.now);
      return this.#choose(system.enabled());
    }
    return timer;
  }

  #event(event: MaintainerEvent): void {
    if (event.type === 'checkpoint') {
      this.oracle.checkpoint(event.checkpointTs);
      this.checkpointTs = event.checkpointTs;
    } else this.events.push(event);
  }

  #observe({ kind, content, to }: Delivered): void {
    if (kind === 'record') this.oracle.status(content as Uint32Array, 0);
    else if (to === MAINTAINER) {
      const isRequest = (content as { type?: string }).type === 'block-statuses';
      const time = this.#cost.message + this.#cost.status * (isRequest ? this.#arrive(content as { handle: Uint32Array }) : 0);
      this.busy += time;
      this.#next = Math.max(this.#next, this.cluster.system.now) + time;
    }
  }

  #arrive({ handle }: { readonly handle: Uint32Array }): number {
    const { length } = handle;
    for (const each of handle) this.statusesOf.set(each, (this.statusesOf.get(each) ?? 0) + 1);
    this.arrived.requests++;
    this.arrived.statuses += length;
    this.arrived.largest = Math.max(this.arrived.largest, length);
    return length;
  }
}

/** What stands between coordinator and maintainer takes nothing either while the maintainer is busy: it is no queue without a bound. */
function isTowardsMaintainer({ from, to }: { readonly from: Address; readonly to: Address }): boolean {
  return to === MAINTAINER || (to.endsWith('/way') && from.endsWith('/coordinator'));
}

/** Tables 1 … `count` of schema 1, as a snapshot lists them. */
export function manyTables(count: number): WorkloadTable[] {
  return Array.from({ length: count }, (_, i) => table(i + 1, 1n));
}

export function table(tableId: number, version: bigint): WorkloadTable {
  return { tableId, schemaId: 1, schema: 's1', table: `t${tableId}`, version, splittable: false };
}

/** Replaces a table by another. */
export function truncate(old: number, next: number, commitTs: bigint): DdlEvent {
  const { splittable, ...info } = table(next, commitTs);
  return {
    ...{ type: 'ddl', kind: 'truncate table', query: `truncate table t${old}`, schema: 's1', table: `t${old}`, commitTs },
    blockTables: { type: 'normal', tableIds: [old, 0] },
    drops: { type: 'normal', tableIds: [old] },
    adds: [{ tableId: next, schemaId: 1, splittable }],
    ...{ schemaChanges: [], admissions: [], tables: [info] },
  };
}

export function row(tableId: number, commitTs: bigint): SourceEvent {
  return { type: 'rows', tableId, commitTs, count: 1, bytes: new Uint8Array(0) };
}

/** A log over `count` tables that exist from the start. */
export function fieldLog(count: number, events: readonly SourceEvent[]): Workload {
  return workloadOf(manyTables(count), FIELD_START, events);
}
