import { Random } from '../random.js';

/** A table by what its target depends on. */
interface Named {
  readonly schema: number;
  readonly name: string;
}

/** So few that targets pass from table to table all the time. */
const POOL = 9;

/**
 * Names for tables whose targets follow from their names alone, so that none has two owners; `mayClash`: until once one is given
 * that a table of another schema has.
 */
export class Names {
  readonly #random: Random;
  #mayClash: boolean;
  #made = 0;

  constructor(seed: number, mayClash: boolean) {
    this.#random = new Random(seed ^ 0x6e_616d);
    this.#mayClash = mayClash;
  }

  /** A name for a table of `schema` beside those that there are. */
  next(schema: number, tables: readonly Named[]): string {
    const made = this.#made++;
    if (this.#mayClash && made >= POOL && this.#random.chance(400)) {
      const other = tables.find((table) => table.schema !== schema);
      const isTaken = tables.some((table) => table.schema === schema && table.name === other?.name);
      if (other !== undefined && !isTaken) {
        this.#mayClash = false;
        return other.name;
      }
    }
    const taken = new Set(tables.map(({ name }) => name));
    const free = Array.from({ length: POOL }, (_, i) => `n${i}`).filter((name) => !taken.has(name));
    return free.length === 0 ? `m${made}` : this.#random.pick(free);
  }
}
