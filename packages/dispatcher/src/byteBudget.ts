import type { ActorContext, Timer } from '@tidegate/runtime';

/** What a queued block event counts as, so that events alone cannot grow without bound either. */
export const EVENT_BYTES = 128;

/** How far the high mark may be raised, as a multiple of the configured one. */
const MOST_OVERDRAFT = 4;

/** Delivered to the group itself while the source is paused. */
export interface PauseCheck {
  readonly type: 'pause-check';
}

/**
 * Bytes of rows and events that the group holds: in inboxes, and with the sink until they are flushed. Above the high
 * mark the source is paused, below the low mark it goes on.
 *
 * This cannot deadlock, given a source that sends every worker its events in commit order. Held bytes are of two kinds.
 * Those with the sink are released by the sink: at the high mark the group asks for a flush, so a sink that writes only
 * when told to is told. Those in an inbox lie behind a block event. Take the earliest event T at which anyone anywhere
 * still waits: every row that is held anywhere was read after every event up to T, so those events are on the lanes ahead
 * of it. A worker that has not taken T yet holds only what lies before T, none of it behind an open event: it drains and
 * goes on. So all dispatchers report T, it completes (answers come over another lane), and frees what was behind it.
 *
 * With redo on, what lies above the redo gate is held as well (D-46). The gate follows the redo pipeline, whose dispatchers
 * are sent the same events over the same lanes and hold none of them back; once its sink has flushed, an idle one of them
 * moves with the marks of its lane. So marks must not lie further apart on a lane than the low mark: what was read since the
 * last one is all that the gate cannot free.
 *
 * One thing breaks the order: a dispatcher that is created while the source is already ahead, whose stream (with T in it)
 * then lies on the lane behind the pause. A source should not read far beyond a table without a dispatcher. The net is an
 * overdraft: a pause that nothing has eased for a while raises the high mark a step, which lets in more than a lane holds,
 * up to four times the configured bound; there it stays paused and says so.
 */
export class ByteBudget {
  held = 0;
  paused = false;
  #context: ActorContext;
  #limits: { readonly source: string; readonly highWater: number; readonly lowWater: number; readonly pauseCheck: number };
  #high: number;
  #least = 0;
  #timer: Timer | undefined;
  #onPause: () => void;

  constructor(
    context: ActorContext,
    limits: { readonly source: string; readonly highWater: number; readonly lowWater: number; readonly pauseCheck: number },
    onPause: () => void,
  ) {
    this.#context = context;
    this.#limits = limits;
    this.#high = limits.highWater;
    this.#onPause = onPause;
  }

  take(bytes: number): void {
    this.held += bytes;
    if (!this.paused && this.held > this.#high) this.#pause();
  }

  give(bytes: number): void {
    this.held -= bytes;
    if (this.held < this.#limits.lowWater) this.#high = this.#limits.highWater;
    if (this.paused && this.held < this.#limits.lowWater) this.#resume();
  }

  /** The pause has lasted a while: raises the high mark if nothing was freed meanwhile. */
  check(): void {
    this.#timer = undefined;
    if (!this.paused) return;
    const eased = this.held < this.#least;
    this.#least = Math.min(this.#least, this.held);
    if (!eased && this.#high < this.#limits.highWater * MOST_OVERDRAFT) {
      this.#high += this.#limits.highWater / 2;
      this.#context.count('dispatcher.overdrafts');
      this.#context.log('warn', 'nothing frees the rows held behind block events; letting more in', { held: this.held });
      this.#resume();
      return;
    }
    if (!eased)
      this.#context.log('error', 'rows held behind block events reached their bound; the source stays paused', {
        held: this.held,
      });
    this.#watch();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #pause(): void {
    this.paused = true;
    this.#least = this.held;
    this.#context.pause(this.#limits.source);
    this.#context.count('dispatcher.source-pauses');
    this.#watch();
    this.#onPause();
  }

  #resume(): void {
    this.paused = false;
    this.stop();
    this.#context.resume(this.#limits.source);
  }

  #watch(): void {
    this.stop();
    this.#timer = this.#context.schedule(this.#limits.pauseCheck, { type: 'pause-check' } satisfies PauseCheck);
  }
}

/**
 * One message of rows, counted as long as any part of it is held: a part keeps the bytes of the whole alive, so the whole
 * is what counts.
 */
export class MessageHold {
  #budget: ByteBudget;
  #bytes: number;
  #release: (() => void) | undefined;
  #parts = 0;
  /** Parts whose bytes somebody may still look at. */
  #read = 0;

  constructor(budget: ByteBudget, bytes: number, release?: () => void) {
    this.#budget = budget;
    this.#bytes = bytes;
    this.#release = release;
  }

  take(): void {
    this.#read++;
    if (this.#parts++ === 0) this.#budget.take(this.#bytes);
  }

  give(): void {
    if (--this.#parts === 0) this.#budget.give(this.#bytes);
  }

  /**
   * Nobody looks at the bytes of one part any more. Not for a part whose write failed: the sink may be in the middle of it, so
   * the memory of its message is never used again.
   */
  readOut(): void {
    if (--this.#read === 0) this.#release?.();
  }
}
