import {
  type Action,
  type BlockFacts,
  type ComponentState,
  type ComponentStatusMessage,
  type DdlEvent,
  type DispatcherConfig,
  type EventKey,
  type FactsMessage,
  type FrozenDispatchers,
  joinTs,
  type Mode,
  STATUS_FLAG_ALREADY,
  STATUS_FLAG_REDO,
  STATUS_FLAG_SYNC_POINT,
  STATUS_GENERATION,
  STATUS_HANDLE,
  STATUS_TS_HIGH,
  STATUS_TS_LOW,
  type SyncPointEvent,
  stageName,
  statusFlagsAt,
  statusStage,
  type WorkerHeartbeat,
  type WorkerSnapshot,
} from '@tidegate/protocol';
import { ManualContext } from '@tidegate/runtime/testing';
import { DispatcherGroup, type GroupInput } from '../src/group.js';
import type { GroupOptions } from '../src/options.js';
import type { DispatcherView } from '../src/snapshot.js';
import { configOf, keyOf, rowsMessage, tableOf } from './builders.js';
import { FakeSink, type SinkCall } from './fakeSink.js';

/** A block status as the coordinator reads it. */
export interface Status {
  readonly handle: number;
  readonly generation: number;
  readonly stage: string;
  readonly ts: bigint;
  readonly sync: boolean;
  readonly redo: boolean;
  readonly already: boolean;
}

/** A group driven by hand: every helper ends the turn. */
export class GroupFixture {
  readonly context: ManualContext;
  readonly sink: FakeSink;
  readonly redoSink: FakeSink;
  readonly group: DispatcherGroup;

  /** `redo`: with a redo sink, and so with a gate, which is closed. */
  constructor(
    options: Partial<GroupOptions> = {},
    { redo, ...context }: { recordCapacity?: number; seed?: number; redo?: boolean } = {},
  ) {
    this.context = new ManualContext({ self: 'worker-0', ...context });
    this.sink = new FakeSink(this.context);
    this.redoSink = new FakeSink(this.context);
    this.group = new DispatcherGroup(
      this.context,
      { sink: this.sink, ...(redo && { redoSink: this.redoSink }) },
      { retryBackoff: 1, ...options },
    );
  }

  send(message: GroupInput, from = 'coordinator'): void {
    this.group.receive(message, from);
    this.context.settle(this.group);
  }

  advance(milliseconds: number): void {
    this.context.advance(this.group, milliseconds);
  }

  // ---------------------------------------------------------------- coordinator

  create(...configs: DispatcherConfig[]): void {
    this.send({ type: 'create', configs });
  }

  /** Creates a dispatcher and begins its stream. */
  add(given: Partial<DispatcherConfig> = {}): number {
    const config = configOf(given);
    this.create(config);
    this.start(config);
    return config.handle;
  }

  remove(handle: number, generation = 1, force = false): void {
    const named = { handle: Uint32Array.of(handle), generation: Uint32Array.of(generation) };
    this.send({ type: 'remove', ...named, ...(force && { force }) });
  }

  freeze(...handles: number[]): void {
    this.send({ type: 'freeze', handle: Uint32Array.from(handles), generation: new Uint32Array(handles.length).fill(1) });
  }

  thaw(...handles: number[]): void {
    this.send({ type: 'thaw', handle: Uint32Array.from(handles), generation: new Uint32Array(handles.length).fill(1) });
  }

  /** Opens the redo gate up to a ts. */
  gate(resolvedTs: bigint): void {
    this.send({ type: 'redo-gate', resolvedTs });
  }

  ack(handle: number, ts: bigint, sync = false, mode: Mode = this.view(handle).mode as Mode): void {
    this.#answer(mode, handle, { ack: keyOf(ts, sync) });
  }

  hint(handle: number, ts: bigint, sync = false): void {
    this.#answer(this.view(handle).mode as Mode, handle, { ignored: keyOf(ts, sync) });
  }

  unknown(handle: number, ts: bigint): void {
    this.#answer(0, handle, { unknown: keyOf(ts, false) });
  }

  act(handle: number, action: number, ts: bigint, sync = false, mode: Mode = this.view(handle).mode as Mode): void {
    this.#answer(mode, handle, { action: { action: action as Action, key: keyOf(ts, sync) } });
  }

  write(handle: number, ts: bigint, sync = false): void {
    this.act(handle, 0, ts, sync);
  }

  pass(handle: number, ts: bigint, sync = false): void {
    this.act(handle, 1, ts, sync);
  }

  passAll(ts: bigint, sync = false, target: { type: 'all' } | { type: 'db'; schemaId: number } = { type: 'all' }): void {
    this.send({ type: 'answer', mode: 0, answer: { target, action: { action: 1, key: keyOf(ts, sync) } } });
  }

