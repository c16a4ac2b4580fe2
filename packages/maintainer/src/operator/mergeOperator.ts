import { ComponentState } from '@tidegate/protocol';
import { NO_HOST } from '../hosts.js';
import { TaskState } from '../span/taskState.js';
import type { Assignments } from './assignments.js';
import { MoveOperator } from './moveOperator.js';
import type { OperatorBoard, RareOperator } from './operatorBoard.js';
import { OperatorKind } from './operatorKind.js';

/**
 * Merges dispatchers of one host into one (T-6 to T-8). The host does it by itself and tells of the target: Working, the
 * merge is done and the sources go; Removed, it was given up and the sources go on as they were; Stopped, the target was
 * there and is gone again, so that the range is the target's, which waits for a host. The sources are occupied meanwhile.
 */
export class MergeOperator implements RareOperator {
  readonly #board: OperatorBoard;
  readonly #target: number;
  readonly #sources: readonly number[];
  readonly #host: number;
  /** Sources that stopped. */
  readonly #gone = new Set<number>();
  /** Requests sent so far. */
  #sent = 0;
  /** It was given up, and the host is asked for the target until it says that there is none. */
  #isWithdrawn = false;

  /** The target is bound to the host of the sources; they are in key order. */
  constructor(board: OperatorBoard, target: number, sources: readonly number[]) {
    const { table } = board;
    this.#board = board;
    this.#target = target;
    this.#sources = sources;
    this.#host = table.host[target]!;
    for (const source of sources) {
      if (table.state[source] === TaskState.REPLICATING) table.markScheduling(source);
      board.unhook(source);
      board.set(source, OperatorKind.OCCUPY, this.#host, this);
    }
    board.set(target, OperatorKind.MERGE, this.#host, this);
    board.unsent.push(target);
  }

  status(handle: number, state: ComponentState): void {
    const hasStopped = state === ComponentState.STOPPED;
    if (handle !== this.#target) {
      if (hasStopped || state === ComponentState.REMOVED) this.#gone.add(handle);
    } else if (state === ComponentState.WORKING) this.#commit(true);
    else if (hasStopped && this.#isWithdrawn) this.#resolve();
    else if (hasStopped) this.#commit(false);
    else if (state === ComponentState.REMOVED && !this.#isWithdrawn) {
      if (this.#sent <= 1) this.#giveUp();
      else this.#withdraw();
    }
  }

  hostLost(host: number): void {
    if (host !== this.#host) return;
    this.#drop(this.#target);
    for (const source of this.#sources) {
      this.#board.clear(source);
      this.#board.absent(source);
    }
    this.#end(false, 'its host was lost');
  }

  /** The others stay where they are; a target that may exist already has to be removed. */
  taskRemoved(handle: number): void {
    this.#board.clear(handle);
    if (handle !== this.#target) {
      this.#board.table.remove(this.#target);
      this.#remove(this.#target);
    }
    this.#restore(handle);
    this.#end(false, 'its table was dropped');
  }

  due(out: Assignments, committedTs: bigint): void {
    if (this.#isWithdrawn) {
      out.remove(this.#host, this.#board.ref(this.#target));
      return;
    }
    this.#sent++;
    out.merge(this.#host, {
      target: this.#board.config(this.#target, committedTs),
      sources: this.#sources.map((source) => this.#board.ref(source)),
    });
  }

  /**
   * It was asked for more than once, so one of the requests may be on its way still, or begun again by now. The host has
   * taken all of them when it answers the removal of the target; till then nobody else may have the range.
   */
  #withdraw(): void {
    this.#isWithdrawn = true;
    this.#board.unsent.push(this.#target);
  }

  /** Whether the target ever had the range is not known, nor whether its sources live: they are asked back. */
  #resolve(): void {
    this.#drop(this.#target);
    for (const source of this.#sources) {
      this.#board.clear(source);
      if (this.#gone.has(source)) this.#board.absent(source);
      else new MoveOperator(this.#board, source, this.#host, NO_HOST);
    }
    this.#end(false, 'its host gave it up, and its sources are scheduled again');
  }

  #giveUp(): void {
    this.#drop(this.#target);
    this.#restore();
    this.#end(false, 'its host gave it up');
  }

  /** T-8: the range is the target's. No source loses its mark before all of them are out of the table. */
  #commit(isWorking: boolean): void {
    this.#board.clear(this.#target);
    if (isWorking) this.#board.table.markReplicating(this.#target);
    else this.#board.absent(this.#target);
    for (const source of this.#sources) this.#board.table.remove(source);
    for (const source of this.#sources) {
      if (this.#gone.has(source)) {
        this.#board.clear(source);
        this.#board.table.free(source);
      } else this.#remove(source);
    }
    this.#end(true, isWorking ? '' : 'its dispatcher stopped at once and is created again');
  }

  /** Sources without their target: those that stopped wait for a host, the others replicate as before. */
  #restore(except?: number): void {
    for (const source of this.#sources) {
      if (source === except) continue;
      this.#board.clear(source);
      if (this.#gone.has(source)) this.#board.absent(source);
      else this.#board.table.markReplicating(source);
    }
  }

  #drop(handle: number): void {
    this.#board.clear(handle);
    this.#board.table.remove(handle);
    this.#board.table.free(handle);
  }

  /** Of a task that is out of the table. */
  #remove(handle: number): void {
    this.#board.set(handle, OperatorKind.REMOVE, this.#host);
    this.#board.unsent.push(handle);
  }

  #end(finished: boolean, text: string): void {
    this.#board.ended(this.#target, { finished, text });
  }
}
