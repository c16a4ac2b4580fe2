import {
  ComponentState,
  type CoordinatorToWorker,
  type CreateMany,
  type DispatcherRef,
  type Mode,
  modeAt,
  type SourceToWorker,
  tsHigh,
  tsLow,
} from '@tidegate/protocol';
import type { Actor, ActorContext, Address } from '@tidegate/runtime';
import { type AnswerGoesOn, Answers } from './answers.js';
import { BlockMachine } from './blockMachine.js';
import { BlockWork } from './blockWork.js';
import { ByteBudget, type PauseCheck } from './byteBudget.js';
import { checkpointOf, resolvedOf } from './checkpoint.js';
import { Completions } from './completions.js';
import { ErrorOutbox } from './errorOutbox.js';
import { InvariantError, NoRedoMetaError, NoRedoSinkError } from './errors.js';
import { Freezing } from './freezing.js';
import { Gate } from './gate.js';
import { countPhases, type GroupView } from './groupView.js';
import { Heartbeats, type HeartbeatTimer } from './heartbeats.js';
import { type GroupOptions, resolveGroupOptions } from './options.js';
import { Posting } from './posting.js';
import { Removal } from './removal.js';
import { Reports } from './reports.js';
import { Retry, type RetryTimer } from './retry.js';
import { RowsFlow } from './rowsFlow.js';
import type { SinkCompletion, SinkPort } from './sinkPort.js';
import { SinkWork } from './sinkWork.js';
import { type DispatcherView, viewOf } from './snapshot.js';
import { SnapshotOutbox } from './snapshotOutbox.js';
import { GroupState } from './state.js';
import { Stream } from './stream.js';
import { WrittenMemory } from './written.js';

/** What a group takes: from the coordinator, from the source, and (timers, sink completions) from itself. */
export type GroupInput =
  | CoordinatorToWorker
  | SourceToWorker
  | SinkCompletion
  | RetryTimer
  | PauseCheck
  | HeartbeatTimer
  | AnswerGoesOn;

