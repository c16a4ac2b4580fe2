import {
  type BlockFacts,
  type MaintainerEvent,
  makeDispatcherId,
  type RouteAdmit,
  type SchemaId,
  type TableId,
} from '@tidegate/protocol';
import { Barrier } from '../barrier/barrier.js';
import type { BarrierMessage } from '../barrier/contracts.js';
import { Hosts } from '../hosts.js';
import { OperatorKind } from '../operator/operatorKind.js';
import { Operators } from '../operator/operators.js';
import { Scheduler } from '../operator/scheduler.js';
import { type MaintainerOptions, resolveOptions } from '../options.js';
import { RouteAdmin } from '../route/routeAdmin.js';
import { SpanTable } from '../span/spanTable.js';
import { TaskState } from '../span/taskState.js';
import { Topology } from '../topology/topology.js';
import { requestOf, show, type TestDispatcher, type TestStatus } from './requests.js';

/** A barrier with its span table, operators and a clock that the test moves. Hosts are node1, node2, …; the trigger is on node1. */
export class BarrierFixture {
  readonly hosts: Hosts;
  readonly table: SpanTable;
  readonly operators: Operators;
  readonly scheduler: Scheduler;
  readonly barrier: Barrier;
  readonly topology: Topology;
  /** Of a fixture that was made with owners of routes. */
  readonly routes: RouteAdmin | undefined;
  readonly told: MaintainerEvent[] = [];
  readonly counters = new Map<string, number>();
  now = 0;
  #random = 1;
  #seq = 0;

  constructor(options: { readonly nodes?: number; readonly routes?: readonly RouteAdmit[] } & MaintainerOptions = {}) {
    const { nodes = 1, routes, ...rest } = options;
    this.routes = routes && new RouteAdmin(routes, 1n);
    const resolved = resolveOptions(rest);
    this.hosts = new Hosts(
      Array.from({ length: nodes }, (_, i) => ({ host: `node${i + 1}`, coordinator: `coordinator${i + 1}` })),
    );
    this.table = new SpanTable({ mode: 0, epoch: 1, triggerId: this.#id(), triggerStartTs: 1n });
    this.operators = new Operators(this.table, {
      resendAfter: resolved.operatorResend,
      batch: resolved.scheduleBatch,
      hosts: this.hosts,
      random: () => this.#next(),
    });
    this.scheduler = new Scheduler({
      table: this.table,
      hosts: this.hosts,
      operators: this.operators,
      random: () => this.#next(),
      maxScheduling: resolved.maxScheduling,
    });
    this.topology = new Topology({
      table: this.table,
      hosts: this.hosts,
      operators: this.operators,
      scheduler: this.scheduler,
      options: resolved,
      random: () => this.#next(),
      tell: (event) => this.told.push(event),
    });
    this.barrier = new Barrier({
      table: this.table,
      hosts: this.hosts,
      scheduling: this.scheduler,
      options: resolved,
      observer: {
        event: (event) => this.told.push(event),
        count: (name, by = 1) => this.counters.set(name, (this.counters.get(name) ?? 0) + by),
      },
      now: () => this.now,
      random: () => this.#next(),
      ...(this.routes && { routes: this.routes }),
    });
  }

  get trigger(): TestDispatcher {
    return { handle: this.table.trigger, generation: this.table.generation[this.table.trigger] as number };
  }

  /** An absent task. */
  absent(tableId: TableId, options: { schemaId?: SchemaId; startTs?: bigint; range?: [string, string] } = {}): TestDispatcher {
    const { schemaId = 1, startTs = 1n, range } = options;
    const bytes = (key: string): Uint8Array => new TextEncoder().encode(key);
    const handle = this.table.add({
      id: this.#id(),
      tableId,
      schemaId,
      splittable: true,
      startTs,
      ...(range && { range: { start: bytes(range[0]), end: bytes(range[1]) } }),
    });
    return { handle, generation: this.table.generation[handle] as number };
  }

  /** A replicating task on a node (1, 2, …). */
  task(
    tableId: TableId,
    node = 1,
    options: { schemaId?: SchemaId; startTs?: bigint; range?: [string, string] } = {},
  ): TestDispatcher {
    const dispatcher = this.absent(tableId, options);
    this.table.bind(dispatcher.handle, node - 1);
    this.table.markReplicating(dispatcher.handle);
    return dispatcher;
  }

  /** Handles one request from a node: H(node, statuses) of the cases. */
  handle(node: number, statuses: readonly TestStatus[]): BarrierMessage[] {
    return this.barrier.handle(`node${node}`, requestOf(`node${node}`, statuses, { seq: ++this.#seq }));
  }

  /** As {@link handle}, shown as lines: `node1: ack 10 → 2,3`. */
  shown(node: number, statuses: readonly TestStatus[]): string[] {
    return lines(this.handle(node, statuses));
  }

  /** Resend at the present time, or after moving the clock, shown as lines. */
  resend(after = 0): string[] {
    this.now += after;
    return lines(this.barrier.resend(this.now));
  }

  event(of: BlockFacts): ReturnType<Barrier['find']> {
    return this.barrier.find(of.key);
  }

  /** Dispatchers that reported in the present phase of an event. */
  reported(of: BlockFacts): number[] {
    return this.event(of)?.coverage.reported() ?? [];
  }

  count(state: TaskState): number {
    // The cases do not count the trigger.
    return this.table.count(state) - (state === TaskState.REPLICATING ? 1 : 0);
  }

  get operatorCount(): number {
    const kinds = [OperatorKind.ADD, OperatorKind.REMOVE, OperatorKind.MOVE, OperatorKind.SPLIT, OperatorKind.MERGE];
    return kinds.reduce((sum, kind) => sum + this.operators.count(kind), 0);
  }

  #id(): string {
    return makeDispatcherId(() => this.#next());
  }

  #next(): number {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#random;
  }
}

function lines(messages: readonly BarrierMessage[]): string[] {
  return messages.flatMap(({ to, answers }) => answers.map((answer) => `${to}: ${show(answer)}`));
}
