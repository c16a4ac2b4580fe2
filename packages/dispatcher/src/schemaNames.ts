import type { SchemaId } from '@tidegate/protocol';

/** Schemas with their names, each kept once for all the tables in it. Bounded by the distinct ones that a worker has met. */
export class SchemaNames {
  readonly #ids: SchemaId[] = [];
  readonly #names: string[] = [];
  readonly #places = new Map<string, number>();
  #last = -1;

  /** The place of a schema under a name; a new one gets one. */
  placeOf(schemaId: SchemaId, name: string): number {
    if (this.#last >= 0 && this.#ids[this.#last] === schemaId && this.#names[this.#last] === name) return this.#last;
    const key = `${schemaId} ${name}`;
    let place = this.#places.get(key);
    if (place === undefined) {
      place = this.#names.push(name) - 1;
      this.#ids.push(schemaId);
      this.#places.set(key, place);
    }
    this.#last = place;
    return place;
  }

  idOf(place: number): SchemaId {
    return this.#ids[place]!;
  }

  nameOf(place: number): string {
    return this.#names[place] as string;
  }
}
