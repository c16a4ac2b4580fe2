import type { DispatcherId } from './ids.js';

/** Bytes as two digits: ids are written for every create, a million of them at a start. */
const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
/** Beginnings that have a place; what begins otherwise stands for itself. */
const MOST_BEGINNINGS = 255;

/** The 32-bit words of an id. */
export type IdWords = readonly [number, number, number, number];

export function idWords(id: DispatcherId): IdWords {
  const word = (at: number): number => Number.parseInt(id.slice(at * 8, at * 8 + 8), 16);
  return [word(0), word(1), word(2), word(3)];
}

interface Beginning {
  first: number;
  second: number;
  rows: number;
}

/**
 * A 128-bit id for each of many rows. A maintainer makes the ids of its tasks of two words that are its own, a number that
 * grows, and the handle: such an id takes five bytes, where its handle is known besides. Any other one is kept as it is.
 */
export class PackedIds {
  /** By row: place of its two first words and one more; 0: in `#others`, or there is none. */
  #beginning: Uint8Array = new Uint8Array(0);
  #third: Uint32Array = new Uint32Array(0);
  readonly #beginnings: Beginning[] = [];
  readonly #others = new Map<number, IdWords>();
  #last = 0;

  /** Makes room for rows below `rows`. */
  grow(rows: number): void {
    if (rows <= this.#third.length) return;
    const beginning = new Uint8Array(rows);
    beginning.set(this.#beginning);
    this.#beginning = beginning;
    const third = new Uint32Array(rows);
    third.set(this.#third);
    this.#third = third;
  }

  /** `handle`: that of the row, to be given again to {@link get}. */
  set(row: number, handle: number, [first, second, third, fourth]: IdWords): void {
    this.setWords(row, handle, first, second, third, fourth);
  }

  setWords(row: number, handle: number, first: number, second: number, third: number, fourth: number): void {
    this.clear(row);
    const place = fourth === handle ? this.#placeOf(first, second) : -1;
    if (place < 0) {
      this.#others.set(row, [first, second, third, fourth]);
      return;
    }
    this.#beginning[row] = place + 1;
    this.#third[row] = third;
  }

  clear(row: number): void {
    const place = this.#beginning[row]! - 1;
    if (place >= 0) {
      this.#beginnings[place]!.rows--;
      this.#beginning[row] = 0;
    } else if (this.#others.size > 0) this.#others.delete(row);
  }

  /** Zeros when none was set. */
  get(row: number, handle: number): DispatcherId {
    const place = this.#beginning[row]! - 1;
    const { first, second } = this.#beginnings[place] ?? { first: 0, second: 0 };
    if (place >= 0) return digits(first) + digits(second) + digits(this.#third[row]!) + digits(handle);
    return (this.#others.get(row) ?? [0, 0, 0, 0]).map(digits).join('');
  }

  /** Counts one row more for it; -1 when every place is taken. */
  #placeOf(first: number, second: number): number {
    const beginnings = this.#beginnings;
    let last = beginnings[this.#last];
    if (last?.first !== first || last.second !== second) {
      let place = beginnings.findIndex((one) => one.rows > 0 && one.first === first && one.second === second);
      if (place < 0) place = beginnings.findIndex(({ rows }) => rows === 0);
      if (place < 0) place = beginnings.length;
      if (place === MOST_BEGINNINGS) return -1;
      last = beginnings[place];
      if (last === undefined || last.rows === 0) last = beginnings[place] = { first, second, rows: 0 };
      this.#last = place;
    }
    last.rows++;
    return this.#last;
  }
}

function digits(word: number): string {
  return HEX[word >>> 24]! + HEX[(word >>> 16) & 0xff]! + HEX[(word >>> 8) & 0xff]! + HEX[word & 0xff]!;
}
