import { type ComponentState, type ComponentStatusMessage, joinTs, STATUS_PART_ROWS } from '@tidegate/protocol';
import type { ActorContext } from '@tidegate/runtime';

/**
 * Component statuses of the turn in hand, in the order in which they came about: transitions are not merged, because
 * operators depend on each. What is refused stays; bounded by two or three a dispatcher (its whole life).
 */
export class ComponentOutbox {
  #context: ActorContext;
  #coordinator: string;
  // handle, generation, state | mode << 8, checkpoint high, checkpoint low
  #words: number[] = [];

  constructor(context: ActorContext, coordinator: string) {
    this.#context = context;
    this.#coordinator = coordinator;
  }

  get length(): number {
    return this.#words.length / 5;
  }

  add(
    handle: number,
    generation: number,
    mode: number,
    state: ComponentState,
    checkpointHigh: number,
    checkpointLow: number,
  ): void {
    this.#words.push(handle, generation, state | (mode << 8), checkpointHigh, checkpointLow);
  }

  /** Sends what was gathered. False: the lane is full and some are left. */
  flush(): boolean {
    let sent = 0;
    while (sent < this.#words.length) {
      const count = Math.min(STATUS_PART_ROWS, (this.#words.length - sent) / 5);
      if (!this.#context.send(this.#coordinator, this.#message(sent, count), 'lossless')) break;
      sent += count * 5;
    }
    const all = sent === this.#words.length;
    if (all) this.#words.length = 0;
    else if (sent > 0) this.#words.splice(0, sent);
    return all;
  }

  #message(from: number, count: number): ComponentStatusMessage {
    const handle = new Uint32Array(count);
    const generation = new Uint32Array(count);
    const state = new Uint8Array(count);
    const mode = new Uint8Array(count);
    const checkpointTs = new BigUint64Array(count);
    for (let i = 0, at = from; i < count; i++, at += 5) {
      handle[i] = this.#words[at]!;
      generation[i] = this.#words[at + 1]!;
      state[i] = this.#words[at + 2]! & 0xff;
      mode[i] = this.#words[at + 2]! >>> 8;
      checkpointTs[i] = joinTs(this.#words[at + 3]!, this.#words[at + 4]!);
    }
    return { type: 'component-statuses', statuses: { handle, generation, state, mode, checkpointTs } };
  }
}
