import {
  ComponentState,
  type CoordinatorToWorker,
  type CreateDispatchers,
  Mode,
  type SourceToWorker,
  tsHigh,
  tsLow,
} from '@tidegate/protocol';
import type { Actor, ActorContext, Address, Timer } from '@tidegate/runtime';
import { Answers } from './answers.js';
import { BlockMachine } from './blockMachine.js';
import { BlockWork } from './blockWork.js';
import { ByteBudget, type PauseCheck } from './byteBudget.js';
import { aggregate, checkpointOf, resolvedOf } from './checkpoint.js';
import { ErrorOutbox } from './errorOutbox.js';
import { InvariantError, NoRedoSinkError, SinkFailure } from './errors.js';
import { type GroupOptions, resolveGroupOptions } from './options.js';
import { Posting } from './posting.js';
import { Removal } from './removal.js';
import { Reports } from './reports.js';
import { Retry, type RetryTimer } from './retry.js';
import { PHASE_NAMES, Phase, Place } from './rowLayout.js';
import { RowsFlow } from './rowsFlow.js';
import type { SinkCompletion, SinkPort } from './sinkPort.js';
import { SinkWork } from './sinkWork.js';
import { type DispatcherView, viewOf } from './snapshot.js';
import { SnapshotOutbox } from './snapshotOutbox.js';
import { GroupState } from './state.js';
import { Stream } from './stream.js';
import { WrittenMemory } from './written.js';

interface HeartbeatTimer {
  readonly type: 'heartbeat';
}

/** What a group takes: from the coordinator, from the source, and (timers, sink completions) from itself. */
export type GroupInput = CoordinatorToWorker | SourceToWorker | SinkCompletion | RetryTimer | PauseCheck | HeartbeatTimer;

/** The sinks of a group, one a pipeline. */
export interface GroupSinks {
  readonly sink: SinkPort;
  /** Needed only where redo dispatchers are created (D-45). */
  readonly redoSink?: SinkPort;
}

/** A group as plain data. */
export interface GroupView {
  readonly dispatchers: number;
  readonly phases: Readonly<Record<string, number>>;
  readonly removing: number;
  readonly resolvedTs: bigint;
  readonly lastSyncedTs: bigint;
  readonly created: number;
  /** Block events in hand, with how many dispatchers have not been acknowledged there. */
  readonly events: readonly {
    readonly mode: number;
    readonly commitTs: bigint;
    readonly isSyncPoint: boolean;
    readonly unacked: number;
  }[];
  readonly reports: number;
  readonly heldBytes: number;
  readonly paused: boolean;
  readonly executor: { readonly running: number; readonly queued: number };
  readonly withSink: number;
  readonly posted: number;
  readonly wakes: number;
  readonly error?: { readonly code: string; readonly message: string };
}

/**
 * All dispatchers of one worker, as one actor. Each is a row of flat tables; what it has besides exists only while it has
 * work. Takes {@link GroupInput}; sends statuses as records and the messages of WorkerToCoordinator to the coordinator.
 */
export class DispatcherGroup implements Actor<GroupInput> {
  #state: GroupState;
  #errors: ErrorOutbox;
  #posting: Posting;
  #retry: Retry;
  #reports: Reports;
  #sink: SinkWork;
  #work: BlockWork;
  #machine: BlockMachine;
  #flow: RowsFlow;
  #budget: ByteBudget;
  #stream: Stream;
  #answers: Answers;
  #removal: Removal;
  #snapshots: SnapshotOutbox;
  #heartbeat: Timer;
  #relieving = false;

