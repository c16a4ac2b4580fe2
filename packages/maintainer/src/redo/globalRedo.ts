import { maxTs } from '@tidegate/protocol';

/** What the redo log is to write down of itself. */
export interface MetaToWrite {
  readonly resolvedTs: bigint;
  readonly checkpointTs: bigint;
}

/**
 * K-11: how far the redo log is durable, which is how far default dispatchers may go (D-46). It is written down by the
 * maintainer's own host when the redo checkpoint or the checkpoint grew, and becomes the *global redo ts* when that host
 * says that it was. Both ways may lose messages: what is not answered, and what was told to hosts, is repeated.
 */
export class GlobalRedo {
  readonly #interval: number;
  readonly #repeat: number;
  /** The global redo ts: durable for certain. */
  #ts: bigint;
  #sent: MetaToWrite;
  #sentAt = Number.NEGATIVE_INFINITY;
  #forwardedAt = Number.NEGATIVE_INFINITY;

  /** At least `interval` milliseconds between two metas that differ, `repeat` before the same one is sent again. */
  constructor(startTs: bigint, options: { readonly interval: number; readonly repeat: number }) {
    this.#ts = startTs;
    this.#sent = { resolvedTs: startTs, checkpointTs: startTs };
    this.#interval = options.interval;
    this.#repeat = options.repeat;
  }

  get ts(): bigint {
    return this.#ts;
  }

  /** The meta to send at `now`, if one is due. Both timestamps are committed ones: they never go back. */
  metaDue(now: number, redoCheckpointTs: bigint, checkpointTs: bigint): MetaToWrite | undefined {
    const { resolvedTs, checkpointTs: sentCheckpoint } = this.#sent;
    const grew = redoCheckpointTs > resolvedTs || checkpointTs > sentCheckpoint;
    const unanswered = this.#ts < resolvedTs;
    const pause = grew ? this.#interval : this.#repeat;
    if ((!grew && !unanswered) || now - this.#sentAt < pause) return undefined;
    this.#sent = { resolvedTs: maxTs(redoCheckpointTs, resolvedTs), checkpointTs: maxTs(checkpointTs, sentCheckpoint) };
    this.#sentAt = now;
    return this.#sent;
  }

  /** No meta is to be sent, now or again, while both timestamps are these. */
  isSettled(redoCheckpointTs: bigint, checkpointTs: bigint): boolean {
    const { resolvedTs, checkpointTs: sentCheckpoint } = this.#sent;
    return redoCheckpointTs <= resolvedTs && checkpointTs <= sentCheckpoint && this.#ts >= resolvedTs;
  }

  /** A host says how far its log is durable. True: the global redo ts has grown, and every host is to be told. */
  progressed(resolvedTs: bigint, now: number): boolean {
    if (resolvedTs <= this.#ts) return false;
    this.#ts = resolvedTs;
    this.#forwardedAt = now;
    return true;
  }

  /** When the hosts are to be told again. */
  get forwardAt(): number {
    return this.#forwardedAt + this.#repeat;
  }

  /** Whether the hosts are to be told again: nothing says that they have heard. */
  forwardDue(now: number): boolean {
    if (now - this.#forwardedAt < this.#repeat) return false;
    this.#forwardedAt = now;
    return true;
  }

  inspect(): { readonly globalTs: bigint; readonly askedTs: bigint } {
    return { globalTs: this.#ts, askedTs: this.#sent.resolvedTs };
  }
}
