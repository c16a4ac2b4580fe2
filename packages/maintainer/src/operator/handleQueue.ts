const SMALL = 64;
/** A ring that was larger than this is given back when it is empty: a start queues every dispatcher, and then hardly one. */
const LARGE = 4096;

/** Handles with the time at which each was queued, oldest first. A ring that grows; nothing is allocated per entry. */
export class HandleQueue {
  #handles: Uint32Array = new Uint32Array(SMALL);
  #times: Float64Array = new Float64Array(SMALL);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(handle: number, time = 0): void {
    if (this.#size === this.#handles.length) this.#grow();
    const at = (this.#head + this.#size++) & (this.#handles.length - 1);
    this.#handles[at] = handle;
    this.#times[at] = time;
  }

  /** Time of the oldest entry; Infinity when there is none. */
  headTime(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#times[this.#head]!;
  }

  /** Takes the oldest entry; -1 when there is none. */
  shift(): number {
    if (this.#size === 0) return -1;
    const handle = this.#handles[this.#head]!;
    this.#head = (this.#head + 1) & (this.#handles.length - 1);
    this.#size--;
    if (this.#size === 0) this.clear();
    return handle;
  }

  /** Forgets everything. */
  clear(): void {
    this.#size = 0;
    this.#head = 0;
    if (this.#handles.length <= LARGE) return;
    this.#handles = new Uint32Array(SMALL);
    this.#times = new Float64Array(SMALL);
  }

  #grow(): void {
    const mask = this.#handles.length - 1;
    const handles = new Uint32Array(this.#handles.length * 2);
    const times = new Float64Array(handles.length);
    for (let i = 0; i < this.#size; i++) {
      handles[i] = this.#handles[(this.#head + i) & mask]!;
      times[i] = this.#times[(this.#head + i) & mask]!;
    }
    this.#handles = handles;
    this.#times = times;
    this.#head = 0;
  }
}
