import type { SinkCompletion, SinkPort, TableRows } from '@tidegate/dispatcher';
import type { DdlEvent, SyncPointEvent, TableInfo } from '@tidegate/protocol';
import type { ActorContext } from '@tidegate/runtime';
import type { Stamp } from '../e2e/stampLog.js';

/** A counter and a log shared by all sinks of a run. */
export interface StampLog {
  next: number;
  readonly stamps: Stamp[];
  /** What is durable or executed: `TABLE@TS`, `ddl@TS`, `sync-point@TS`. */
  readonly done: Set<string>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A sink on the virtual clock: everything takes a random while, and is stamped when it begins and when it is done. */
export class SteppedSink implements SinkPort {
  readonly wakeOn: 'enqueue' | 'flush';
  readonly wantsPass = true;
  readonly checkpoints: bigint[] = [];
  readonly #context: ActorContext;
  readonly #log: StampLog;
  readonly #maxDelay: number;
  /** When the last write of each table is durable. */
  readonly #due = new Map<number, number>();

  constructor(context: ActorContext, log: StampLog, options: { maxDelay: number; wakeOn: 'enqueue' | 'flush' }) {
    this.#context = context;
    this.#log = log;
    this.#maxDelay = options.maxDelay;
    this.wakeOn = options.wakeOn;
  }

  write(token: number, rows: TableRows): 'enqueued' {
    const table = rows.table.tableId;
    const ts = Array.from({ length: rows.length }, (_, i) => {
      const text = new TextDecoder().decode(rows.bytes(i));
      if (text !== `${table}@${rows.commitTs(i)}`)
        throw new Error(`table ${table} was given the bytes of another change: ${text}`);
      return String(rows.commitTs(i));
    });
    const due = Math.max(this.#due.get(table) ?? 0, this.#context.now() + this.#delay());
    this.#due.set(table, due);
    this.#work(token, { kind: 'rows', table, rows: rows.length, ts }, due - this.#context.now());
    return 'enqueued';
  }

  flush(token: number, table: TableInfo | undefined): void {
    const due = table === undefined ? 0 : (this.#due.get(table.tableId) ?? 0);
    this.#complete(token, Math.max(due - this.#context.now(), this.#delay()));
  }

  execute(token: number, ddl: DdlEvent): void {
    this.#work(token, { kind: 'ddl', ts: String(ddl.commitTs) }, this.#delay());
  }

  syncPoint(token: number, event: SyncPointEvent): void {
    this.#work(token, { kind: 'sync-point', ts: String(event.commitTs) }, this.#delay());
  }

  pass(token: number, ddl: DdlEvent): void {
    this.#work(token, { kind: 'pass', ts: String(ddl.commitTs) }, this.#delay());
  }

  checkpoint(token: number, ts: bigint): void {
    this.checkpoints.push(ts);
    this.#complete(token, this.#delay());
  }

  #delay(): number {
    return this.#context.random() % (this.#maxDelay + 1);
  }

  #work(token: number, what: Pick<Stamp, 'kind' | 'ts' | 'table' | 'rows'>, delay: number): void {
    const stamp: Mutable<Stamp> = { worker: this.#context.self, begin: this.#log.next++, end: Number.MAX_SAFE_INTEGER, ...what };
    this.#log.stamps.push(stamp);
    this.#complete(token, delay, () => {
      stamp.end = this.#log.next++;
      for (const ts of [what.ts].flat()) this.#log.done.add(`${what.table ?? what.kind}@${ts}`);
    });
  }

  #complete(token: number, delay: number, then: () => void = () => undefined): void {
    // The stamp is put when the completion is delivered: durable means that the group may know.
    const completion: SinkCompletion = { type: 'sink-done', token };
    this.#context.schedule(delay, new Done(completion, then));
  }
}

/** A completion with something to do first. */
export class Done {
  readonly completion: SinkCompletion;
  readonly before: () => void;

  constructor(completion: SinkCompletion, before: () => void) {
    this.completion = completion;
    this.before = before;
  }
}
