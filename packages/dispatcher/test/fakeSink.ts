import type { DdlEvent, RedoMeta, SyncPointEvent, TableInfo } from '@tidegate/protocol';
import type { ManualContext } from '@tidegate/runtime/testing';
import type { TableRows } from '../src/contracts.js';
import type { SinkPort, SinkToken, WriteOutcome } from '../src/sinkPort.js';

/** One call of the port, waiting for the test to settle it. */
export interface SinkCall {
  readonly kind: 'write' | 'flush' | 'execute' | 'syncPoint' | 'pass' | 'checkpoint' | 'meta';
  readonly token: SinkToken;
  readonly table?: TableInfo | undefined;
  /** Commit ts of the changes, of the event, or the checkpoint; of metadata: resolved ts and checkpoint. */
  readonly ts: readonly bigint[];
  readonly rows?: TableRows;
}

/** A sink that keeps every call; those of the kinds in `auto` succeed in the same turn, the others when the test says so. */
export class FakeSink implements SinkPort {
  wakeOn: 'enqueue' | 'flush' = 'flush';
  wantsPass = false;
  writeOutcome: WriteOutcome = 'pending';
  readonly auto: Set<SinkCall['kind']> = new Set(['flush', 'execute', 'syncPoint', 'pass', 'checkpoint', 'meta']);
  /** Every call so far. */
  readonly calls: SinkCall[] = [];
  /** `TABLE from START` of every restart, with how many calls there were before. */
  readonly restarts: string[] = [];
  /** Calls without an outcome. */
  readonly open: SinkCall[] = [];
  #context: ManualContext;

  constructor(context: ManualContext) {
    this.#context = context;
  }

  write(token: SinkToken, rows: TableRows): WriteOutcome {
    this.#call({
      kind: 'write',
      token,
      table: rows.table,
      ts: Array.from({ length: rows.length }, (_, i) => rows.commitTs(i)),
      rows,
    });
    return this.writeOutcome;
  }

  flush(token: SinkToken, table: TableInfo | undefined): void {
    this.#call({ kind: 'flush', token, table, ts: [] });
  }

  execute(token: SinkToken, ddl: DdlEvent): void {
    this.#call({ kind: 'execute', token, ts: [ddl.commitTs] });
  }

  syncPoint(token: SinkToken, event: SyncPointEvent): void {
    this.#call({ kind: 'syncPoint', token, ts: [event.commitTs] });
  }

  pass(token: SinkToken, ddl: DdlEvent): void {
    this.#call({ kind: 'pass', token, ts: [ddl.commitTs] });
  }

  checkpoint(token: SinkToken, ts: bigint): void {
    this.#call({ kind: 'checkpoint', token, ts: [ts] });
  }

  restart(table: TableInfo, startTs: bigint): void {
    this.restarts.push(`${table.table} from ${startTs} after ${this.calls.length}`);
  }

  meta(token: SinkToken, { resolvedTs, checkpointTs }: RedoMeta): void {
    this.#call({ kind: 'meta', token, ts: [resolvedTs, checkpointTs] });
  }

  /** How many calls of one kind there were. */
  count(kind: SinkCall['kind']): number {
    return this.calls.filter((call) => call.kind === kind).length;
  }

  #call(call: SinkCall): void {
    this.calls.push(call);
    if (this.auto.has(call.kind)) this.#context.post({ type: 'sink-done', token: call.token });
    else this.open.push(call);
  }
}
