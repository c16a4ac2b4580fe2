import { type DispatcherId, idWords, PackedIds } from '@tidegate/protocol';

/** The 128-bit ids of tasks, by handle. */
export class IdColumn {
  readonly #ids = new PackedIds();
  /** What the ids made here begin with: random, so that no other maintainer makes the same. */
  #own: readonly [number, number] | undefined;

  grow(capacity: number): void {
    this.#ids.grow(capacity);
  }

  /**
   * `id`: the id, or where random words come from to make one of. Of one maintainer's `generation`s none comes twice, so an id that
   * has the generation of its task's first dispatcher is nobody else's.
   */
  set(handle: number, id: DispatcherId | (() => number), generation: number): void {
    if (typeof id === 'string') {
      this.#ids.set(handle, handle, idWords(id));
      return;
    }
    this.#own ??= [id(), id()];
    this.#ids.setWords(handle, handle, this.#own[0], this.#own[1], generation, handle);
  }

  of(handle: number): DispatcherId {
    return this.#ids.get(handle, handle);
  }
}