/** The sinks of a group, one a pipeline. */
export interface GroupSinks {
  readonly sink: SinkPort;
  /** Where redo dispatchers are created (D-45). With it the redo gate is closed until it is opened (D-46). */
  readonly redoSink?: SinkPort;
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
  #freezing: Freezing;
  #gate: Gate;
  #completions: Completions;
  #heartbeats: Heartbeats;
  #fenced = false;

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
    this.#budget = new ByteBudget(context, state.options, () => this.#completions.relieve());
    this.#gate = new Gate(state, state.options.redo || sinks.redoSink !== undefined, (row) => this.#stream.retake(row));
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
      gate: this.#gate,
      wake: (row) => this.#stream.wake(row),
    });
    this.#stream = new Stream(state, {
      machine: this.#machine,
      flow: this.#flow,
      budget: this.#budget,
      gate: this.#gate,
    });
    this.#answers = new Answers(state, { machine: this.#machine, posting: this.#posting, work: this.#work, written });
    this.#completions = new Completions(state, {
      sink: this.#sink,
      flow: this.#flow,
      work: this.#work,
      errors: this.#errors,
    });
    const parts = { machine: this.#machine, work: this.#work, stream: this.#stream, completions: this.#completions };
    this.#freezing = new Freezing(state, parts);
    this.#removal = new Removal(state, { ...parts, freezing: this.#freezing });
    this.#snapshots = new SnapshotOutbox(state);
    this.#heartbeats = new Heartbeats(state);
  }

  receive(message: GroupInput, _from: Address): void {
    this.#state.now = this.#state.context.now();
    this.#heartbeats.touched(message.type);
    try {
      if (this.#fenced) this.#handleFenced(message);
      else this.#handle(message);
    } catch (error) {
      const ours = error instanceof InvariantError || error instanceof NoRedoSinkError || error instanceof NoRedoMetaError;
      if (!ours) throw error;
      this.#errors.report(0, 0, error); // T-G: it faults the changefeed, not the process.
    }
  }

  #handle(message: GroupInput): void {
    if (!mayMeetAnswer(message.type)) this.#answers.finish();
    switch (message.type) {
      case 'create':
        for (const config of message.configs)
          if (this.#admits(config, tsHigh(config.startTs), tsLow(config.startTs))) this.#state.insert(config);
        break;
      case 'create-many':
        this.#createMany(message);
        break;
      case 'remove':
        this.#removal.receive(message);
        break;
      case 'answer':
        this.#answers.receive(message);
        break;
      case 'answer-goes-on':
        this.#answers.goOn();
        break;
      case 'snapshot':
        this.#snapshots.request(message);
        if (message.columns === true) this.#state.listed(this.#posting.idle);
        else {
          this.#errors.repeat();
          this.#heartbeats.repeat();
        }
        break;
      case 'sink-checkpoint':
        this.#completions.checkpoint(message.checkpointTs);
        break;
      case 'redo-gate':
        this.#gate.move(message);
        break;
      case 'write-redo-meta':
        this.#completions.meta({ resolvedTs: message.resolvedTs, checkpointTs: message.checkpointTs });
        break;
      case 'freeze':
        this.#freezing.freeze(message);
        break;
      case 'thaw':
        this.#freezing.thaw(message);
        break;
      case 'fence':
        this.#fence();
        break;
      case 'stream':
        this.#stream.start(message);
        break;
      case 'streams':
        this.#stream.startMany(message);
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
      case 'lane-end':
        this.#completions.endsSoon();
        this.#heartbeats.hurry();
        break;
      case 'sink-enqueued':
      case 'sink-done':
      case 'sink-failed':
        this.#completions.receive(message);
        break;
      case 'retry':
        this.#retry.fire(message);
        break;
      case 'pause-check':
        this.#budget.check();
        break;
      case 'heartbeat':
        this.#heartbeats.beat();
        break;
      default:
        this.#state.context.log('warn', 'message of an unknown type ignored', { type: (message as { type: unknown }).type });
    }
  }

  // F-12: what is with the sink is not waited for, and nothing is begun. Removals close at once, checkpoints stay below.
  #fence(): void {
    this.#fenced = true;
    this.#work.close();
    this.#state.sinkBroken.fill(true);
    this.stop();
    this.#state.context.log('warn', 'fenced: the write path is stopped');
  }

  #handleFenced(message: GroupInput): void {
    if (message.type === 'remove') this.#removal.receive(message);
    else if (message.type === 'snapshot') this.#snapshots.request(message);
    else this.#state.context.count('dispatcher.fenced-messages');
  }

  /** Sends what the turn gathered: component statuses before statuses of the same dispatchers, Stopped after both. */
  turnEnd(): void {
    if (this.#state.components.flush()) {
      if (!this.#posting.idle) this.#posting.post();
      this.#freezing.finish();
      this.#snapshots.flush();
    }
    this.#removal.finish();
    this.#completions.hurryAll();
    if (this.#state.components.length > 0) this.#state.components.flush();
    this.#errors.flush();
    this.#heartbeats.turnEnd();
  }

  room(_to: Address): void {
    this.#heartbeats.touched('room');
    this.turnEnd();
  }

  /** Ends the timers. The sink is drained and closed by whoever owns it. */
  stop(): void {
    this.#heartbeats.stop();
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
    const error = this.#errors.first;
    return {
      dispatchers: rows.live,
      phases: countPhases(rows),
      removing: this.#removal.size,
      freezing: this.#freezing.size,
      ...(this.#gate.enabled && { gate: { resolvedTs: this.#gate.resolvedTs, waiting: this.#gate.waiting } }),
      fenced: this.#fenced,
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
      suppressed: this.#retry.suppressed,
      wakes: this.#state.wakes,
      ...(error && { error: { code: error.code, message: error.message } }),
    };
  }

  #createMany({ columns }: CreateMany): void {
    for (let at = 0; at < columns.handle.length; at++) {
      const ref = { handle: columns.handle[at]!, generation: columns.generation[at]!, mode: modeAt(columns, at) };
      if (this.#admits(ref, columns.startHigh[at]!, columns.startLow[at]!)) this.#state.insertAt(columns, at);
    }
  }

  /** Whether a dispatcher is to be made; tells its first state. */
  #admits({ handle, generation, mode }: DispatcherRef & { readonly mode: Mode }, high: number, low: number): boolean {
    const { components, rows } = this.#state;
    this.#state.created++;
    const present = this.#state.rowOfHandle(handle);
    if (present >= 0 && rows.generation[present] === generation >>> 0) return false; // F-9
    if (!this.#sink.serves(mode)) {
      this.#errors.report(handle, generation, new NoRedoSinkError(handle));
      components.add(handle, generation, mode, ComponentState.STOPPED, high, low);
      return false;
    }
    // A handle comes again only under a new generation: what is left of the old one goes.
    if (present >= 0) this.#removal.remove(present);
    components.add(handle, generation, mode, ComponentState.INITIALIZING, high, low);
    return true;
  }
}

/** What an answer that goes on may meet between its rows: what the stream brings, and what has come back from the sink. */
function mayMeetAnswer(type: GroupInput['type']): boolean {
  return type === 'answer-goes-on' || type === 'rows' || type === 'resolved' || type === 'heartbeat' || type === 'sink-done';
}
