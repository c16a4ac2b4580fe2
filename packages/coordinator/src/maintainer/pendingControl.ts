import type { BootstrapRequest, CloseRequest, PostBootstrapRequest } from '@tidegate/protocol';
import type { Address } from '@tidegate/runtime';

/** Messages that take or end an ownership. */
export type ControlMessage = BootstrapRequest | PostBootstrapRequest | CloseRequest;

export interface PendingMessage {
  readonly message: ControlMessage;
  readonly from: Address;
}

/**
 * F-7: control messages that wait until this host can handle them, one a type and in order of the first of each. A
 * duplicate is dropped, a newer epoch takes the place, and a close that removes takes the place of one that does not,
 * unless its epoch is older. What was popped is not touched any more: one more may wait then.
 */
export class PendingControl {
  readonly #waiting = new Map<ControlMessage['type'], PendingMessage>();

  get length(): number {
    return this.#waiting.size;
  }

  /** False: what waits already represents it, or is newer. */
  push(message: ControlMessage, from: Address): boolean {
    const waiting = this.#waiting.get(message.type);
    if (waiting !== undefined && !supersedes(message, waiting.message)) return false;
    this.#waiting.set(message.type, { message, from });
    return true;
  }

  pop(): PendingMessage | undefined {
    for (const [type, waiting] of this.#waiting) {
      this.#waiting.delete(type);
      return waiting;
    }
    return undefined;
  }
}

function supersedes(next: ControlMessage, waiting: ControlMessage): boolean {
  if (next.epoch !== waiting.epoch) return next.epoch > waiting.epoch;
  return next.type === 'close' && waiting.type === 'close' && next.removed && !waiting.removed;
}
