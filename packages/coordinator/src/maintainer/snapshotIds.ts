/** Numbers of snapshot requests, none used twice: also not by a coordinator that comes after this one, whose first is drawn. */
export class SnapshotIds {
  #last: number;

  constructor(random: () => number) {
    this.#last = random() >>> 1;
  }

  next(): number {
    return ++this.#last;
  }
}
