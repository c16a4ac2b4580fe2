import { ComponentState, type KeyRange } from '@tidegate/protocol';
import { addPart } from '../span/parts.js';
import type { Assignments } from './assignments.js';
import type { OperatorBoard, RareOperator } from './operatorBoard.js';
import { OperatorKind } from './operatorKind.js';

/** What a dispatcher is replaced by. */
export interface Split {
  /** In key order. Together they may be less than what is replaced, even nothing: then the task just goes. */
  readonly ranges: readonly KeyRange[];
  /** A host for each range. Another number of them than ranges is no choice at all: hosts are found as for any task. */
  readonly hosts?: readonly number[];
}

/**
 * Replaces a dispatcher by others: it is removed, and when it has stopped, or its host is lost, its task gives way to
 * absent ones that start where it stood (T-1).
 */
export class SplitOperator implements RareOperator {
  readonly #board: OperatorBoard;
  readonly #handle: number;
  readonly #host: number;
  readonly #split: Split;
  readonly #random: () => number;
  readonly #place: (handle: number, host: number) => void;

  /** `place` gives a new task to the host that was chosen for it, or to any. */
  constructor(
    board: OperatorBoard,
    handle: number,
    split: Split,
    parts: { readonly random: () => number; readonly place: (handle: number, host: number) => void },
  ) {
    this.#board = board;
    this.#handle = handle;
    this.#host = board.table.host[handle]!;
    this.#split = split;
    this.#random = parts.random;
    this.#place = parts.place;
    board.table.markScheduling(handle);
    board.set(handle, OperatorKind.SPLIT, this.#host, this);
    board.unsent.push(handle);
  }

  status(_handle: number, state: ComponentState): void {
    if (state === ComponentState.STOPPED || state === ComponentState.REMOVED) this.#replace();
  }

  hostLost(host: number): void {
    if (host === this.#host) this.#replace();
  }

  taskRemoved(): void {
    this.#board.clear(this.#handle);
    this.#board.ended(this.#handle, { finished: false, text: 'its table was dropped' });
  }

  due(out: Assignments): void {
    out.remove(this.#host, this.#board.ref(this.#handle));
  }

  /** First the new tasks, then the old one goes: in between the table is never without a task (B-42). */
  #replace(): void {
    const { table } = this.#board;
    const { ranges, hosts } = this.#split;
    this.#board.clear(this.#handle);
    const added: number[] = [];
    try {
      for (const range of ranges) added.push(addPart(table, this.#handle, this.#random, range));
    } catch (error) {
      for (const handle of added) {
        table.remove(handle);
        table.free(handle);
      }
      this.#board.absent(this.#handle);
      this.#board.ended(this.#handle, { finished: false, text: error instanceof Error ? error.message : String(error) });
      return;
    }
    table.remove(this.#handle);
    table.free(this.#handle);
    added.forEach((handle, index) => {
      const host = hosts?.length === ranges.length ? hosts[index] : undefined;
      if (host === undefined) this.#board.whenAbsent(handle);
      else this.#place(handle, host);
    });
    this.#board.ended(this.#handle, { finished: true, text: '' });
  }
}
