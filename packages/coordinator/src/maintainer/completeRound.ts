/** One round of a complete heartbeat: which workers have yet to list their dispatchers (H-1). */
export class CompleteRound {
  #id = 0;
  readonly #awaited: boolean[];

  constructor(workers: number) {
    this.#awaited = Array.from({ length: workers }, () => false);
  }

  /** Id of the snapshot request of the round; 0 when none runs. */
  get id(): number {
    return this.#id;
  }

  /** Begins a round, in place of one that was not finished. True: nobody was asked, so it is complete already. */
  begin(id: number, asked: readonly boolean[]): boolean {
    this.#id = asked.includes(true) ? id : 0;
    asked.forEach((isAsked, worker) => {
      this.#awaited[worker] = isAsked;
    });
    return this.#id === 0;
  }

  /** A worker has listed its dispatchers for round `id`. True: it was the last one. */
  answered(id: number, worker: number): boolean {
    if (id !== this.#id || this.#awaited[worker] !== true) return false;
    this.#awaited[worker] = false;
    if (this.#awaited.includes(true)) return false;
    this.#id = 0;
    return true;
  }

  /** A worker is gone. True: it was the last one awaited. */
  lost(worker: number): boolean {
    return this.answered(this.#id, worker);
  }
}
