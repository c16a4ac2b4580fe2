import type { TableRows } from '@tidegate/dispatcher';
import {
  type BlockEvent,
  type DispatcherConfig,
  eventKeyOf,
  formatEventKey,
  isTrigger,
  type RedoMeta,
  STATUS_FLAG_ALREADY,
  STATUS_FLAG_REDO,
  STATUS_FLAG_SYNC_POINT,
  STATUS_GENERATION,
  STATUS_HANDLE,
  STATUS_TS_HIGH,
  STATUS_TS_LOW,
  Stage,
  statusFlagsAt,
  statusStage,
} from '@tidegate/protocol';
import { rowOf, type Workload } from '../workload/workload.js';
import { BlockLedger, nameOf, type OpenBlock } from './blockLedger.js';
import { rangeOf } from './keyRange.js';
import { type OpenWrite, RowLedger } from './rowLedger.js';
import type { Violations } from './violation.js';

export interface OracleOptions {
  /** Which pipeline it watches: the default one, or that of the redo log, which has no sync points (D-45). */
  readonly mode?: 0 | 1;
  /** What watches the redo pipeline beside this one: nothing happens here that is not durable there. */
  readonly redo?: Oracle;
}

/** Knows the log and watches one pipeline: what its sinks are given, what its dispatchers say, what its checkpoint claims. */
export class Oracle {
  readonly rows: RowLedger;
  readonly blocks: BlockLedger;
  readonly #workload: Workload;
  readonly #violations: Violations;
  readonly #mode: 0 | 1;
  readonly #redo: Oracle | undefined;
  /** Events of the log that the checkpoint has passed. */
  #passed = 0;
  #row = 0;
  #block = 0;
  #checkpointTs: bigint;

  constructor(workload: Workload, violations: Violations, { mode = 0, redo }: OracleOptions = {}) {
    this.#workload = workload;
    this.#violations = violations;
    this.#mode = mode;
    this.#redo = redo;
    this.#checkpointTs = workload.startTs;
    this.rows = new RowLedger(workload, violations);
    this.blocks = new BlockLedger(workload, violations, this.rows, mode === 1);
  }

  /** The largest checkpoint that was told. */
  get checkpointTs(): bigint {
    return this.#checkpointTs;
  }

