import { ComponentState, type Mode, type RemoveDispatchers, tsHigh, tsLow } from '@tidegate/protocol';
import type { BlockMachine } from './blockMachine.js';
import type { BlockWork } from './blockWork.js';
import { checkpointOf } from './checkpoint.js';
import type { Completions } from './completions.js';
import type { Freezing, StopParts } from './freezing.js';
import { Flag, Phase } from './rowLayout.js';
import type { GroupState } from './state.js';
import type { Stream } from './stream.js';

/**
 * Closes dispatchers (D-48 … D-50). Whatever could let a close succeed is a message, so trying at the end of every turn is
 * enough: no timer repeats it.
 */
export class Removal {
  #state: GroupState;
  #machine: BlockMachine;
  #work: BlockWork;
  #stream: Stream;
  #completions: Completions;
  #freezing: Freezing;
  #removing = new Set<number>();
  /** Of those, the ones whose reports nobody will acknowledge. */
  #forced = new Set<number>();

  constructor(state: GroupState, parts: StopParts & { freezing: Freezing }) {
    this.#state = state;
    this.#machine = parts.machine;
    this.#work = parts.work;
    this.#stream = parts.stream;
    this.#completions = parts.completions;
    this.#freezing = parts.freezing;
  }

  /** Dispatchers that are being removed. */
  get size(): number {
    return this.#removing.size;
  }

  receive(message: RemoveDispatchers): void {
    for (let i = 0; i < message.handle.length; i++) {
      const [handle, generation] = [message.handle[i]!, message.generation[i]!];
      const row = this.#state.rowOf(handle, generation);
      if (row >= 0) this.remove(row, message.force);
      // D-49: an unknown one is reported all the same, so that the maintainer converges. No checkpoint is known of it.
      else this.#state.components.add(handle, generation, 0, ComponentState.STOPPED, 0, 0);
    }
  }

  /** Begins a removal; nothing for a row that is being removed, but that force may come later. */
  remove(row: number, force = false): void {
    const { rows } = this.#state;
    if (force) this.#forced.add(row);
    if (rows.has(row, Flag.REMOVING)) return;
    this.#state.freeze(row);
    rows.set(row, Flag.REMOVING);
    this.#removing.add(row);
    this.#machine.abandon(row);
    this.#stream.discard(row);
    this.#freezing.forget(row);
    const work = this.#state.work(row);
    if (work !== undefined) work.answers = [];
    this.#state.settle(row);
    this.#completions.hurry(row);
  }

  /** Closes those that can be closed: each is reported Stopped with its final checkpoint, and its row is free. */
  finish(): void {
    for (const row of this.#removing) {
      if (!this.#closable(row)) continue;
      const { rows, components } = this.#state;
      const at = checkpointOf(this.#state, row);
      components.add(rows.handle[row]!, rows.generation[row]!, rows.mode[row]!, ComponentState.STOPPED, tsHigh(at), tsLow(at));
      this.#machine.forget(row);
      this.#state.free(row);
      this.#removing.delete(row);
      this.#forced.delete(row);
    }
  }

  // D-48, D-42. A DONE that waits for room goes first: it says that the event was executed.
  #closable(row: number): boolean {
    const { rows } = this.#state;
    if (rows.has(row, Flag.OWES_DONE)) return false;
    if (this.#state.sinkBroken[rows.mode[row]! as Mode]) return true;
    if (this.#work.isRunning(row) || rows.phase[row] === Phase.ACTING) return false;
    const blocked = (this.#state.triggers.get(row)?.blockers.length ?? 0) > 0;
    if (blocked && !this.#forced.has(row)) return false;
    return this.#state.work(row)?.progress.empty !== false;
  }
}
