/** A request as far as its due time goes. */
export interface Awaited {
  readonly seq: number;
  /** When it is to be sent again for its own part. */
  readonly due: number;
  /** Milliseconds that its reply is waited for; 0: it is due whoever else is replied to. */
  readonly pause: number;
}

/**
 * How far the maintainer has replied, and what follows for requests without a reply (interleavings 10 and 11 of the outstanding
 * statuses). Requests and replies keep order, so a request before the last reply was lost or left unanswered, and one behind
 * it may still lie unread. While nothing is heard, one request's worth at a time breaks the silence, after pauses that double.
 */
export class Replies {
  /** The latest request that was replied to, and when. Infinite: none yet. */
  #seq = Number.POSITIVE_INFINITY;
  #at = 0;
  /** How often since then the silence was to be broken, with how many statuses the last time, and when the next may be. */
  #probes = 0;
  #probed = 0;
  #probeDue = 0;
  readonly #limit: number;

  /** `limit`: statuses that may go at a time while nothing is heard; what one request holds. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** A reply. True when it ends a silence: what is due is another matter now. One that is no later than the last says nothing new. */
  heard(seq: number, now: number): boolean {
    if (seq <= this.#seq && this.#seq !== Number.POSITIVE_INFINITY) return false;
    const endsSilence = this.#probes > 0;
    this.#seq = seq;
    this.#at = now;
    this.#endSilence();
    return endsSilence;
  }

  /** Something was sent again to break a silence, and nothing was heard since. */
  get silent(): boolean {
    return this.#probes > 0;
  }

  /** A new epoch: its maintainer has replied to nothing. */
  reset(): void {
    this.#seq = Number.POSITIVE_INFINITY;
    this.#endSilence();
  }

  /** Nothing says whether it arrived: no reply to it or to a later request, and nobody asks for it in particular. */
  isUnheard({ seq, pause }: Awaited): boolean {
    return pause > 0 && (seq > this.#seq || this.#seq === Number.POSITIVE_INFINITY);
  }

  dueOf(request: Awaited): number {
    if (!this.isUnheard(request)) return request.due;
    const due = Math.max(request.due, this.#at + request.pause);
    return this.#probed < this.#limit ? due : Math.max(due, this.#probeDue);
  }

  /** So many statuses of a request that {@link isUnheard} go again; `pauseOf` tells the pause after so many attempts. */
  probed(statuses: number, now: number, pauseOf: (attempt: number) => number): void {
    if (now >= this.#probeDue) {
      this.#probed = 0;
      this.#probeDue = now + pauseOf(this.#probes++);
    }
    this.#probed += statuses;
  }

  #endSilence(): void {
    this.#probes = 0;
    this.#probed = 0;
    this.#probeDue = 0;
  }
}