  /** Throws OptionError for an option out of range. */
  constructor(context: ActorContext, sinks: GroupSinks, options: Partial<GroupOptions> = {}) {
    const state = new GroupState(context, resolveGroupOptions(options));
    const written = new WrittenMemory(state.options.rememberWritten);
    this.#state = state;
    this.#errors = new ErrorOutbox(state);
    this.#posting = new Posting(state);
    this.#retry = new Retry(state, this.#posting);
    this.#reports = new Reports(state, this.#posting, this.#retry);
    this.#sink = new SinkWork(sinks.sink, sinks.redoSink);
    this.#budget = new ByteBudget(context, state.options, () => this.#relieve());
    this.#work = new BlockWork(state, this.#sink, {
      flushed: (row) => this.#machine.flushed(row),
      written: (row, entry) => this.#machine.written(row, entry),
      told: (row, entry) => this.#machine.passed(row, entry),
      failed: (row, error) => this.#machine.fail(row, error),
      abandoned: (row, entry) => this.#machine.abandoned(row, entry),
    });
    this.#machine = new BlockMachine(state, {
      posting: this.#posting,
      retry: this.#retry,
      reports: this.#reports,
      work: this.#work,
      errors: this.#errors,
      written,
      wake: (row) => this.#stream.wake(row),
      reopen: (row) => this.#answers.reopen(row),
    });
    this.#flow = new RowsFlow(state, {
      sink: this.#sink,
      work: this.#work,
      machine: this.#machine,
      wake: (row) => this.#stream.wake(row),
    });
    this.#stream = new Stream(state, { machine: this.#machine, flow: this.#flow, budget: this.#budget });
    this.#answers = new Answers(state, { machine: this.#machine, posting: this.#posting, written });
    this.#removal = new Removal(state, { machine: this.#machine, work: this.#work, stream: this.#stream });
    this.#snapshots = new SnapshotOutbox(state);
    this.#heartbeat = context.schedule(state.options.heartbeatFirst, { type: 'heartbeat' } satisfies HeartbeatTimer);
  }

  receive(message: GroupInput, _from: Address): void {
    this.#state.now = this.#state.context.now();
    try {
      this.#handle(message);
    } catch (error) {
      if (!(error instanceof InvariantError)) throw error;
      this.#errors.report(0, 0, error); // T-G: it faults the changefeed, not the process.
    }
  }

  #handle(message: GroupInput): void {
    switch (message.type) {
      case 'create':
        this.#create(message);
        break;
      case 'remove':
        this.#removal.receive(message);
        break;
      case 'answer':
        this.#answers.receive(message);
        break;
      case 'snapshot':
        this.#snapshots.request(message);
        break;
      case 'sink-checkpoint':
        this.#sink.checkpoint(Mode.DEFAULT, message.checkpointTs);
        break;
      case 'stream':
        this.#stream.start(message);
        break;
      case 'rows':
        this.#stream.rows(message);
        break;
      case 'block-event':
        this.#stream.event(message);
        break;
      case 'resolved':
        this.#stream.resolved(message);
        break;
      case 'sink-enqueued':
      case 'sink-done':
      case 'sink-failed':
        this.#completed(message);
        break;
      case 'retry':
        this.#retry.fire(message);
        break;
      case 'pause-check':
        this.#budget.check();
        break;
      case 'heartbeat':
        this.#beat();
        break;
      default:
        this.#state.context.log('warn', 'message of an unknown type ignored', { type: (message as { type: unknown }).type });
    }
  }

  /** Sends what the turn gathered: component statuses before statuses of the same dispatchers, Stopped after both. */
  turnEnd(): void {
    if (this.#state.components.flush()) {
      if (!this.#posting.idle) this.#posting.post();
      this.#snapshots.flush();
    }
    this.#removal.finish();
    if (this.#state.components.length > 0) this.#state.components.flush();
    this.#errors.flush();
  }

  room(_to: Address): void {
    this.turnEnd();
  }

  /** Ends the timers. The sink is drained and closed by whoever owns it. */
  stop(): void {
    this.#heartbeat.cancel();
    this.#budget.stop();
    for (const entry of this.#state.entries.values()) entry.timer?.cancel();
  }

  /** Checkpoint of a live dispatcher; undefined for an unknown handle. */
  checkpointOf(handle: number): bigint | undefined {
    const row = this.#state.rowOfHandle(handle);
    return row < 0 ? undefined : checkpointOf(this.#state, row);
  }

  /** Resolved ts of a live dispatcher; undefined for an unknown handle. */
  resolvedOf(handle: number): bigint | undefined {
    const row = this.#state.rowOfHandle(handle);
    return row < 0 ? undefined : resolvedOf(this.#state, row);
  }

  /** One dispatcher as plain data; undefined for an unknown handle. */
  view(handle: number): DispatcherView | undefined {
    const row = this.#state.rowOfHandle(handle);
    return row < 0 ? undefined : viewOf(this.#state, row, this.#reports.ofRow(row));
  }

  inspect(): GroupView {
    const { rows, entries } = this.#state;
    const phases: Record<string, number> = {};
    for (let row = 0; row < rows.used; row++) {
      if (rows.place[row] === Place.NOWHERE) continue;
      const name = PHASE_NAMES[rows.phase[row] ?? Phase.OPEN] as string;
      phases[name] = (phases[name] ?? 0) + 1;
    }
    const error = this.#errors.first;
    return {
      dispatchers: rows.live,
      phases,
      removing: this.#removal.size,
      resolvedTs: this.#state.resolvedTs,
      lastSyncedTs: this.#state.lastSyncedTs,
      created: this.#state.created,
      events: [...entries.values()].map((entry) => ({ mode: entry.mode, ...entry.key, unacked: entry.unacked })),
      reports: this.#reports.counted,
      heldBytes: this.#budget.held,
      paused: this.#budget.paused,
      executor: { running: this.#work.running, queued: this.#work.queued },
      withSink: this.#sink.size,
      posted: this.#posting.posted,
      wakes: this.#state.wakes,
      ...(error && { error: { code: error.code, message: error.message } }),
    };
  }

  #create(message: CreateDispatchers): void {
    const { components } = this.#state;
    for (const config of message.configs) {
      this.#state.created++;
      const present = this.#state.rowOfHandle(config.handle);
      if (present >= 0 && this.#state.rows.generation[present] === config.generation >>> 0) continue; // F-9
      const [high, low] = [tsHigh(config.startTs), tsLow(config.startTs)];
      if (!this.#sink.serves(config.mode)) {
        this.#errors.report(config.handle, config.generation, new NoRedoSinkError(config.handle));
        components.add(config.handle, config.generation, config.mode, ComponentState.STOPPED, high, low);
        continue;
      }
      // A handle comes again only under a new generation: what is left of the old one goes.
      if (present >= 0) this.#removal.remove(present);
      this.#state.insert(config);
      components.add(config.handle, config.generation, config.mode, ComponentState.INITIALIZING, high, low);
    }
  }

  // H-1, H-2, H-3. Coalescing: on a full lane the latest takes the place of the one before.
  #beat(): void {
    const { context, options, created, lastSyncedTs } = this.#state;
    const watermarks = aggregate(this.#state);
    const message = {
      type: 'worker-heartbeat',
      created,
      checkpointTs: watermarks[Mode.DEFAULT].checkpointTs,
      resolvedTs: watermarks[Mode.DEFAULT].resolvedTs,
      lastSyncedTs,
      redoCheckpointTs: watermarks[Mode.REDO].checkpointTs,
      redoResolvedTs: watermarks[Mode.REDO].resolvedTs,
    };
    context.send(options.coordinator, message, { coalesce: 'worker-heartbeat' });
    this.#heartbeat = context.schedule(options.heartbeatInterval, { type: 'heartbeat' } satisfies HeartbeatTimer);
  }

  // Too much is held: a sink that writes only when it is told to is told.
  #relieve(): void {
    if (this.#relieving || this.#flow.unconfirmed === 0) return;
    this.#relieving = true;
    this.#sink.flush(Mode.DEFAULT, { type: 'relief' }, undefined);
  }

  #completed(message: SinkCompletion): void {
    const item = this.#sink.get(message.token);
    if (item === undefined) {
      this.#state.context.count('dispatcher.late-completions');
      return;
    }
    if (message.type === 'sink-enqueued') {
      if (item.type === 'rows') this.#flow.enqueued(item);
      return;
    }
    this.#sink.end(message.token);
    const failed = message.type === 'sink-failed';
    const error = failed ? message.error : undefined;
    if (item.type === 'rows') failed ? this.#flow.failed(item, error) : this.#flow.done(item);
    else if (item.type === 'flush') failed ? this.#work.flushFailed(item, error) : this.#work.flushed(item);
    else if (item.type === 'write') failed ? this.#work.writeFailed(item, error) : this.#work.wrote(item);
    else if (item.type === 'pass') failed ? this.#work.tellFailed(item, error) : this.#work.told(item);
    else this.#groupWorkOver(item.type, failed, error);
  }

  #groupWorkOver(type: 'relief' | 'checkpoint', failed: boolean, error: unknown): void {
    if (type === 'relief') this.#relieving = false;
    if (!failed) return;
    const what = type === 'relief' ? 'a flush to make room' : 'the checkpoint';
    this.#state.sinkBroken = true;
    this.#errors.report(0, 0, new SinkFailure(what, error));
  }
}
