import type { DdlEvent, RedoMeta, SyncPointEvent, TableInfo } from '@tidegate/protocol';
import type { Sink, TableRows } from './contracts.js';
import { messageOf } from './errors.js';
import type { SinkCompletion, SinkPort, SinkToken, WriteOutcome } from './sinkPort.js';

/**
 * Adapts a {@link Sink}, whose calls return promises, to the port of a pure group. Not pure itself: it lives beside the
 * group on the worker's thread and posts what becomes of each call. A call that throws is a failure like a rejection.
 */
export class SinkDriver implements SinkPort {
  readonly wakeOn: 'enqueue' | 'flush';
  readonly copies: boolean;
  readonly wantsPass: boolean;
  readonly restart?: (table: TableInfo, startTs: bigint) => void;
  readonly meta?: (token: SinkToken, meta: RedoMeta) => void;
  #sink: Sink;
  #post: (completion: SinkCompletion) => void;
  #pending = new Set<Promise<void>>();

  constructor(sink: Sink, post: (completion: SinkCompletion) => void) {
    this.#sink = sink;
    this.#post = post;
    this.wakeOn = sink.wakeOn ?? 'enqueue';
    this.copies = sink.copies === true;
    this.wantsPass = sink.pass !== undefined;
    if (sink.restart !== undefined) this.restart = (table, startTs) => sink.restart?.(table, startTs);
    if (sink.meta !== undefined) this.meta = (token, meta) => this.#run(token, () => sink.meta?.(meta));
  }

  /** Calls that have not settled. */
  get pending(): number {
    return this.#pending.size;
  }

  write(token: SinkToken, rows: TableRows): WriteOutcome {
    const outcome = this.#call(() => this.#sink.write(rows));
    if (outcome === undefined) return 'done';
    this.#follow(token, outcome);
    return 'enqueued';
  }

  flush(token: SinkToken, table: TableInfo | undefined): void {
    this.#run(token, () => this.#sink.flush(table));
  }

  execute(token: SinkToken, ddl: DdlEvent): void {
    this.#run(token, () => this.#sink.execute(ddl));
  }

  syncPoint(token: SinkToken, event: SyncPointEvent): void {
    this.#run(token, () => this.#sink.syncPoint?.(event));
  }

  pass(token: SinkToken, ddl: DdlEvent): void {
    this.#run(token, () => this.#sink.pass?.(ddl));
  }

  checkpoint(token: SinkToken, ts: bigint): void {
    this.#run(token, () => this.#sink.checkpoint?.(ts));
  }

  /** Flushes everything and waits for every call. Rejects with the first failure of the flush; failed calls were posted. */
  async drain(): Promise<void> {
    const flushed = this.#call(() => this.#sink.flush(undefined));
    // Writes may settle only after the flush that they wait for, so both are awaited together.
    const settled = this.#settled();
    await flushed;
    await settled;
  }

  /** Closes the sink. */
  async close(): Promise<void> {
    await this.#sink.close();
  }

  async #settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  #run(token: SinkToken, call: () => void | Promise<void>): void {
    const outcome = this.#call(call);
    if (outcome === undefined) this.#post({ type: 'sink-done', token });
    else this.#follow(token, outcome);
  }

  // A synchronous throw is a rejection.
  #call(call: () => void | Promise<void>): Promise<void> | undefined {
    try {
      const result = call();
      return result === undefined ? undefined : Promise.resolve(result);
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(messageOf(error)));
    }
  }

  #follow(token: SinkToken, outcome: Promise<void>): void {
    const followed: Promise<void> = outcome.then(
      () => this.#over(followed, { type: 'sink-done', token }),
      (error: unknown) => this.#over(followed, { type: 'sink-failed', token, error }),
    );
    this.#pending.add(followed);
  }

  #over(followed: Promise<void>, completion: SinkCompletion): void {
    this.#pending.delete(followed);
    this.#post(completion);
  }
}
