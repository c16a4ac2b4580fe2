import type { Address } from '../actor.js';

/** Something that is about to be handed to an actor. */
export interface Delivered {
  /** Milliseconds of the system's clock. */
  readonly time: number;
  /** `@outside` for the system's own `send` and `ask`; the receiver itself for its posts and timers. */
  readonly from: Address;
  readonly to: Address;
  readonly kind: 'message' | 'record' | 'reply';
  /** The message or reply. For a record its eight words, valid only during the call. */
  readonly content: unknown;
}

/** Called in the receiver's turn: it may look and keep, and must neither send nor step. */
export type DeliveryObserver = (delivered: Delivered) => void;
