const WORDS = 5;

/**
 * Answers to old actions that wait for room (D-35d): a bounded FIFO of words. At the bound an answer is dropped: the
 * maintainer sends its action again (retry owner of a lost DONE).
 */
export class OldAnswers {
  #words: Uint32Array = new Uint32Array(0);
  #head = 0;
  #count = 0;
  #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get length(): number {
    return this.#count;
  }

  /** False: full. */
  push(handle: number, generation: number, stageAndFlags: number, tsHigh: number, tsLow: number): boolean {
    if (this.#count === this.#most) return false;
    const capacity = this.#words.length / WORDS;
    if (this.#count === capacity) this.#grow(Math.min(this.#most, Math.max(64, capacity * 2)));
    const at = ((this.#head + this.#count) % (this.#words.length / WORDS)) * WORDS;
    this.#words[at] = handle;
    this.#words[at + 1] = generation;
    this.#words[at + 2] = stageAndFlags;
    this.#words[at + 3] = tsHigh;
    this.#words[at + 4] = tsLow;
    this.#count++;
    return true;
  }

  /** Word `word` of the front: handle, generation, stage and flags, ts high, ts low. */
  front(word: 0 | 1 | 2 | 3 | 4): number {
    return this.#words[this.#head * WORDS + word]!;
  }

  shift(): void {
    this.#head = (this.#head + 1) % (this.#words.length / WORDS);
    this.#count--;
  }

  #grow(capacity: number): void {
    const old = this.#words;
    const next = new Uint32Array(capacity * WORDS);
    const first = old.subarray(this.#head * WORDS);
    next.set(first);
    next.set(old.subarray(0, this.#head * WORDS), first.length);
    this.#words = next;
    this.#head = 0;
  }
}
