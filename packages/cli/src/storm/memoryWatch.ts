/** Milliseconds between two looks of its own. */
const INTERVAL = 50;

/** The memory of the whole process: what it was when the watch began, and the most since. */
export class MemoryWatch {
  #rest = 0;
  #peak = 0;
  #timer: NodeJS.Timeout | undefined;

  /** From now on the peak counts. */
  begin(): void {
    this.#rest = this.look();
    this.#peak = this.#rest;
    this.#timer = setInterval(() => this.look(), INTERVAL);
  }

  /** Bytes now. */
  look(): number {
    const rss = process.memoryUsage.rss();
    this.#peak = Math.max(this.#peak, rss);
    return rss;
  }

  get result(): { readonly rest: number; readonly peak: number } {
    return { rest: this.#rest, peak: this.#timer === undefined ? this.#rest : this.#peak };
  }

  end(): void {
    clearInterval(this.#timer);
  }
}
