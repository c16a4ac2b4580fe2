import {
  type Answer,
  type AnswerRequest,
  type BlockFacts,
  type BlockStatusRequest,
  ComponentState,
  type ComponentStatuses,
  type DispatcherConfig,
  type HeartbeatRequest,
  MAX_TS,
  type Mode,
  Stage,
  statusFlags,
  tsHigh,
  tsLow,
  type WorkerHeartbeat,
  writeStatus,
} from '@tidegate/protocol';
import { ManualContext } from '@tidegate/runtime/testing';
import { Coordinator, type CoordinatorMessage } from '../coordinator.js';
import { type CoordinatorOptions, resolveOptions } from '../options.js';
import { facts, key } from './statuses.js';

export const MAINTAINER = 'maintainer';
export const EPOCH = 7;

/** One component status of a worker. */
export interface ComponentRow {
  readonly handle: number;
  readonly generation?: number;
  readonly state: ComponentState;
  readonly mode?: Mode;
  readonly checkpointTs?: bigint;
}

export function config(handle: number, extra: Partial<DispatcherConfig> = {}): DispatcherConfig {
  const base = { generation: 1, mode: 0 as Mode, tableId: handle + 100, schemaId: 1, startTs: 10n, skipDmlAsStartTs: false };
  return { id: handle.toString(16).padStart(32, '0'), handle, ...base, ...extra };
}

export function componentStatuses(rows: readonly ComponentRow[]): ComponentStatuses {
  return {
    handle: Uint32Array.from(rows, (row) => row.handle),
    generation: Uint32Array.from(rows, (row) => row.generation ?? 1),
    state: Uint8Array.from(rows, (row) => row.state),
    mode: Uint8Array.from(rows, (row) => row.mode ?? 0),
    checkpointTs: BigUint64Array.from(rows, (row) => row.checkpointTs ?? 0n),
  };
}

export function workerHeartbeat(created: number, extra: Partial<WorkerHeartbeat> = {}): WorkerHeartbeat {
  return {
    type: 'worker-heartbeat',
    created,
    checkpointTs: MAX_TS,
    resolvedTs: MAX_TS,
    lastSyncedTs: 0n,
    redoCheckpointTs: MAX_TS,
    redoResolvedTs: MAX_TS,
    ...extra,
  };
}

export function normal(...handles: number[]): Answer['target'] {
  return { type: 'normal', handle: Uint32Array.from(handles), generation: Uint32Array.from(handles, () => 1) };
}

/** One row of a request, for comparison in tests. */
export interface RequestRow {
  readonly handle: number;
  readonly generation: number;
  readonly ts: bigint;
  readonly isSyncPoint: boolean;
  readonly stage: number;
}

export function rowsOf(request: BlockStatusRequest): RequestRow[] {
  return Array.from(request.handle, (handle, row) => {
    const event = request.events[request.event[row] ?? 0];
    return {
      handle,
      generation: request.generation[row] ?? 0,
      ts: event?.key.commitTs ?? -1n,
      isSyncPoint: event?.key.isSyncPoint ?? false,
      stage: request.stage[row] ?? 0,
    };
  });
}

/** A coordinator driven by hand, with workers `worker-0` … and a maintainer that only listens. */
export class TestHost {
  readonly context: ManualContext;
  readonly coordinator: Coordinator;
  readonly #words = new Uint32Array(8);

  constructor(options: Partial<CoordinatorOptions> = {}, seed = 1) {
    this.context = new ManualContext({ self: 'coordinator', seed });
    const resolved = resolveOptions({ host: 'host-0', workers: ['worker-0', 'worker-1'], ...options });
    this.coordinator = new Coordinator(this.context, resolved);
  }

  receive(from: string, message: CoordinatorMessage): void {
    this.coordinator.receive(message, from);
    this.context.settle(this.coordinator);
  }

