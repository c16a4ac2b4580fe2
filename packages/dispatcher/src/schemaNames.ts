import type { SchemaId } from '@tidegate/protocol';

/** Schemas with their names as small numbers, each kept while a table has it: of a million tables few differ in it. */
export class SchemaNames {
  readonly #ids: SchemaId[] = [];
  readonly #names: string[] = [];
  readonly #tables: number[] = [];
  readonly #places = new Map<string, number>();
  readonly #free: number[] = [];
  #last = -1;

  /** How many are kept. */
  get size(): number {
    return this.#places.size;
  }

  /** One table more is in a schema under this name. Returns the place that says so. */
  take(schemaId: SchemaId, name: string): number {
    const place = this.#placeOf(schemaId, name);
    this.#tables[place]!++;
    return place;
  }

  /** One table less. */
  leave(place: number): void {
    if (--this.#tables[place]! > 0) return;
    this.#places.delete(keyOf(this.idOf(place), this.nameOf(place)));
    this.#names[place] = '';
    this.#free.push(place);
    if (place === this.#last) this.#last = -1;
  }

  /** A table of `place` is in another schema, or that has another name. Returns its new place. */
  move(place: number, schemaId: SchemaId, name: string): number {
    const next = this.take(schemaId, name);
    this.leave(place);
    return next;
  }

  idOf(place: number): SchemaId {
    return this.#ids[place]!;
  }

  nameOf(place: number): string {
    return this.#names[place] as string;
  }

  #placeOf(schemaId: SchemaId, name: string): number {
    if (this.#last >= 0 && this.#ids[this.#last] === schemaId && this.#names[this.#last] === name) return this.#last;
    const key = keyOf(schemaId, name);
    let place = this.#places.get(key);
    if (place === undefined) {
      place = this.#free.pop() ?? this.#ids.length;
      this.#ids[place] = schemaId;
      this.#names[place] = name;
      this.#tables[place] = 0;
      this.#places.set(key, place);
    }
    this.#last = place;
    return place;
  }
}

function keyOf(schemaId: SchemaId, name: string): string {
  return `${schemaId} ${name}`;
}
