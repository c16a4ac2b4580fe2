import { ComponentState } from '@tidegate/protocol';
import type { OperatorBoard, RareOperator } from './operatorBoard.js';
import { OperatorKind } from './operatorKind.js';

/** Holds a replicating task so that nothing else is done to it. It goes on replicating, and nothing is sent. */
export class OccupyOperator implements RareOperator {
  readonly #board: OperatorBoard;
  readonly #handle: number;
  readonly #host: number;

  constructor(board: OperatorBoard, handle: number) {
    this.#board = board;
    this.#handle = handle;
    this.#host = board.table.host[handle]!;
    board.set(handle, OperatorKind.OCCUPY, this.#host, this);
  }

  /** Its dispatcher may stop like any other (E-8). */
  status(_handle: number, state: ComponentState): void {
    if (state === ComponentState.STOPPED || state === ComponentState.REMOVED) this.#gone('its dispatcher stopped');
  }

  hostLost(host: number): void {
    if (host === this.#host) this.#gone('its host was lost');
  }

  taskRemoved(): void {
    this.#board.clear(this.#handle);
    this.#board.ended(this.#handle, { finished: false, text: 'its table was dropped' });
  }

  due(): void {}

  #gone(text: string): void {
    this.#board.clear(this.#handle);
    this.#board.absent(this.#handle);
    this.#board.ended(this.#handle, { finished: false, text });
  }
}
