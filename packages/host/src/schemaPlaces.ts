import type { SchemaId } from '@tidegate/protocol';

/** What a table's schema is: the one that the order of events has it in, and what its description says. */
export interface SchemaPlace {
  /** In which it is for DDLs of a schema. */
  readonly schemaId: SchemaId;
  /** Of its description. */
  readonly namedId: SchemaId;
  readonly name: string;
}

/** Schemas as small numbers, each kept while a table has it: of a million tables few differ in it. */
export class SchemaPlaces {
  readonly #places: (SchemaPlace | undefined)[] = [];
  readonly #keys: string[] = [];
  readonly #tables: number[] = [];
  readonly #byKey = new Map<string, number>();
  readonly #free: number[] = [];
  #last: SchemaPlace | undefined;
  #lastPlace = 0;

  at(place: number): SchemaPlace {
    return this.#places[place] as SchemaPlace;
  }

  /** One table more is there. */
  take(schemaId: SchemaId, namedId: SchemaId, name: string): number {
    const place = this.#placeOf(schemaId, namedId, name);
    this.#tables[place] = (this.#tables[place] as number) + 1;
    return place;
  }

  /** One table less. */
  leave(place: number): void {
    const left = (this.#tables[place] as number) - 1;
    this.#tables[place] = left;
    if (left > 0) return;
    if (this.#places[place] === this.#last) this.#last = undefined;
    this.#byKey.delete(this.#keys[place] as string);
    this.#places[place] = undefined;
    this.#free.push(place);
  }

  #placeOf(schemaId: SchemaId, namedId: SchemaId, name: string): number {
    const last = this.#last;
    if (last !== undefined && last.schemaId === schemaId && last.namedId === namedId && last.name === name)
      return this.#lastPlace;
    const key = `${schemaId} ${namedId} ${name}`;
    let place = this.#byKey.get(key);
    if (place === undefined) {
      place = this.#free.pop() ?? this.#places.length;
      this.#places[place] = { schemaId, namedId, name };
      this.#keys[place] = key;
      this.#tables[place] = 0;
      this.#byKey.set(key, place);
    }
    this.#last = this.#places[place];
    this.#lastPlace = place;
    return place;
  }
}
