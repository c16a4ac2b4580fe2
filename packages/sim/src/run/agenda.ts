interface Entry {
  readonly at: number;
  readonly order: number;
  readonly what: () => void | Promise<void>;
  /** Something that goes wrong, and need not. */
  readonly isFault: boolean;
}

/** What a simulation has in mind for later, by its clock; things of one time in the order in which they were put down. */
export class Agenda {
  readonly #entries: Entry[] = [];
  #order = 0;

  /** When the next thing is due; undefined: nothing is left. */
  get next(): number | undefined {
    return this.#entries[0]?.at;
  }

  /** When the last thing is due. */
  get last(): number | undefined {
    return this.#entries.at(-1)?.at;
  }

  add(at: number, what: Entry['what'], isFault = false): void {
    const entry = { at, order: this.#order++, what, isFault };
    const place = this.#entries.findIndex((other) => other.at > at);
    if (place < 0) this.#entries.push(entry);
    else this.#entries.splice(place, 0, entry);
  }

  /** Takes the next thing that is due at `now`. */
  take(now: number): Entry['what'] | undefined {
    const first = this.#entries[0];
    if (first === undefined || first.at > now) return undefined;
    this.#entries.shift();
    return first.what;
  }

  /** Nothing more goes wrong. What repairs something still comes. */
  spareFaults(): void {
    const kept = this.#entries.filter(({ isFault }) => !isFault);
    this.#entries.splice(0, this.#entries.length, ...kept);
  }
}