  beginWrite(worker: string, batch: TableRows): OpenWrite {
    const { tableId } = batch.table;
    const rows: number[] = [];
    for (let i = 0; i < batch.length; i++) {
      const row = rowOf(batch.bytes(i));
      const fact = this.#workload.rows[row];
      if (fact === undefined || fact.tableId !== tableId || fact.commitTs !== batch.commitTs(i)) {
        this.#violations.report(
          'EXTRA',
          `${worker} was given a row of table ${tableId} at ${batch.commitTs(i)}, which is not in the log`,
        );
        continue;
      }
      const open = this.blocks.before(tableId, fact.commitTs);
      if (open !== undefined && !this.rows.isDurable(row))
        this.#violations.report(
          'I-2',
          `${worker} writes the row of table ${tableId} at ${fact.commitTs} before ${nameOf(open.event)} is done`,
        );
      if (this.#redo !== undefined && !this.#redo.rows.isDurable(row))
        this.#violations.report(
          'D-46',
          `${worker} writes the row of table ${tableId} at ${fact.commitTs}, which the redo log does not have`,
        );
      rows.push(row);
    }
    return this.rows.begin(worker, tableId, rows);
  }

  beginBlock(worker: string, event: BlockEvent): OpenBlock | undefined {
    const logged = this.#redo?.blocks.factOf(formatEventKey(eventKeyOf(event)));
    if (logged !== undefined && this.#redo?.blocks.isDone(logged) === false)
      this.#violations.report('D-47', `${worker} executes ${nameOf(event)}, which the redo log does not have`);
    return this.blocks.begin(worker, event);
  }

  /** I-2: nobody passes before the writer has written. */
  passed(worker: string, event: BlockEvent): void {
    const fact = this.blocks.factOf(formatEventKey(eventKeyOf(event)));
    if (fact !== undefined && !this.blocks.isDone(fact))
      this.#violations.report('I-2', `${worker} passes ${nameOf(event)}, which is not done`);
  }

  /** A dispatcher was created on a worker. */
  created(config: DispatcherConfig): void {
    if (config.mode !== this.#mode) return;
    const { tableId, startTs } = config;
    const dropped = this.#workload.droppedBy.get(tableId);
    const isDropped = dropped !== undefined && this.blocks.isDone(dropped);
    // A dropped table bounds nothing any more; a create that was on its way then is followed by its removal.
    if (startTs < this.#checkpointTs && !isDropped)
      this.#violations.report(
        'K-7',
        `a dispatcher of table ${tableId} starts at ${startTs}, below the committed checkpoint ${this.#checkpointTs}`,
      );
    this.blocks.created(tableId);
    if (isTrigger(config.handle)) return;
    const added = this.#workload.addedBy.get(tableId);
    // A successor starts at the ts of the DDL that made the table, or above: it must have happened.
    if (added !== undefined && !this.blocks.isDone(added))
      this.#violations.report('I-5', `table ${tableId} is scheduled before ${nameOf(added.event)} is done`);
    if (isDropped && startTs >= dropped.key.commitTs)
      this.#violations.report('I-5', `table ${tableId} is scheduled at ${startTs}, and ${nameOf(dropped.event)} is done`);
    const { from, to } = rangeOf(config);
    this.rows.started(tableId, startTs, config.skipDmlAsStartTs ? startTs + 1n : startTs, from, to);
  }

  /** A block status arrives at its coordinator. */
  status(words: Uint32Array, at: number): void {
    const flags = statusFlagsAt(words, at);
    if (statusStage(words, at) !== Stage.DONE || ((flags & STATUS_FLAG_REDO) === 0 ? 0 : 1) !== this.#mode) return;
    const commitTs = (BigInt(words[at + STATUS_TS_HIGH]!) << 32n) | BigInt(words[at + STATUS_TS_LOW]!);
    const key = formatEventKey({ commitTs, isSyncPoint: (flags & STATUS_FLAG_SYNC_POINT) !== 0 });
    const fact = this.blocks.factOf(key);
    if (fact === undefined || this.blocks.isDone(fact)) return;
    const evidence = { handle: words[at + STATUS_HANDLE], generation: words[at + STATUS_GENERATION], key };
    const already = (flags & STATUS_FLAG_ALREADY) !== 0 ? ', marked as behind it,' : '';
    if (this.blocks.isOpen(fact))
      this.#violations.report('I-4', `DONE${already} is reported for ${nameOf(fact.event)}, which is being executed`, evidence);
    else
      this.#violations.report('I-2', `DONE${already} is reported for ${nameOf(fact.event)}, which nobody has executed`, evidence);
  }

  /** I-7: what lies at or below the checkpoint is durable. A block event at the checkpoint itself may still be on its way (D-17). */
  checkpoint(ts: bigint): void {
    if (ts < this.#checkpointTs) {
      this.#violations.report('I-7', `the checkpoint went back from ${this.#checkpointTs} to ${ts}`);
      return;
    }
    this.#checkpointTs = ts;
    const { events } = this.#workload;
    for (; this.#passed < events.length; this.#passed++) {
      const event = events[this.#passed];
      if (event === undefined || event.type === 'resolved') continue;
      if (event.commitTs > ts || (event.type !== 'rows' && event.commitTs === ts)) return;
      if (event.type === 'rows') {
        if (!this.rows.isDurable(this.#row++))
          this.#violations.report(
            'I-7',
            `the checkpoint ${ts} is above the row of table ${event.tableId} at ${event.commitTs}, which is not durable`,
          );
      } else {
        const fact = this.#workload.blocks[this.#block++];
        if (fact !== undefined && !this.blocks.isDone(fact))
          this.#violations.report('I-7', `the checkpoint ${ts} is above ${nameOf(event)}, which is not done`);
      }
    }
  }

  /** A sink has failed: the changefeed is at its end, and its dispatchers may be removed with work in hand (D-48). */
  broken(): void {
    this.rows.broken = true;
  }

  /** K-11: the redo log writes down how far it and the default pipeline are. */
  meta({ resolvedTs, checkpointTs }: RedoMeta): void {
    for (const [row, fact] of this.#workload.rows.entries()) {
      if (fact.commitTs > resolvedTs) break;
      if (!this.rows.isDurable(row))
        this.#violations.report(
          'K-11',
          `the redo log says it has everything up to ${resolvedTs}, but not the row of table ${fact.tableId} at ${fact.commitTs}`,
        );
    }
    if (checkpointTs > resolvedTs)
      this.#violations.report(
        'K-11',
        `the redo log says that the default pipeline is at ${checkpointTs}, ahead of it at ${resolvedTs}`,
      );
  }

  /** F-12: a sink was called although its host had lost its lease. */
  afterFence(worker: string, what: string): void {
    this.#violations.report('F-12', `${worker} begins a ${what} after it was fenced`);
  }

  /** A new life begins at a ts at or below the checkpoint. */
  restarted(startTs: bigint): void {
    this.#checkpointTs = startTs;
    this.rows.broken = false;
  }

  finish(): void {
    this.rows.finish();
    this.blocks.finish();
  }
}
