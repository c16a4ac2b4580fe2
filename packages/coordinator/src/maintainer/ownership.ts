/** No epoch was closed yet: even 0 may come. */
const NONE = -1;

/** Who may command this host, by epoch (F-1 to F-4). Messages are handled one at a time, so check and effect cannot part (F-5). */
export class Ownership {
  #address: string | undefined;
  #epoch = 0;
  #closed = NONE;

  /** Address of the owner; undefined before the first bootstrap, after a close, and when the owner is lost. */
  get address(): string | undefined {
    return this.#address;
  }

  /** Epoch of the owner, or of the last one. 0: there was none, or it has no epochs. */
  get epoch(): number {
    return this.#epoch;
  }

  /** F-2: whether `from` may take or keep the ownership with `epoch`. Changes nothing. */
  mayTake(from: string, epoch: number): boolean {
    // F-8: an epoch that was closed is over.
    if (epoch <= this.#closed) return false;
    if (epoch === 0) return this.#epoch === 0;
    if (epoch !== this.#epoch) return epoch > this.#epoch;
    return this.#address === undefined || this.#address === from;
  }

  /** Takes the ownership, which {@link mayTake} must have allowed. True: the owner or the epoch is another than before. */
  take(from: string, epoch: number): boolean {
    const changed = this.#address !== from || this.#epoch !== epoch;
    this.#address = from;
    this.#epoch = epoch;
    return changed;
  }

  /** F-3: whether a request of `from` under `epoch` is to be obeyed. */
  allows(from: string, epoch: number): boolean {
    if (epoch <= this.#closed) return false;
    if (epoch === 0) return this.#epoch === 0 && (this.#address === undefined || this.#address === from);
    return epoch === this.#epoch && this.#address === from;
  }

  /**
   * The owner has closed: nobody owns this host, and its epoch cannot come back (F-8). Epoch 0, which may be anybody's,
   * is remembered only when the changefeed was removed.
   */
  close(removed: boolean): void {
    if (this.#epoch > 0 || removed) this.#closed = Math.max(this.#closed, this.#epoch);
    this.#address = undefined;
  }

  /** The owner of `epoch` is gone for certain, and cannot come back. False: a later one owns this host; nothing has changed. */
  depose(epoch: number): boolean {
    if (epoch < this.#epoch) return false;
    this.#epoch = epoch;
    this.#closed = Math.max(this.#closed, epoch);
    this.#address = undefined;
    return true;
  }
}