  advance(milliseconds: number): void {
    this.context.advance(this.coordinator, milliseconds);
  }

  room(to: string): void {
    this.context.full.delete(to);
    this.coordinator.room(to);
    this.context.settle(this.coordinator);
  }

  /** Bootstraps with trigger and the ordinary dispatchers `handles`, answers for the workers, and forgets what was sent. */
  bootstrap(handles: readonly number[] = [], epoch = EPOCH, generationOf: (handle: number) => number = () => 1): void {
    this.receive(MAINTAINER, { type: 'bootstrap', epoch, startTs: 10n, trigger: config(0) });
    this.answerSnapshots();
    if (handles.length > 0) {
      const create = handles.map((handle) => config(handle, { generation: generationOf(handle) }));
      this.receive(MAINTAINER, { type: 'schedule', epoch, create, remove: [] });
    }
    this.context.take();
  }

  /** Every worker answers the snapshot requests that wait, with nothing. */
  answerSnapshots(): void {
    for (const { to, message } of this.context.sent.slice()) {
      const request = message as { type: string; id: number };
      if (request.type === 'snapshot') this.receive(to, { type: 'worker-snapshot', id: request.id, spans: [] });
    }
  }

  components(worker: string, ...rows: ComponentRow[]): void {
    this.receive(worker, { type: 'component-statuses', statuses: componentStatuses(rows) });
  }

  learn(
    ts: number,
    isSyncPoint = false,
    mode: Mode = 0,
    known: BlockFacts = facts(ts, isSyncPoint),
    lacksAdmissions = false,
  ): void {
    this.coordinator.receive({ type: 'facts', mode, facts: known, ...(lacksAdmissions && { lacksAdmissions }) }, 'worker-0');
  }

  /** One record, without its facts and without the end of a turn. */
  record(
    stage: Stage,
    handle: number,
    ts: number | bigint,
    extra: { sync?: boolean; mode?: Mode; generation?: number } = {},
  ): void {
    const { sync = false, mode = 0, generation = 1 } = extra;
    const commitTs = BigInt(ts);
    writeStatus(this.#words, 0, stage, statusFlags(sync, mode, false), handle, generation, tsHigh(commitTs), tsLow(commitTs));
    this.coordinator.receiveRecords(this.#words, 0, 1, 'worker-0');
  }

  /** A WAITING with its facts ahead. */
  waiting(handle: number, ts: number, extra: { generation?: number; mode?: Mode } = {}): void {
    this.learn(ts, false, extra.mode ?? 0);
    this.record(Stage.WAITING, handle, ts, extra);
  }

  done(handle: number, ts: number, extra: { generation?: number } = {}): void {
    this.record(Stage.DONE, handle, ts, extra);
  }

  /** An answer request of the owner. */
  answer(answers: readonly Answer[], extra: Partial<AnswerRequest> = {}): void {
    this.receive(MAINTAINER, { type: 'answers', epoch: EPOCH, mode: 0, answers, ...extra });
  }

  ack(ts: number, handles: readonly number[], inReplyTo?: number): void {
    this.answer([{ target: normal(...handles), ack: key(ts) }], inReplyTo === undefined ? {} : { inReplyTo });
  }

  /** Block-status requests sent to the maintainer since the last call. */
  requests(): BlockStatusRequest[] {
    return this.messages(MAINTAINER).filter((message): message is BlockStatusRequest => typeOf(message) === 'block-statuses');
  }

  heartbeats(): HeartbeatRequest[] {
    return this.messages(MAINTAINER).filter((message): message is HeartbeatRequest => typeOf(message) === 'heartbeat');
  }

  /** Everything sent to `to` since the last call. */
  messages(to: string): unknown[] {
    return this.context.take(to).map((entry) => entry.message);
  }
}

export function typeOf(message: unknown): string {
  return (message as { type: string }).type;
}

export const { WORKING, STOPPED, INITIALIZING } = ComponentState;
