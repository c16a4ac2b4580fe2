import type { DispatcherId } from '@tidegate/protocol';
import { growColumn } from './columns.js';

/** Bytes as two digits: ids are written for every create, a million of them at a start. */
const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The 128-bit ids of tasks, four words a handle. */
export class IdColumn {
  #words: Uint32Array = new Uint32Array(0);

  grow(capacity: number): void {
    this.#words = growColumn(this.#words, capacity * 4);
  }

  /** `id`: the id, or where random words come from to make it of. */
  set(handle: number, id: DispatcherId | (() => number)): void {
    for (let word = 0; word < 4; word++) {
      this.#words[handle * 4 + word] = typeof id === 'string' ? Number.parseInt(id.slice(word * 8, word * 8 + 8), 16) : id();
    }
  }

  of(handle: number): DispatcherId {
    let id = '';
    for (let word = 0; word < 4; word++) {
      const bits = this.#words[handle * 4 + word]!;
      id += HEX[bits >>> 24]! + HEX[(bits >>> 16) & 0xff]! + HEX[(bits >>> 8) & 0xff]! + HEX[bits & 0xff]!;
    }
    return id;
  }
}
