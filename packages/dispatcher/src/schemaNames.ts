/** Names of schemas, each kept once for all the tables in it. Bounded by the distinct names that a worker has met. */
export class SchemaNames {
  readonly #names: string[] = [];
  readonly #places = new Map<string, number>();

  /** The place of a name; a new name gets one. */
  placeOf(name: string): number {
    let place = this.#places.get(name);
    if (place === undefined) {
      place = this.#names.push(name) - 1;
      this.#places.set(name, place);
    }
    return place;
  }

  nameOf(place: number): string {
    return this.#names[place] as string;
  }
}
