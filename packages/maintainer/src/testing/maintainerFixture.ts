import {
  type AddedTable,
  type Answer,
  type BootstrapRequest,
  type BootstrapResponse,
  type BootstrapSpan,
  ComponentState,
  type DispatcherConfig,
  type HeartbeatRequest,
  type MaintainerEvent,
  type MaintainerToCoordinator,
  type Mode,
  NO_WORKER,
  type RouteAdmit,
  type ScheduleRequest,
} from '@tidegate/protocol';
import { ManualContext } from '@tidegate/runtime/testing';
import { createMaintainer } from '../actor.js';
import type { Maintainer, MaintainerMessage } from '../maintainer.js';
import type { MaintainerOptions } from '../options.js';
import { requestOf, show, type TestDispatcher, type TestStatus } from './requests.js';

export const table = (tableId: number, schemaId = 1): AddedTable => ({ tableId, schemaId, splittable: false });

/** A maintainer on a context driven by hand, with hosts node1, node2, … whose coordinators a test plays. */
export class MaintainerFixture {
  readonly context: ManualContext;
  readonly actor: Maintainer;
  epoch: number;
  readonly created = new Map<number, DispatcherConfig>();
  readonly #nodes: number;
  readonly #redo: boolean;
  #seq = 0;

  constructor(options: { readonly nodes?: number; readonly epoch?: number; readonly redo?: boolean } & MaintainerOptions = {}) {
    const { nodes = 1, epoch = 2, redo = false, ...rest } = options;
    this.#nodes = nodes;
    this.#redo = redo;
    this.epoch = epoch;
    this.context = new ManualContext({ self: 'maintainer', seed: 3 });
    this.actor = createMaintainer(this.context, rest) as Maintainer;
  }

