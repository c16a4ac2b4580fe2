/**
 * Dispatchers that report the same: neighbours, by the first of them and how many, or a list. The list is scratch space: whoever
 * takes it may overwrite it.
 */
export class Crowd {
  count = 0;
  /** Handle of the first of neighbours; -1: they are listed. */
  first = -1;
  #handles = new Uint32Array(2048);

  reserve(count: number): void {
    if (count > this.#handles.length) this.#handles = new Uint32Array(count);
  }

  neighbours(first: number, count: number): this {
    this.first = first;
    this.count = count;
    return this;
  }

  /** The first `count` of {@link listed} are meant. */
  list(count: number): this {
    this.first = -1;
    this.count = count;
    return this;
  }

  /** The list. Neighbours are listed from now on. */
  listed(): Uint32Array {
    const handles = this.#handles;
    if (this.first >= 0) for (let i = 0; i < this.count; i++) handles[i] = this.first + i;
    this.first = -1;
    return handles;
  }
}
