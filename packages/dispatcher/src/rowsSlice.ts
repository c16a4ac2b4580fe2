import type { RowsMessage, TableInfo } from '@tidegate/protocol';
import type { MessageHold } from './byteBudget.js';
import type { TableRows } from './contracts.js';

/** The changes of one dispatcher in one message of rows: their indexes there. */
export class RowsSlice {
  readonly message: RowsMessage;
  readonly hold: MessageHold;
  #index: number[] = [];

  constructor(message: RowsMessage, hold: MessageHold) {
    this.message = message;
    this.hold = hold;
  }

  get length(): number {
    return this.#index.length;
  }

  /** It goes to no sink. */
  drop(): void {
    this.hold.readOut();
    this.hold.give();
  }

  push(index: number): void {
    this.#index.push(index);
  }

  /** D-4: drops changes strictly below the resolved ts. D-10: drops those at exactly `skip`. Answers how many went. */
  filter(resolvedTs: bigint, skip: bigint | undefined): number {
    // In commit order: where the first is above both, so is everything, and each look at a ts makes a bigint.
    const first = this.firstTs;
    if (first >= resolvedTs && (skip === undefined || first > skip)) return 0;
    const before = this.#index.length;
    const commitTs = this.message.commitTs;
    const kept = (index: number): boolean => commitTs[index]! >= resolvedTs && commitTs[index] !== skip;
    if (!this.#index.every(kept)) this.#index = this.#index.filter(kept);
    return before - this.#index.length;
  }

  get firstTs(): bigint {
    return this.message.commitTs[this.#index[0]!]!;
  }

  get lastTs(): bigint {
    return this.message.commitTs[this.#index[this.#index.length - 1]!]!;
  }

  /** The slice as a sink sees it: views of the message's bytes, nothing copied. */
  asTableRows(table: TableInfo): TableRows {
    return new SliceRows(table, this.message, this.#index);
  }
}

class SliceRows implements TableRows {
  readonly table: TableInfo;
  #message: RowsMessage;
  #index: readonly number[];

  constructor(table: TableInfo, message: RowsMessage, index: readonly number[]) {
    this.table = table;
    this.#message = message;
    this.#index = index;
  }

  get length(): number {
    return this.#index.length;
  }

  commitTs(index: number): bigint {
    return this.#message.commitTs[this.#at(index)]!;
  }

  rows(index: number): number {
    return this.#message.rows[this.#at(index)]!;
  }

  bytes(index: number): Uint8Array {
    const at = this.#at(index);
    return this.#message.bytes.subarray(this.#message.offset[at]!, this.#message.offset[at + 1]!);
  }

  #at(index: number): number {
    const at = this.#index[index];
    if (at === undefined) throw new RangeError(`change ${index} of ${this.#index.length}`);
    return at;
  }
}
