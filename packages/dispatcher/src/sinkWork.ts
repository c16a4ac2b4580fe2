import { type DdlEvent, Mode, type RedoMeta, type SyncPointEvent, type TableInfo } from '@tidegate/protocol';
import type { TableRows } from './contracts.js';
import { NoRedoMetaError, NoRedoSinkError } from './errors.js';
import type { EventEntry } from './eventEntry.js';
import type { ProgressTicket } from './progress.js';
import type { RowsSlice } from './rowsSlice.js';
import type { SinkPort, SinkToken, WriteOutcome } from './sinkPort.js';

/** Rows with the sink. `handed`: the sink has taken them. */
export interface RowsWork {
  readonly type: 'rows';
  readonly row: number;
  readonly generation: number;
  readonly ticket: ProgressTicket;
  readonly slice: RowsSlice;
  handed: boolean;
  /** The sink has what it needs of their bytes. */
  copied: boolean;
}

/** The flush before a block event (D-20). */
export interface FlushWork {
  readonly type: 'flush';
  readonly row: number;
  readonly generation: number;
}

/** A DDL or sync point being written (D-30). */
export interface EventWork {
  readonly type: 'write';
  readonly row: number;
  readonly generation: number;
  readonly entry: EventEntry;
  readonly ticket: ProgressTicket;
}

/** Telling the sink of a DDL that this worker's dispatchers pass. */
export interface PassWork {
  readonly type: 'pass';
  readonly entry: EventEntry;
}

/** Work that belongs to no dispatcher: a flush of everything, to make room or to end sooner, or the checkpoint of the changefeed. */
export interface GroupWork {
  readonly type: 'relief' | 'hurry' | 'checkpoint';
  readonly mode: Mode;
}

/** The redo sink writes down how far the two pipelines are (K-11). */
interface MetaWork {
  readonly type: 'meta';
  readonly meta: RedoMeta;
}

export type SinkWorkItem = RowsWork | FlushWork | EventWork | PassWork | GroupWork | MetaWork;

/** What is with the sinks, by token. Bounded by the byte budget (rows) and the executor's slots (the rest). */
export class SinkWork {
  #ports: Record<Mode, SinkPort | undefined>;
  #items = new Map<SinkToken, SinkWorkItem>();
  #last = 0;

  constructor(sink: SinkPort, redoSink?: SinkPort) {
    this.#ports = { 0: sink, 1: redoSink };
  }

  get size(): number {
    return this.#items.size;
  }

  serves(mode: Mode): boolean {
    return this.#ports[mode] !== undefined;
  }

  wakeOn(mode: Mode): SinkPort['wakeOn'] {
    return this.#port(mode).wakeOn;
  }

  copies(mode: Mode): boolean {
    return this.#port(mode).copies === true;
  }

  wantsPass(mode: Mode): boolean {
    return this.#port(mode).wantsPass;
  }

  /** The item of a token, or undefined for one that is over. */
  get(token: SinkToken): SinkWorkItem | undefined {
    return this.#items.get(token);
  }

  /** Ends an item. */
  end(token: SinkToken): void {
    this.#items.delete(token);
  }

  write(mode: Mode, work: RowsWork, rows: TableRows): WriteOutcome {
    const token = this.#begin(work);
    const outcome = this.#port(mode).write(token, rows);
    if (outcome === 'done') this.end(token);
    return outcome;
  }

  flush(mode: Mode, work: FlushWork | GroupWork, table: TableInfo | undefined): void {
    this.#port(mode).flush(this.#begin(work), table);
  }

  execute(mode: Mode, work: EventWork, ddl: DdlEvent): void {
    this.#port(mode).execute(this.#begin(work), ddl);
  }

  syncPoint(mode: Mode, work: EventWork, event: SyncPointEvent): void {
    this.#port(mode).syncPoint(this.#begin(work), event);
  }

  pass(mode: Mode, work: PassWork, ddl: DdlEvent): void {
    this.#port(mode).pass(this.#begin(work), ddl);
  }

  checkpoint(mode: Mode, ts: bigint): void {
    this.#port(mode).checkpoint(this.#begin({ type: 'checkpoint', mode }), ts);
  }

  /** The sink wants to hear of streams that begin. */
  wantsRestart(mode: Mode): boolean {
    return this.#port(mode).restart !== undefined;
  }

  /** Throws what the sink throws. */
  restart(mode: Mode, table: TableInfo, startTs: bigint): void {
    this.#port(mode).restart?.(table, startTs);
  }

  /** Throws {@link NoRedoSinkError} or {@link NoRedoMetaError} where there is nothing to write it with. */
  meta(meta: RedoMeta): void {
    const port = this.#port(Mode.REDO);
    if (port.meta === undefined) throw new NoRedoMetaError();
    port.meta(this.#begin({ type: 'meta', meta }), meta);
  }

  #begin(work: SinkWorkItem): SinkToken {
    const token = ++this.#last;
    this.#items.set(token, work);
    return token;
  }

  #port(mode: Mode): SinkPort {
    const port = this.#ports[mode];
    if (port === undefined) throw new NoRedoSinkError();
    return port;
  }
}
