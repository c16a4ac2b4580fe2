import type { Sink, SinkCompletion, SinkContext, SinkPort, SinkToken, TableRows, WriteOutcome } from '@tidegate/dispatcher';
import type { BlockEvent, DdlEvent, RedoMeta, SyncPointEvent, TableInfo } from '@tidegate/protocol';
import type { ActorContext } from '@tidegate/runtime';
import { type AtPoint, Completed, type SimulatedSink } from '../cluster/simSink.js';
import type { FaultPoint } from '../faults/points.js';
import type { Oracle } from '../oracle/oracle.js';
import { rowOf } from '../workload/workload.js';

/** The clock of a simulation, for sinks that take their time. */
export interface SimClock {
  /** Milliseconds. */
  now(): number;
  /** Settles when the virtual clock has moved on by so much. A real timer would make a run irreproducible. */
  sleep(milliseconds: number): Promise<void>;
}

/** What a sink is made with in a simulation. */
export interface SimSinkContext extends SinkContext {
  readonly clock: SimClock;
}

/** Makes a sink for a worker, each time a worker begins. What it shares with earlier ones is what outlives a crash. */
export type UserSinkFactory = (context: SimSinkContext) => Sink;

export interface UserSinkOptions {
  readonly make: UserSinkFactory;
  readonly oracle: Oracle;
  readonly incarnation: string;
  readonly atPoint: AtPoint;
  /** The bytes that the user's source gave a row. */
  readonly bytesOf: (row: number) => Uint8Array;
}

interface Effect {
  readonly end: () => void;
  readonly abandon: (effective: boolean) => void;
}

const NOTHING: Effect = { end: () => undefined, abandon: () => undefined };

/** A user's own sink in a simulation: the oracle watches each call, and faults meet it at its points. */
export class UserSink implements SinkPort, SimulatedSink {
  readonly wakeOn: 'enqueue' | 'flush';
  readonly wantsPass: boolean;
  slowness = 0;
  fenced = false;
  readonly #context: ActorContext;
  readonly #options: UserSinkOptions;
  readonly #sink: Sink;
  readonly #aborter = new AbortController();
  readonly #open = new Set<Effect>();

  constructor(context: ActorContext, options: UserSinkOptions) {
    this.#context = context;
    this.#options = options;
    const clock: SimClock = { now: () => context.now(), sleep: (milliseconds) => this.#sleep(milliseconds) };
    this.#sink = options.make({ worker: context.self, signal: this.#aborter.signal, clock });
    this.wakeOn = this.#sink.wakeOn ?? 'enqueue';
    this.wantsPass = this.#sink.pass !== undefined;
  }

  write(token: SinkToken, rows: TableRows): WriteOutcome {
    const { oracle, incarnation, bytesOf } = this.#options;
    const open = oracle.beginWrite(incarnation, rows);
    const effect = { end: () => oracle.rows.end(open), abandon: (effective: boolean) => oracle.rows.abandon(open, effective) };
    const original: TableRows = {
      table: rows.table,
      length: rows.length,
      commitTs: (i) => rows.commitTs(i),
      rows: (i) => rows.rows(i),
      bytes: (i) => bytesOf(rowOf(rows.bytes(i))),
    };
    this.#call('write', token, effect, () => this.#sink.write(original));
    return 'enqueued';
  }

  flush(token: SinkToken, table: TableInfo | undefined): void {
    this.#call('flush', token, NOTHING, () => this.#sink.flush(table));
  }

  execute(token: SinkToken, ddl: DdlEvent): void {
    this.#call('execute', token, this.#block(ddl), () => this.#sink.execute(ddl));
  }

  syncPoint(token: SinkToken, event: SyncPointEvent): void {
    this.#call('sync-point', token, this.#block(event), () => this.#sink.syncPoint?.(event));
  }

  pass(token: SinkToken, ddl: DdlEvent): void {
    this.#options.oracle.passed(this.#options.incarnation, ddl);
    this.#call('pass', token, NOTHING, () => this.#sink.pass?.(ddl));
  }

  checkpoint(token: SinkToken, ts: bigint): void {
    this.#call('checkpoint', token, NOTHING, () => this.#sink.checkpoint?.(ts));
  }

  restart(table: TableInfo, startTs: bigint): void {
    this.#sink.restart?.(table, startTs);
  }

  meta(token: SinkToken, meta: RedoMeta): void {
    this.#options.oracle.meta(meta);
    this.#call('checkpoint', token, NOTHING, () => this.#sink.meta?.(meta));
  }

  /** The worker has died. What its sink had begun may still take effect: only the sink knows. */
  die(): void {
    this.#aborter.abort();
    for (const effect of this.#open) effect.abandon(false);
    this.#open.clear();
  }

  #block(event: BlockEvent): Effect {
    const { oracle, incarnation } = this.#options;
    const open = oracle.beginBlock(incarnation, event);
    if (open === undefined) return NOTHING;
    return { end: () => oracle.blocks.end(open), abandon: (effective) => oracle.blocks.abandon(open, effective) };
  }

  #call(verb: string, token: SinkToken, effect: Effect, call: () => void | Promise<void>): void {
    // Each call is an effect of its own, even where it does nothing downstream.
    const open = { ...effect };
    if (this.fenced) this.#options.oracle.afterFence(this.#options.incarnation, verb);
    this.#open.add(open);
    const done = (settle: () => SinkCompletion | undefined): void => this.#context.post(new Completed(settle));
    const failed = (error: unknown) =>
      done(() => {
        if (this.#open.delete(open)) open.abandon(false);
        return { type: 'sink-failed', token, error };
      });
    const before = this.#options.atPoint(`before-${verb}` as FaultPoint, this.#context.self);
    if (before === 'die') return;
    if (before === 'fail') {
      failed(new Error(`${verb} of the sink was made to fail before it began`));
      return;
    }
    const succeeded = () =>
      done(() => {
        if (!this.#open.delete(open)) return undefined;
        open.end();
        const after = this.#options.atPoint(`after-${verb}` as FaultPoint, this.#context.self);
        if (after === 'die') return undefined;
        if (after === undefined) return { type: 'sink-done', token };
        return { type: 'sink-failed', token, error: new Error(`${verb} of the sink was made to fail after it took effect`) };
      });
    void (async () => {
      if (this.slowness > 0) await this.#sleep(this.slowness);
      await call();
    })().then(succeeded, failed);
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const settle = (): undefined => {
        resolve();
        return undefined;
      };
      this.#context.schedule(milliseconds, new Completed(settle));
    });
  }
}
