import {
  ComponentState,
  type FreezeDispatchers,
  type FrozenDispatchers,
  Stage,
  type ThawDispatchers,
  tsHigh,
  tsLow,
} from '@tidegate/protocol';
import type { BlockMachine } from './blockMachine.js';
import type { BlockWork } from './blockWork.js';
import { checkpointOf } from './checkpoint.js';
import type { Completions } from './completions.js';
import { Flag, Phase } from './rowLayout.js';
import type { GroupState } from './state.js';
import type { Stream } from './stream.js';

/** Dispatchers in one message: far below what a lane takes. */
const PART = 1_024;

/** What it takes to have a dispatcher stand still or close. */
export interface StopParts {
  readonly machine: BlockMachine;
  readonly work: BlockWork;
  readonly stream: Stream;
  readonly completions: Completions;
}

type Frozen = FrozenDispatchers['dispatchers'][number];

/**
 * Sources of a merge (T-6 … T-8): from the freeze on they take no event and no action, and their checkpoint stands still.
 * Events queue up behind, bounded as ever; acknowledgements are still taken.
 *
 * What is under way is finished, never abandoned: rows with the sink until they are durable, a write or pass until it is
 * over and its DONE posted, a flush before a block event too. A row whose flush ends while it is frozen stands at that event
 * with everything flushed, its WAITING not reported: it is told as parked there, so that all sources of a merge can name the
 * same event (T-6), and reports only if it is thawed. WAITING is not repeated meanwhile; NONE is, because it tells of
 * something done.
 */
export class Freezing {
  #state: GroupState;
  #machine: BlockMachine;
  #work: BlockWork;
  #stream: Stream;
  #completions: Completions;
  /** Frozen, and not told to stand still yet. */
  #pending = new Set<number>();

  constructor(state: GroupState, parts: StopParts) {
    this.#state = state;
    this.#machine = parts.machine;
    this.#work = parts.work;
    this.#stream = parts.stream;
    this.#completions = parts.completions;
  }

  /** Dispatchers that are frozen and still have something with the sink. */
  get size(): number {
    return this.#pending.size;
  }

  /** T-7: only those that work; a table trigger is nobody's source. Asked again, one that is frozen tells again where it stands. */
  freeze(message: FreezeDispatchers): void {
    const { rows } = this.#state;
    for (const row of this.#rowsOf(message)) {
      if (this.#state.isFrozen(row)) {
        this.#pending.add(row);
      } else if (rows.state[row] === ComponentState.WORKING && !rows.has(row, Flag.TRIGGER)) {
        this.#state.freeze(row);
        // It does not follow the lane any more, and nothing that comes is taken at once.
        rows.set(row, Flag.LAGGING);
        this.#setState(row, ComponentState.WAITING_MERGE);
        this.#completions.hurry(row);
        this.#pending.add(row);
      } else this.#state.context.count('dispatcher.freezes-ignored');
    }
  }

  /** The merge was given up: goes on where it stands. */
  thaw(message: ThawDispatchers): void {
    for (const row of this.#rowsOf(message)) {
      if (!this.#state.isFrozen(row)) continue;
      this.#pending.delete(row);
      this.#setState(row, ComponentState.WORKING);
      if (!this.#machine.thaw(row)) this.#stream.retake(row);
    }
  }

  /** The row is being removed. */
  forget(row: number): void {
    this.#pending.delete(row);
  }

  /** Tells of those that have come to stand still. What is refused is told when there is room. */
  finish(): void {
    if (this.#pending.size === 0) return;
    const still = [...this.#pending].filter((row) => this.#standsStill(row));
    for (let from = 0; from < still.length; from += PART) {
      const part = still.slice(from, from + PART);
      const message: FrozenDispatchers = { type: 'frozen', dispatchers: part.map((row) => this.#told(row)) };
      if (!this.#state.context.send(this.#state.options.coordinator, message, 'lossless')) return;
      for (const row of part) this.#pending.delete(row);
    }
  }

  // D-48, without the blockers that only a trigger has. A DONE that waits for room goes first.
  #standsStill(row: number): boolean {
    const { rows, sinkBroken } = this.#state;
    if (rows.has(row, Flag.OWES_DONE)) return false;
    if (sinkBroken[rows.mode[row]! as 0 | 1]) return true;
    const phase = rows.phase[row]!;
    if (phase === Phase.ROWS || phase === Phase.FLUSHING || phase === Phase.ACTING || phase === Phase.EXECUTING) return false;
    return !this.#work.isRunning(row) && this.#state.work(row)?.progress.empty !== false;
  }

  #told(row: number): Frozen {
    const { rows } = this.#state;
    const parked = rows.stage(row) === Stage.WAITING || rows.phase[row] === Phase.HELD;
    const entry = parked ? this.#state.entryOf(row) : undefined;
    return {
      handle: rows.handle[row]!,
      generation: rows.generation[row]!,
      checkpointTs: checkpointOf(this.#state, row),
      ...(entry && { parkedAt: entry.key }),
    };
  }

  #setState(row: number, state: ComponentState): void {
    const { rows, components } = this.#state;
    rows.state[row] = state;
    const at = checkpointOf(this.#state, row);
    components.add(rows.handle[row]!, rows.generation[row]!, rows.mode[row]!, state, tsHigh(at), tsLow(at));
    this.#state.settle(row);
  }

  // Unknown ones, and those that are being removed, are left alone: their Stopped says all.
  #rowsOf({ handle, generation }: FreezeDispatchers | ThawDispatchers): number[] {
    const found: number[] = [];
    for (let i = 0; i < handle.length; i++) {
      const row = this.#state.rowOf(handle[i]!, generation[i]!);
      if (row >= 0 && !this.#state.rows.has(row, Flag.REMOVING)) found.push(row);
    }
    return found;
  }
}
