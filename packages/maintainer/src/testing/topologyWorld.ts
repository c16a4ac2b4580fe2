import {
  ComponentState,
  type DispatcherConfig,
  MAX_TS,
  type MaintainerToCoordinator,
  type MergeRequest,
  minTs,
  type ScheduleRequest,
  type TopologyRequest,
} from '@tidegate/protocol';
import { TaskState } from '../span/taskState.js';
import { MaintainerFixture } from './maintainerFixture.js';
import type { TestDispatcher } from './requests.js';

const { REMOVED, STOPPED, WAITING_MERGE, WORKING } = ComponentState;
const START = 100n;
/** Keys are one byte; the empty key at either end of a range is before the first and behind the last of them. */
const KEYS = 8;

interface Live {
  readonly config: DispatcherConfig;
  flushedTs: bigint;
  works: boolean;
  isFrozen: boolean;
}

type Row = readonly [dispatcher: TestDispatcher, state: ComponentState, checkpointTs: bigint];

interface Heartbeat {
  readonly rows: readonly Row[];
  readonly complete: boolean;
  readonly watermark: { checkpointTs: bigint; resolvedTs: bigint; seq: number; lastSyncedTs: bigint };
  /** It may be lost on the way. */
  readonly isLossy: boolean;
}

/** A host: its dispatchers, the merge that it is at, and what is on the way to and from it. */
class Node {
  readonly live = new Map<number, Live>();
  readonly down: (ScheduleRequest | MergeRequest)[] = [];
  readonly up: Heartbeat[] = [];
  merge: MergeRequest | undefined;
  seq = 0;
}

/**
 * A real maintainer over hosts that die, join, lose messages and workers, while spans are moved, split, merged and balanced
 * at random. What is durable is known for every key of every table; a restart after any step would go on from what is
 * committed, so nothing may be missing there.
 */
export class TopologyWorld {
  readonly m: MaintainerFixture;
  readonly problems: string[] = [];
  readonly nodes = new Map<number, Node>();
  readonly #pick: (below: number) => number;
  readonly #tables: readonly number[];
  /** By table and key: everything at or below it is downstream. */
  readonly #durable = new Map<number, bigint[]>();
  #trigger = START;

  constructor(pick: (below: number) => number, tables: readonly number[]) {
    this.#pick = pick;
    this.#tables = tables;
    for (const table of tables) this.#durable.set(table, new Array<bigint>(KEYS).fill(START));
    this.m = new MaintainerFixture({ splitTables: true, operatorResend: 500, maxMoves: 3 });
    this.nodes.set(1, new Node());
    this.m.start(
      tables.map((tableId) => ({ tableId, schemaId: 1, splittable: true })),
      START,
    );
    this.m.answer(1);
    this.m.receive({ type: 'post-bootstrap-response', from: 'node1', epoch: this.m.epoch });
  }

  step(hasFaults: boolean): void {
    const pick = this.#pick;
    if (hasFaults && pick(12) === 0) this.#request();
    if (hasFaults && pick(60) === 0) this.#hostsChange();
    for (const [index, node] of this.nodes) {
      this.#work(node);
      if (hasFaults && pick(150) === 0) this.#workerDies(node);
      if (pick(3) === 0) this.#heartbeat(node, [], { complete: pick(4) === 0 });
      for (let turns = pick(4); turns > 0; turns--) this.#hear(node);
      for (let turns = pick(4); turns > 0; turns--) this.#deliver(index, node, hasFaults);
    }
    this.#trigger += BigInt(pick(5));
    this.m.advance(50);
    this.#listen(hasFaults);
    this.#check();
  }

  /** Every span is served once, by a dispatcher that works where the maintainer believes it to be, and nothing is under way. */
  get isSettled(): boolean {
    const { pipeline } = this.m.actor.changefeed ?? {};
    if (pipeline === undefined) return false;
    const { table } = pipeline;
    if (table.count(TaskState.REPLICATING) !== table.size || table.count(TaskState.REMOVING) > 0) return false;
    const live = [...this.nodes].flatMap(([index, node]) => [...node.live.values()].map((one) => ({ index, one })));
    if (live.length !== table.size - 1) return false;
    const isBelieved = live.every(({ index, one: { config, works, isFrozen } }) => {
      const isThere = table.host[config.handle] === this.m.actor.changefeed?.hosts.indexOf(`node${index}`);
      return works && !isFrozen && isThere && table.isTask(config.handle, config.generation);
    });
    return isBelieved && this.#tables.every((tableId) => this.#owners(tableId).every((owners) => owners === 1));
  }