  #answer(
    mode: Mode,
    handle: number,
    content: { ack: EventKey } | { ignored: EventKey } | { unknown: EventKey } | { action: { action: Action; key: EventKey } },
  ): void {
    const generation = this.view(handle).generation;
    const target = { type: 'normal', handle: Uint32Array.of(handle), generation: Uint32Array.of(generation) } as const;
    this.send({ type: 'answer', mode, answer: { target, ...content } });
  }

  // ---------------------------------------------------------------- source

  start(config: DispatcherConfig, resolvedTs: bigint = config.startTs, caughtUp = true): void {
    this.send(
      {
        type: 'stream',
        handle: config.handle,
        generation: config.generation,
        resolvedTs,
        caughtUp,
        ...(config.handle > 1 && { table: tableOf(config.tableId, config.schemaId) }),
      },
      'source',
    );
  }

  rows(handle: number, ...commitTs: (bigint | number)[]): void {
    this.send(rowsMessage(commitTs.map((ts) => ({ handle, commitTs: BigInt(ts) }))), 'source');
  }

  /** Delivers a DDL or sync point to some dispatchers, or to all. */
  deliver(event: DdlEvent | SyncPointEvent, ...handles: number[]): void {
    const generation = Uint32Array.from(handles, (handle) => this.group.view(handle)?.generation ?? 1);
    const target =
      handles.length === 0
        ? { type: 'all' as const }
        : { type: 'normal' as const, handle: Uint32Array.from(handles), generation };
    this.send({ type: 'block-event', event, target }, 'source');
  }

  resolved(ts: bigint): void {
    this.send({ type: 'resolved', ts }, 'source');
  }

  // ---------------------------------------------------------------- sink

  /** The oldest open call of a kind. */
  opened(kind: SinkCall['kind']): SinkCall {
    const call = this.sink.open.find((candidate) => candidate.kind === kind);
    if (call === undefined) throw new Error(`no open ${kind}`);
    return call;
  }

  settleCall(
    call: SinkCall,
    outcome: 'sink-done' | 'sink-enqueued' | 'sink-failed' = 'sink-done',
    error: unknown = new Error('no'),
  ): void {
    const { open } = this.sink.open.includes(call) ? this.sink : this.redoSink;
    if (outcome !== 'sink-enqueued') open.splice(open.indexOf(call), 1);
    const token = call.token;
    this.send(outcome === 'sink-failed' ? { type: outcome, token, error } : { type: outcome, token }, 'worker-0');
  }

  /** Every open call of a kind succeeds. */
  settleAll(kind: SinkCall['kind']): void {
    for (const call of this.sink.open.filter((candidate) => candidate.kind === kind)) this.settleCall(call);
  }

  // ---------------------------------------------------------------- results

  view(handle: number): DispatcherView {
    const view = this.group.view(handle);
    if (view === undefined) throw new Error(`no dispatcher ${handle}`);
    return view;
  }

  get wakes(): number {
    return this.group.inspect().wakes;
  }

  /** Statuses posted since the last call. */
  statuses(): Status[] {
    return this.context.takeRecords('coordinator').map((words) => {
      const flags = statusFlagsAt(words, 0);
      return {
        handle: words[STATUS_HANDLE] as number,
        generation: words[STATUS_GENERATION] as number,
        stage: stageName(statusStage(words, 0)),
        ts: joinTs(words[STATUS_TS_HIGH] as number, words[STATUS_TS_LOW] as number),
        sync: (flags & STATUS_FLAG_SYNC_POINT) !== 0,
        redo: (flags & STATUS_FLAG_REDO) !== 0,
        already: (flags & STATUS_FLAG_ALREADY) !== 0,
      };
    });
  }

  /** Statuses since the last call, short: `WAITING 5/10`, with `s` (sync point) and `a` (already). */
  posted(): string[] {
    return this.statuses().map((s) => `${s.stage} ${s.handle}/${s.ts}${s.sync ? 's' : ''}${s.already ? 'a' : ''}`);
  }

  /** Messages to the coordinator since the last call, of one type; the others stay. */
  messages<T extends { readonly type: string }>(type: T['type']): T[] {
    const all = this.context.take('coordinator');
    for (const entry of all) if ((entry.message as T).type !== type) this.context.sent.push(entry);
    return all.map((entry) => entry.message as T).filter((message) => message.type === type);
  }

  frozen(): FrozenDispatchers['dispatchers'][number][] {
    return this.messages<FrozenDispatchers>('frozen').flatMap((message) => message.dispatchers);
  }

  facts(): BlockFacts[] {
    return this.messages<FactsMessage>('facts').map((message) => message.facts);
  }

  errors(): string[] {
    return this.messages<{ type: 'worker-error'; code: string; message: string }>('worker-error').map((error) => error.code);
  }

  components(): [handle: number, state: ComponentState, checkpoint: bigint][] {
    return this.messages<ComponentStatusMessage>('component-statuses').flatMap(({ statuses }) =>
      [...statuses.handle].map((handle, i): [number, ComponentState, bigint] => [
        handle,
        statuses.state[i] as ComponentState,
        statuses.checkpointTs[i] as bigint,
      ]),
    );
  }

  /** The next heartbeat, at most one interval away. */
  heartbeat(): WorkerHeartbeat {
    this.messages('worker-heartbeat');
    this.advance(1_000);
    return this.messages<WorkerHeartbeat>('worker-heartbeat').at(-1) as WorkerHeartbeat;
  }

  snapshot(): WorkerSnapshot {
    this.send({ type: 'snapshot', id: 7 });
    return this.messages<WorkerSnapshot>('worker-snapshot').at(-1) as WorkerSnapshot;
  }
}
