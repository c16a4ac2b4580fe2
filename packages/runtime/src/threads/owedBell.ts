import { Doorbell } from '@tidegate/ring';

/**
 * The doorbell of another thread, not rung at every publish but when it is settled: that one look at whether somebody sleeps comes
 * later than the news hurts as little as a producer that is interrupted between the two.
 */
export class OwedBell extends Doorbell {
  #owed = false;

  /** @throws LaneMagicError when the memory is no doorbell. */
  static override attach(memory: SharedArrayBuffer): OwedBell {
    Doorbell.attach(memory);
    return new OwedBell(new Int32Array(memory), 0);
  }

  override ring(): void {
    this.#owed = true;
  }

  /** Rings, if that is owed. */
  settle(): void {
    if (!this.#owed) return;
    this.#owed = false;
    super.ring();
  }
}
