import { type ComponentState, type ComponentStatuses, MAX_TS, type Mode, minTs, type Watermark } from '@tidegate/protocol';

/** One component status. `seq`: the dispatcher's own number (D-3); 0 when it is not known here. `worker`: where it is, or NO_WORKER. */
export interface ComponentStatusRow {
  readonly handle: number;
  readonly generation: number;
  readonly state: ComponentState;
  readonly mode: Mode;
  readonly checkpointTs: bigint;
  readonly seq: number;
  readonly worker: number;
}

/**
 * Component statuses gathered for one heartbeat, every transition in order. The watermarks that go with them are lowered to
 * the statuses' checkpoints: so "it works" and "the watermark accounts for it" arrive together (H-6).
 *
 * H-5 says to copy the watermark before waiting for the first status and to label it with the largest seq of those that
 * came. A dispatcher created in between would then be claimed by the label and missing from the copy, and the committed
 * checkpoint could pass its start. So the watermark is taken when the heartbeat is built: its seq and its checkpoint speak of
 * the same dispatchers, and its seq is at least that of any status gathered.
 */
export class StatusWindow {
  /** The most statuses that were gathered at a time. */
  most = 0;
  readonly #capacity: number;
  #handle: Uint32Array = new Uint32Array(64);
  #generation: Uint32Array = new Uint32Array(64);
  #state: Uint8Array = new Uint8Array(64);
  #mode: Uint8Array = new Uint8Array(64);
  #worker: Uint16Array = new Uint16Array(64);
  #checkpoint: BigUint64Array = new BigUint64Array(64);
  /** Of the columns in use; those before {@link #head} are sent. */
  #length = 0;
  #head = 0;
  // Of the statuses gathered, by mode: least checkpoint that is not 0, and largest seq.
  #least: [bigint, bigint] = [MAX_TS, MAX_TS];
  #largest: [number, number] = [0, 0];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#length - this.#head;
  }

  get full(): boolean {
    return this.length >= this.#capacity;
  }

  add(row: ComponentStatusRow): void {
    if (this.#length === this.#handle.length) this.#makeRoom();
    const at = this.#length++;
    this.most = Math.max(this.most, this.length);
    this.#handle[at] = row.handle;
    this.#generation[at] = row.generation;
    this.#state[at] = row.state;
    this.#mode[at] = row.mode;
    this.#worker[at] = row.worker;
    this.#checkpoint[at] = row.checkpointTs;
    if (row.checkpointTs !== 0n) this.#least[row.mode] = minTs(this.#least[row.mode], row.checkpointTs);
    this.#largest[row.mode] = Math.max(this.#largest[row.mode], row.seq);
  }

  /** The watermark that goes with what was gathered; undefined when nothing was. `latest` is as known now. */
  watermark(mode: Mode, latest: Watermark): Watermark | undefined {
    if (this.length === 0) return undefined;
    const checkpointTs = minTs(latest.checkpointTs, this.#least[mode]);
    return { ...latest, checkpointTs, seq: Math.max(latest.seq, this.#largest[mode]) };
  }

  /** The first `rows` of what was gathered, in columns of their own. */
  columns(rows: number): ComponentStatuses {
    const from = this.#head;
    const to = from + rows;
    return {
      handle: this.#handle.slice(from, to),
      generation: this.#generation.slice(from, to),
      state: this.#state.slice(from, to),
      mode: this.#mode.slice(from, to),
      checkpointTs: this.#checkpoint.slice(from, to),
      worker: this.#worker.slice(from, to),
    };
  }

  /** The first `rows` are sent. What bounds the watermark stays until all are. */
  drop(rows: number): void {
    this.#head += rows;
    if (this.#head >= this.#length) this.clear();
  }

  clear(): void {
    this.#length = 0;
    this.#head = 0;
    this.#least = [MAX_TS, MAX_TS];
    this.#largest = [0, 0];
  }

  #makeRoom(): void {
    if (this.#head > 0) {
      this.#compact();
      return;
    }
    const length = this.#handle.length * 2;
    this.#handle = longer(this.#handle, new Uint32Array(length));
    this.#generation = longer(this.#generation, new Uint32Array(length));
    this.#state = longer(this.#state, new Uint8Array(length));
    this.#mode = longer(this.#mode, new Uint8Array(length));
    this.#worker = longer(this.#worker, new Uint16Array(length));
    const checkpoint = new BigUint64Array(length);
    checkpoint.set(this.#checkpoint);
    this.#checkpoint = checkpoint;
  }

  /** Makes room by what was sent. */
  #compact(): void {
    for (const column of [this.#handle, this.#generation, this.#state, this.#mode, this.#checkpoint, this.#worker]) {
      column.copyWithin(0, this.#head, this.#length);
    }
    this.#length -= this.#head;
    this.#head = 0;
  }
}

function longer<Column extends Uint8Array | Uint16Array | Uint32Array>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}
