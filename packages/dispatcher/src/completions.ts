import { Mode, type RedoMeta, type RedoMetaWritten } from '@tidegate/protocol';
import type { BlockWork } from './blockWork.js';
import type { ErrorOutbox } from './errorOutbox.js';
import { SinkFailure } from './errors.js';
import { LatestOnly } from './latestOnly.js';
import type { RowsFlow } from './rowsFlow.js';
import type { SinkCompletion } from './sinkPort.js';
import type { GroupWork, SinkWork } from './sinkWork.js';
import type { GroupState } from './state.js';

const FAILED = {
  relief: 'a flush to make room',
  hurry: 'the flush before a removal, a merge or the end',
  checkpoint: 'the checkpoint',
} as const;

/** What completions are handed to. */
export interface CompletionParts {
  readonly sink: SinkWork;
  readonly flow: RowsFlow;
  readonly work: BlockWork;
  readonly errors: ErrorOutbox;
}

/** Hands what the sinks have finished to whoever waits for it; and the sink work that no dispatcher waits for. */
export class Completions {
  #state: GroupState;
  #parts: CompletionParts;
  #checkpoints: LatestOnly<bigint>;
  #metas: LatestOnly<RedoMeta>;
  #hurries: Record<Mode, LatestOnly<Mode>>;
  #endsSoon = false;
  /** Writes that have been hurried. */
  #hurried = 0;
  /** Flushes under way that only make room. */
  #relieving = 0;

  constructor(state: GroupState, parts: CompletionParts) {
    this.#state = state;
    this.#parts = parts;
    this.#checkpoints = new LatestOnly((ts) => parts.sink.checkpoint(Mode.DEFAULT, ts));
    this.#metas = new LatestOnly((meta) => parts.sink.meta(meta));
    const flush = (mode: Mode): void => parts.sink.flush(mode, { type: 'hurry', mode }, undefined);
    this.#hurries = { 0: new LatestOnly(flush), 1: new LatestOnly(flush) };
  }

  receive(message: SinkCompletion): void {
    const { sink, flow, work } = this.#parts;
    const item = sink.get(message.token);
    if (item === undefined) {
      this.#state.context.count('dispatcher.late-completions');
      return;
    }
    if (message.type === 'sink-enqueued') {
      if (item.type === 'rows') flow.enqueued(item);
      return;
    }
    sink.end(message.token);
    const failed = message.type === 'sink-failed';
    const error = failed ? message.error : undefined;
    if (item.type === 'rows') failed ? flow.failed(item, error) : flow.done(item);
    else if (item.type === 'flush') failed ? work.flushFailed(item, error) : work.flushed(item);
    else if (item.type === 'write') failed ? work.writeFailed(item, error) : work.wrote(item);
    else if (item.type === 'pass') failed ? work.tellFailed(item, error) : work.told(item);
    else if (item.type === 'meta') failed ? this.#failed(Mode.REDO, 'the redo metadata', error) : this.#metaWritten(item.meta);
    else this.#groupWorkOver(item, failed, error);
  }

  /** K-12. The newest only: one at a time. */
  checkpoint(ts: bigint): void {
    this.#checkpoints.offer(ts);
  }

  /** K-11. Throws NoRedoSinkError or NoRedoMetaError where nothing can write it down. */
  meta(meta: RedoMeta): void {
    this.#metas.offer(meta);
  }

  /** Too much is held: sinks that write only when they are told to are told. */
  relieve(): void {
    const { sink, flow } = this.#parts;
    if (this.#relieving > 0 || flow.unconfirmed === 0) return;
    for (const mode of [Mode.DEFAULT, Mode.REDO] as const) {
      if (!sink.serves(mode)) continue;
      this.#relieving++;
      sink.flush(mode, { type: 'relief', mode }, undefined);
    }
  }

  /**
   * A row is to be closed, or to stand still, once its rows are durable: a sink that keeps rows back until it is told to
   * flush is told, at most twice for however many rows ask meanwhile.
   */
  hurry(row: number): void {
    const mode = this.#state.rows.mode[row]! as Mode;
    if (this.#state.sinkBroken[mode] || this.#state.work(row)?.progress.empty !== false) return;
    if (this.#parts.sink.wakeOn(mode) === 'enqueue') this.#hurries[mode].offer(mode);
  }

  /** Nothing more comes that would be worth gathering for: from now on whatever a sink keeps back is flushed (`lane-end`). */
  endsSoon(): void {
    this.#endsSoon = true;
  }

  /** Once a turn. */
  hurryAll(): void {
    const { sink, flow } = this.#parts;
    if (!this.#endsSoon || flow.handed === this.#hurried) return;
    this.#hurried = flow.handed;
    for (const mode of [Mode.DEFAULT, Mode.REDO] as const) {
      if (!sink.serves(mode) || this.#state.sinkBroken[mode] || sink.wakeOn(mode) !== 'enqueue') continue;
      this.#hurries[mode].offer(mode);
    }
  }

  // Coalescing: written one after the other, so the latest is the largest.
  #metaWritten(meta: RedoMeta): void {
    const { context, options } = this.#state;
    const message: RedoMetaWritten = { type: 'redo-meta-written', resolvedTs: meta.resolvedTs };
    context.send(options.coordinator, message, { coalesce: 'redo-meta-written' });
    this.#metas.over();
  }

  #groupWorkOver({ type, mode }: GroupWork, failed: boolean, error: unknown): void {
    if (type === 'relief') this.#relieving--;
    else if (type === 'hurry') this.#hurries[mode].over();
    else this.#checkpoints.over();
    if (failed) this.#failed(mode, FAILED[type], error);
  }

  #failed(mode: Mode, what: string, error: unknown): void {
    this.#state.sinkBroken[mode] = true;
    this.#parts.errors.report(0, 0, new SinkFailure(what, error));
  }
}
