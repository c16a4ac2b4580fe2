import {
  type BootstrapSpan,
  ComponentState,
  type ComponentStatusMessage,
  type SnapshotRequest,
  SPAN_PART_BYTES,
  STATUS_PART_ROWS,
  spanBytes,
  type WorkerSnapshot,
} from '@tidegate/protocol';
import { CheckpointReader } from './checkpoint.js';
import { Place } from './rowLayout.js';
import { spanOf } from './snapshot.js';
import type { GroupState } from './state.js';

/** What was asked for, and the first row that is not told yet. */
interface Progress {
  readonly id: number;
  row: number;
}

/** A listing. */
interface Listing extends Progress {
  readonly brief: boolean;
  /** What the group's changes were when it began. */
  at: number;
}

const NEVER = -1;

/**
 * Answers to snapshot requests, in parts that fit a lane. A row is read when its part is sent, never earlier: so what
 * is told of a dispatcher that has stopped since cannot come behind the news of it. Bounded: one answer of each kind; a
 * later request takes the place of an unfinished one, which whoever asked has given up.
 */
export class SnapshotOutbox {
  readonly #state: GroupState;
  readonly #listed = new Int32Array(STATUS_PART_ROWS);
  #full: Progress | undefined;
  #columns: Listing | undefined;
  /** What the group's changes were when the last finished listing began: if they are the same, so would it be. */
  #listedAt = NEVER;

  constructor(state: GroupState) {
    this.#state = state;
  }

  request({ id, columns, brief }: SnapshotRequest): void {
    if (columns === true) this.#columns = { id, row: 0, brief: brief === true, at: NEVER };
    else this.#full = { id, row: 0 };
  }

  /** Sends what there is room for. */
  flush(): void {
    while (this.#full !== undefined && this.#send(this.#spans(this.#full))) if (this.#full.row < 0) this.#full = undefined;
    while (this.#columns !== undefined && this.#send(this.#statuses(this.#columns))) {
      if (this.#columns.row >= 0) continue;
      this.#listedAt = this.#columns.at;
      this.#columns = undefined;
    }
  }

  /** Sends a part and moves on behind it. A refused one is made anew when there is room. */
  #send({ message, next, of }: { message: WorkerSnapshot | ComponentStatusMessage; next: number; of: Progress }): boolean {
    if (!this.#state.context.send(this.#state.options.coordinator, message, 'refusable')) return false;
    of.row = next;
    return true;
  }

  // S-3: every dispatcher of every mode.
  #spans(of: Progress): { message: WorkerSnapshot; next: number; of: Progress } {
    const spans: BootstrapSpan[] = [];
    let bytes = 0;
    let row = this.#live(of.row, false);
    for (; row >= 0 && bytes < SPAN_PART_BYTES; row = this.#live(row + 1, false)) {
      const span = spanOf(this.#state, row);
      bytes += spanBytes(span);
      if (spans.length > 0 && bytes > SPAN_PART_BYTES) break;
      spans.push(span);
    }
    return {
      message: { type: 'worker-snapshot', id: of.id, spans, ...(row >= 0 ? { more: true } : { created: this.#state.created }) },
      next: row,
      of,
    };
  }

  // H-1, H-2: those that a complete heartbeat lists. Only the last part has the id.
  #statuses(of: Listing): { message: ComponentStatusMessage; next: number; of: Progress } {
    const { rows, changes } = this.#state;
    const listed = this.#listed;
    if (of.row === 0) of.at = changes;
    const unchanged = this.#listedAt === of.at && of.at === changes;
    let count = 0;
    let row = unchanged && of.brief ? -1 : this.#live(of.row, true);
    for (; row >= 0 && count < STATUS_PART_ROWS; row = this.#live(row + 1, true)) listed[count++] = row;
    const statuses = {
      handle: new Uint32Array(count),
      generation: new Uint32Array(count),
      state: new Uint8Array(count),
      mode: new Uint8Array(count),
      checkpointTs: new BigUint64Array(count),
    };
    // As words: there may be a million to list, every ten seconds.
    const checkpoints = new Uint32Array(statuses.checkpointTs.buffer);
    const reader = new CheckpointReader(this.#state);
    for (let at = 0; at < count; at++) {
      const one = listed[at]!;
      statuses.handle[at] = rows.handle[one]!;
      statuses.generation[at] = rows.generation[one]!;
      statuses.state[at] = rows.state[one]!;
      statuses.mode[at] = rows.mode[one]!;
      reader.read(one);
      checkpoints[at * 2] = reader.checkpointLow;
      checkpoints[at * 2 + 1] = reader.checkpointHigh;
    }
    const last = row < 0 && { snapshot: of.id, ...(unchanged && { unchanged }) };
    return { message: { type: 'component-statuses', statuses, ...last }, next: row, of };
  }

  /** The first row in use from `row` on, -1 when there is none; of those that are visible in heartbeats, if so asked. */
  #live(row: number, visible: boolean): number {
    const { rows } = this.#state;
    for (let at = row; at < rows.used; at++) {
      if (rows.place[at] !== Place.NOWHERE && !(visible && isHidden(rows.state[at]!))) return at;
    }
    return -1;
  }
}

function isHidden(state: number): boolean {
  return state === ComponentState.INITIALIZING || state === ComponentState.PREPARING || state === ComponentState.MERGE_READY;
}
