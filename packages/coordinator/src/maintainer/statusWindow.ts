import { type ComponentState, type ComponentStatuses, MAX_TS, type Mode, minTs, type Watermark } from '@tidegate/protocol';

/** One component status. `seq`: the dispatcher's own number (D-3); 0 when it is not known here. */
export interface ComponentStatusRow {
  readonly handle: number;
  readonly generation: number;
  readonly state: ComponentState;
  readonly mode: Mode;
  readonly checkpointTs: bigint;
  readonly seq: number;
}

/**
 * Component statuses gathered for one heartbeat, every transition in order. The watermarks that go with them are copies
 * taken when the window opened (H-5), lowered to the statuses' checkpoints and labelled with the largest seq: so "it works"
 * and "the watermark accounts for it" arrive together (H-6), and a seq is never lowered.
 */
export class StatusWindow {
  readonly #capacity: number;
  #handle: Uint32Array = new Uint32Array(64);
  #generation: Uint32Array = new Uint32Array(64);
  #state: Uint8Array = new Uint8Array(64);
  #mode: Uint8Array = new Uint8Array(64);
  #checkpoint: BigUint64Array = new BigUint64Array(64);
  #length = 0;
  // Of the statuses gathered, by mode: least checkpoint that is not 0, and largest seq.
  #least: [bigint, bigint] = [MAX_TS, MAX_TS];
  #largest: [number, number] = [0, 0];
  #copies: readonly [Watermark, Watermark] | undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#length;
  }

  get full(): boolean {
    return this.#length >= this.#capacity;
  }

  /** Adds a status. `latest` is read if this opens the window. */
  add(row: ComponentStatusRow, latest: (mode: Mode) => Watermark): void {
    this.#copies ??= [latest(0), latest(1)];
    if (this.#length === this.#handle.length) this.#grow();
    const at = this.#length++;
    this.#handle[at] = row.handle;
    this.#generation[at] = row.generation;
    this.#state[at] = row.state;
    this.#mode[at] = row.mode;
    this.#checkpoint[at] = row.checkpointTs;
    if (row.checkpointTs !== 0n) this.#least[row.mode] = minTs(this.#least[row.mode], row.checkpointTs);
    this.#largest[row.mode] = Math.max(this.#largest[row.mode], row.seq);
  }

  /** The watermark that goes with what was gathered; undefined when nothing was. */
  watermark(mode: Mode): Watermark | undefined {
    const copy = this.#copies?.[mode];
    if (copy === undefined) return undefined;
    return { ...copy, checkpointTs: minTs(copy.checkpointTs, this.#least[mode]), seq: Math.max(copy.seq, this.#largest[mode]) };
  }

  /** What was gathered, in columns of their own. */
  columns(): ComponentStatuses {
    return {
      handle: this.#handle.slice(0, this.#length),
      generation: this.#generation.slice(0, this.#length),
      state: this.#state.slice(0, this.#length),
      mode: this.#mode.slice(0, this.#length),
      checkpointTs: this.#checkpoint.slice(0, this.#length),
    };
  }

  clear(): void {
    this.#length = 0;
    this.#least = [MAX_TS, MAX_TS];
    this.#largest = [0, 0];
    this.#copies = undefined;
  }

  #grow(): void {
    const length = this.#handle.length * 2;
    this.#handle = longer(this.#handle, new Uint32Array(length));
    this.#generation = longer(this.#generation, new Uint32Array(length));
    this.#state = longer(this.#state, new Uint8Array(length));
    this.#mode = longer(this.#mode, new Uint8Array(length));
    const checkpoint = new BigUint64Array(length);
    checkpoint.set(this.#checkpoint);
    this.#checkpoint = checkpoint;
  }
}

function longer<Column extends Uint8Array | Uint32Array>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}