  start(tables: readonly AddedTable[], startTs = 100n, routes?: readonly RouteAdmit[]): void {
    const hosts = hostList(Array.from({ length: this.#nodes }, (_, i) => i + 1));
    const redo = this.#redo && { redo: true };
    this.receive({ type: 'start', epoch: this.epoch, startTs, tables, hosts, ...(routes && { routes }), ...redo });
  }

  /** The nodes that are alive now. */
  hosts(...nodes: readonly number[]): void {
    this.receive({ type: 'hosts', hosts: hostList(nodes) });
  }

  /** Answers the bootstrap of every node. */
  bootstrap(spans: Readonly<Record<number, readonly BootstrapSpan[]>> = {}, checkpointTs = 100n): void {
    for (let node = 1; node <= this.#nodes; node++) this.answer(node, spans[node] ?? [], { checkpointTs });
  }

  /** Answers the bootstrap of one node. Only the first has triggers. */
  answer(node: number, spans: readonly BootstrapSpan[] = [], rest: Partial<BootstrapResponse> = {}): void {
    const checkpointTs = node === 1 ? (rest.checkpointTs ?? 100n) : 0n;
    const join = this.actor.changefeed?.bootstrapper.joinOf(`node${node}`);
    this.receive({
      type: 'bootstrap-response',
      from: `node${node}`,
      epoch: this.epoch,
      ...(join !== undefined && { join }),
      spans,
      ...(this.#redo && { redoCheckpointTs: checkpointTs }),
      ...rest,
      checkpointTs,
    });
  }

  /** Started, bootstrapped, every dispatcher created and Working; what was sent on the way is forgotten. */
  run(tables: readonly AddedTable[], startTs = 100n, routes?: readonly RouteAdmit[]): void {
    this.start(tables, startTs, routes);
    this.bootstrap();
    this.receive({ type: 'post-bootstrap-response', from: 'node1', epoch: this.epoch });
    this.work();
    this.context.take();
    this.context.events.length = 0;
  }

  /** Plays the coordinators: whatever was to be created is Working. Returns the handles. */
  work(): number[] {
    const handles: number[] = [];
    for (const { to, message } of this.schedules()) {
      for (const config of message.create) {
        this.created.set(config.handle, config);
        handles.push(config.handle);
      }
      const node = Number(to.slice('coordinator'.length));
      this.report(
        node,
        message.create.map((config) => [config, ComponentState.WORKING]),
      );
    }
    return handles;
  }

  /** A heartbeat with component statuses, at the checkpoints that the dispatchers start from unless given. */
  report(
    node: number,
    rows: readonly (readonly [
      dispatcher: TestDispatcher & { startTs?: bigint; mode?: Mode },
      state: ComponentState,
      checkpointTs?: bigint,
      worker?: number,
    ])[],
    rest: Partial<HeartbeatRequest> = {},
  ): void {
    this.receive({
      type: 'heartbeat',
      from: `node${node}`,
      epoch: this.epoch,
      complete: false,
      statuses: {
        handle: Uint32Array.from(rows, ([{ handle }]) => handle),
        generation: Uint32Array.from(rows, ([{ generation }]) => generation),
        state: Uint8Array.from(rows, ([, state]) => state),
        mode: Uint8Array.from(rows, ([{ mode }]) => mode ?? 0),
        checkpointTs: BigUint64Array.from(rows, ([{ startTs }, , checkpointTs]) => checkpointTs ?? startTs ?? 0n),
        worker: Uint16Array.from(rows, ([, , , worker]) => worker ?? NO_WORKER),
      },
      ...rest,
    });
  }

  watermark(node: number, checkpointTs: bigint, seq: number, resolvedTs = checkpointTs, mode: Mode = 0): void {
    const watermark = { checkpointTs, resolvedTs, seq, lastSyncedTs: 0n };
    const rest = mode === 0 ? { watermark } : { redoWatermark: watermark };
    this.receive({ type: 'heartbeat', from: `node${node}`, epoch: this.epoch, complete: false, ...rest });
  }

  statuses(
    node: number,
    statuses: readonly TestStatus[],
    options: { readonly epoch?: number; readonly mode?: 0 | 1 } = {},
  ): void {
    this.receive(requestOf(`node${node}`, statuses, { epoch: this.epoch, seq: ++this.#seq, ...options }));
  }

  /** Delivers one message and ends the turn. */
  receive(message: MaintainerMessage): void {
    const from = 'from' in message ? `coordinator${message.from.slice('node'.length)}` : 'host';
    this.actor.receive(message, from);
    this.actor.turnEnd();
  }

  advance(milliseconds: number): void {
    this.context.advance(this.actor, milliseconds);
  }

  /** The table trigger, as its host was told of it. */
  get trigger(): TestDispatcher {
    return { handle: 0, generation: this.epoch };
  }

  get redoTrigger(): TestDispatcher & { readonly mode: Mode } {
    return { handle: 1, generation: this.epoch, mode: 1 };
  }

  /** Of the default pipeline, or of the redo pipeline: dispatchers by what `inspect` calls them. */
  tasks(mode: Mode = 0): string {
    const changefeed = this.actor.inspect().changefeed;
    const {
      absent = 0,
      scheduling = 0,
      replicating = 0,
      removing = 0,
    } = (mode === 0 ? changefeed : changefeed?.redo)?.tasks ?? {};
    return `absent ${absent}, scheduling ${scheduling}, replicating ${replicating}, removing ${removing}`;
  }

  /** Messages sent since the last take, of one type. */
  sent<T extends MaintainerToCoordinator['type']>(
    type: T,
  ): { to: string; message: Extract<MaintainerToCoordinator, { type: T }> }[] {
    const taken = this.context.take();
    const wanted = taken.filter(({ message }) => (message as MaintainerToCoordinator).type === type);
    for (const other of taken) if (!wanted.includes(other)) this.context.sent.push(other);
    return wanted as unknown as { to: string; message: Extract<MaintainerToCoordinator, { type: T }> }[];
  }

  schedules(): { to: string; message: ScheduleRequest }[] {
    return this.sent('schedule');
  }

  bootstraps(): { to: string; message: BootstrapRequest }[] {
    return this.sent('bootstrap');
  }

  /** Answers sent since the last take, as lines. */
  answers(): string[] {
    return this.sent('answers').flatMap(({ to, message }) => message.answers.map((answer: Answer) => `${to}: ${show(answer)}`));
  }

  events<T extends MaintainerEvent['type']>(type: T): Extract<MaintainerEvent, { type: T }>[] {
    return this.context.events.filter((event) => (event as MaintainerEvent).type === type) as Extract<
      MaintainerEvent,
      { type: T }
    >[];
  }
}

function hostList(nodes: readonly number[]): { host: string; coordinator: string }[] {
  return nodes.map((node) => ({ host: `node${node}`, coordinator: `coordinator${node}` }));
}
