/** What a message on a link is. */
export const MessageKind = { TELL: 0, ASK: 1, REPLY: 2, REFUSAL: 3 } as const;
export type MessageKind = (typeof MessageKind)[keyof typeof MessageKind];

/** The producer's end of the way from one actor to another. Nothing is visible before {@link publish}. */
export interface LinkSender {
  /** The cells as 32-bit words. */
  readonly words: Uint32Array;
  /** Index of the first word of a fresh cell, or -1: full, nothing has changed. */
  claimRecord(): number;
  /** Claims up to `most` fresh cells side by side, the first at {@link runAt}; 0: full, nothing has changed. */
  claimRecords(most: number): number;
  /** Index of the first word of the cells that were claimed last as a run. */
  readonly runAt: number;
  /** Puts a message on the link. False: no room, nothing has changed. `control` may use the reserve. */
  offer(kind: MessageKind, id: number, message: unknown, control: boolean): boolean;
  /**
   * After something was refused: whether it is worth trying again. For ordinary traffic that is a quarter of the link, so
   * that sender and receiver do not take turns cell by cell. If not, the receiver will wake this side when there is room.
   */
  hasRoom(control: boolean): boolean;
  publish(): void;
  /** Drops what is not published. */
  abort(): void;
}

/** Takes what a link delivers. The answer says whether the link may go on at once (false: stop behind this one). */
export interface LinkHandler {
  /** `count` records side by side. How many of them it has taken, {@link taken} says; if fewer than all, the link stops. */
  records(words: Uint32Array, at: number, count: number): boolean;
  readonly taken: number;
  message(kind: MessageKind, id: number, message: unknown): boolean;
  /** A message that cannot be decoded; it is gone. */
  undecodable(error: Error): boolean;
}

/** The consumer's end. */
export interface LinkReceiver {
  readonly empty: boolean;
  /** Most items that can lie on the link at one moment. */
  readonly capacity: number;
  /** Hands over up to `limit` records and messages, in order, and frees their cells. Returns how many. */
  drain(limit: number, handler: LinkHandler): number;
}