  get committedTs(): bigint {
    return this.m.actor.inspect().changefeed?.committedTs ?? 0n;
  }

  #request(): void {
    const pick = this.#pick;
    const tableId = this.#tables[pick(this.#tables.length)] as number;
    const base = { type: 'topology', tableId } as const;
    const start = pick(2) === 0 ? {} : { start: pick(3) === 0 ? new Uint8Array(0) : Uint8Array.of(pick(KEYS)) };
    const requests: TopologyRequest[] = [
      { ...base, ...start, change: 'move', to: `node${1 + pick(4)}` },
      { ...base, change: 'split', keys: [Uint8Array.of(1 + pick(KEYS - 1))] },
      { ...base, ...start, change: 'merge' },
      { type: 'topology', change: 'balance' },
    ];
    this.m.receive(requests[pick(requests.length)] as TopologyRequest);
  }

  /** T-9, T-10. The first is the maintainer's own. */
  #hostsChange(): void {
    const node = 2 + this.#pick(3);
    const joins = !this.nodes.has(node);
    if (joins) this.nodes.set(node, new Node());
    else this.nodes.delete(node);
    this.m.hosts(...[...this.nodes.keys()].sort());
    if (joins) this.m.answer(node);
  }

  #work(node: Node): void {
    const pick = this.#pick;
    for (const one of node.live.values()) {
      if (!one.works) {
        if (pick(4) !== 0) continue;
        one.works = true;
        this.#heartbeat(node, [[one.config, WORKING, one.flushedTs]]);
      } else if (!one.isFrozen) {
        one.flushedTs += BigInt(pick(6));
        this.#flushed(one);
      }
    }
    if (node.merge !== undefined && pick(4) === 0) this.#endMerge(node, node.merge, pick(4) === 0);
  }

  /** Its dispatchers are gone; what is told of that is not lost, and until it was told they held the watermark back. */
  #workerDies(node: Node): void {
    const gone = [...node.live.values()].filter(() => this.#pick(2) === 0);
    if (node.merge !== undefined) this.#endMerge(node, node.merge, true);
    for (const { config } of gone) node.live.delete(config.handle);
    if (gone.length > 0) {
      const rows = gone.map(({ config, flushedTs }): Row => [config, STOPPED, this.#pick(2) === 0 ? 0n : flushedTs]);
      this.#heartbeat(node, rows, { isLossy: false });
    }
  }

  #hear(node: Node): void {
    const message = node.down.shift();
    if (message === undefined) return;
    if (message.type === 'merge') {
      this.#beginMerge(node, message);
      return;
    }
    for (const config of message.create) if (!node.live.has(config.handle)) this.#create(node, config);
    for (const ref of message.remove) {
      const one = node.live.get(ref.handle);
      const isIt = one?.config.generation === ref.generation;
      const isMerging = [node.merge?.target, ...(node.merge?.sources ?? [])].some((part) => part?.handle === ref.handle);
      if (node.merge !== undefined && isMerging) this.#endMerge(node, node.merge, true);
      if (isIt) node.live.delete(ref.handle);
      this.#heartbeat(node, [[ref, STOPPED, isIt ? one.flushedTs : 0n]]);
    }
  }

  #create(node: Node, config: DispatcherConfig): void {
    const one: Live = { config, flushedTs: config.startTs, works: false, isFrozen: false };
    for (const at of keysOf(config)) {
      const durable = this.#durable.get(config.tableId)?.[at] ?? 0n;
      if (durable < config.startTs)
        this.problems.push(`table ${config.tableId}, key ${at} is durable to ${durable}, started from ${config.startTs}`);
    }
    node.live.set(config.handle, one);
    node.seq++;
  }

  #beginMerge(node: Node, message: MergeRequest): void {
    const { target, sources } = message;
    if (node.merge?.target.handle === target.handle) return;
    const there = node.live.get(target.handle);
    const isThere = there?.config.generation === target.generation;
    if (isThere) {
      if (there.works) this.#heartbeat(node, [[target, WORKING, there.flushedTs]]);
      return;
    }
    const mine = sources.map(({ handle, generation }) => {
      const one = node.live.get(handle);
      return one?.config.generation === generation && one.works ? one : undefined;
    });
    if (node.merge !== undefined || mine.includes(undefined)) {
      this.#heartbeat(node, [[target, REMOVED, 0n]]);
      return;
    }
    node.merge = message;
    for (const one of mine) if (one !== undefined) one.isFrozen = true;
    this.#heartbeat(
      node,
      sources.map((ref): Row => [ref, WAITING_MERGE, 0n]),
    );
  }

  /** T-6, T-8, or T-7 when it is given up. */
  #endMerge(node: Node, { target, sources }: MergeRequest, isGivenUp: boolean): void {
    node.merge = undefined;
    const mine = sources.flatMap(({ handle }) => node.live.get(handle) ?? []);
    if (isGivenUp) {
      for (const one of mine) one.isFrozen = false;
      this.#heartbeat(node, [[target, REMOVED, 0n]]);
      return;
    }
    for (const { config } of mine) node.live.delete(config.handle);
    this.#create(node, { ...target, startTs: mine.map(({ flushedTs }) => flushedTs).reduce(minTs) });
    this.#heartbeat(
      node,
      mine.map(({ config, flushedTs }): Row => [config, STOPPED, flushedTs]),
    );
  }

  /** H-2, H-3: the watermark accounts for every dispatcher that is there, the trigger too on its host. */
  #heartbeat(node: Node, rows: readonly Row[], flags: { complete?: boolean; isLossy?: boolean } = {}): void {
    const { complete = false, isLossy = true } = flags;
    const live = [...node.live.values()];
    const listed = complete
      ? live.filter(({ works }) => works).map(({ config, flushedTs }): Row => [config, WORKING, flushedTs])
      : [];
    let checkpointTs = node === this.nodes.get(1) ? this.#trigger : MAX_TS;
    for (const { flushedTs } of live) checkpointTs = minTs(checkpointTs, flushedTs);
    const watermark = { checkpointTs, resolvedTs: checkpointTs, seq: node.seq, lastSyncedTs: 0n };
    node.up.push({ rows: [...rows, ...listed], complete, watermark, isLossy });
  }

  #deliver(index: number, node: Node, hasFaults: boolean): void {
    const heartbeat = node.up.shift();
    if (heartbeat === undefined || (hasFaults && heartbeat.isLossy && this.#pick(5) === 0)) return;
    const { rows, watermark, complete } = heartbeat;
    this.m.report(index, rows, { watermark, complete });
  }

  #listen(hasFaults: boolean): void {
    for (const { to, message } of this.m.context.take()) {
      const sent = message as MaintainerToCoordinator;
      const node = this.nodes.get(Number(to.slice('coordinator'.length)));
      if (sent.type !== 'schedule' && sent.type !== 'merge') continue;
      if (node !== undefined && !(hasFaults && this.#pick(5) === 0)) node.down.push(sent);
    }
  }

  #flushed({ config, flushedTs }: Live): void {
    const durable = this.#durable.get(config.tableId) as bigint[];
    for (const at of keysOf(config)) if (flushedTs > (durable[at] as bigint)) durable[at] = flushedTs;
  }

  /** I-7, K-3, K-8; and nobody has two owners, neither in the maintainer's eyes nor in fact. */
  #check(): void {
    const { committedTs } = this;
    for (const [tableId, durable] of this.#durable) {
      const least = durable.reduce(minTs);
      if (least < committedTs) this.problems.push(`table ${tableId} is durable to ${least}, committed is ${committedTs}`);
      const twice = this.#owners(tableId).findIndex((owners) => owners > 1);
      if (twice >= 0)
        this.problems.push(`key ${twice} of table ${tableId} has two dispatchers that replicate, by the span table`);
      for (let at = 0; at < KEYS; at++) {
        const serving = [...this.nodes.values()].flatMap((node) => {
          return [...node.live.values()].filter(({ config }) => config.tableId === tableId && keysOf(config).includes(at));
        });
        if (serving.length > 1) this.problems.push(`key ${at} of table ${tableId} is served by ${serving.length} dispatchers`);
      }
    }
    for (const fault of this.m.events('fault')) this.problems.push(`${fault.code}: ${fault.message}`);
  }

  /** By key: replicating tasks that own it. */
  #owners(tableId: number): number[] {
    const owners = new Array<number>(KEYS).fill(0);
    const table = this.m.actor.changefeed?.pipeline.table;
    table?.forEachOfSlot(table.tables.slotOf(tableId), (handle) => {
      if (table.state[handle] !== TaskState.REPLICATING) return;
      const range = table.rangeOf(handle);
      for (const at of keysOf(range === undefined ? {} : { range })) owners[at]!++;
    });
    return owners;
  }
}

function keysOf({ range }: Pick<DispatcherConfig, 'range'>): number[] {
  const first = range?.start[0] ?? 0;
  const end = range === undefined || range.end.length === 0 ? KEYS : (range.end[0] as number);
  return Array.from({ length: end - first }, (_, at) => first + at);
}
