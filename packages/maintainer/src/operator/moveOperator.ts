import { ComponentState } from '@tidegate/protocol';
import { NO_HOST } from '../hosts.js';
import { TaskState } from '../span/taskState.js';
import type { Assignments } from './assignments.js';
import type { OperatorBoard, RareOperator } from './operatorBoard.js';
import { OperatorKind } from './operatorKind.js';

/**
 * Moves a dispatcher: a remove at its host, and when it has stopped, or its host is lost, a create at the destination,
 * under the next generation. A task whose destination is lost waits for another one.
 */
export class MoveOperator implements RareOperator {
  readonly #board: OperatorBoard;
  readonly #handle: number;
  readonly #from: number;
  /** {@link NO_HOST}: it was lost. */
  #to: number;
  #stopped = false;

  /** `from` is the host that the task is on. With {@link NO_HOST} for a destination it is only asked back. */
  constructor(board: OperatorBoard, handle: number, from: number, to: number) {
    this.#board = board;
    this.#handle = handle;
    this.#from = from;
    this.#to = to;
    if (board.table.state[handle] === TaskState.REPLICATING) board.table.markScheduling(handle);
    board.shift(from, to, 1);
    board.set(handle, OperatorKind.MOVE, from, this);
    board.unsent.push(handle);
  }

  status(_handle: number, state: ComponentState): void {
    if (!this.#stopped) {
      if (state === ComponentState.STOPPED || state === ComponentState.REMOVED) this.#originGone();
    } else if (state === ComponentState.WORKING) {
      this.#board.clear(this.#handle);
      this.#board.table.markReplicating(this.#handle);
      this.#board.ended(this.#handle, { finished: true, text: '' });
    } else if (state === ComponentState.REMOVED) this.#giveUp('its destination does not take it');
    // As for any create: a host that has seen this one stop answers Removed.
    else if (state === ComponentState.STOPPED) this.#board.unsent.push(this.#handle);
  }

  hostLost(host: number): void {
    if (this.#stopped) {
      if (host === this.#to) this.#giveUp('its destination was lost');
    } else if (host === this.#from) this.#originGone();
    else if (host === this.#to) {
      this.#board.shift(NO_HOST, host, -1);
      this.#to = NO_HOST;
    }
  }

  taskRemoved(): void {
    if (!this.#stopped) this.#board.shift(this.#from, this.#to, -1);
    this.#board.clear(this.#handle);
    this.#board.ended(this.#handle, { finished: false, text: 'its table was dropped' });
  }

  due(out: Assignments, committedTs: bigint): void {
    if (this.#stopped) out.create(this.#to, this.#board.config(this.#handle, committedTs));
    else out.remove(this.#from, this.#board.ref(this.#handle));
  }

  #originGone(): void {
    this.#stopped = true;
    this.#board.shift(this.#from, this.#to, -1);
    if (this.#to === NO_HOST) {
      this.#giveUp('its destination was lost');
      return;
    }
    this.#board.table.rebind(this.#handle, this.#to);
    this.#board.set(this.#handle, OperatorKind.MOVE, this.#to, this);
    this.#board.unsent.push(this.#handle);
  }

  #giveUp(text: string): void {
    this.#board.clear(this.#handle);
    this.#board.absent(this.#handle);
    this.#board.ended(this.#handle, { finished: false, text });
  }
}
