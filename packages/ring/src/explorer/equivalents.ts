import type { Patch } from './ringUnderTest.js';

const doorbell = (from: string, to: string): Patch => ({ module: 'doorbell', from, to });
const producer = (from: string, to: string): Patch => ({ module: 'laneProducer', from, to });

/**
 * Changes that nothing can tell from the lane: the order of two steps that does not matter, and a step that only saves another.
 * INTERLEAVINGS.md says why.
 */
export const EQUIVALENTS: readonly (readonly [string, readonly Patch[]])[] = [
  [
    'S2 before S1',
    [
      doorbell(
        `Atomics.add(this.#words, this.#sleepers, 1);\n        return Atomics.load(this.#words, this.#sequence);`,
        `const ticket = Atomics.load(this.#words, this.#sequence); Atomics.add(this.#words, this.#sleepers, 1); return ticket;`,
      ),
    ],
  ],
  [
    'W2 before W1',
    [
      producer(
        `Atomics.store(this.#shared, WORD_WANTED_HEAD, this.#wantedHead);\n        Atomics.store(this.#shared, WORD_ROOM_WANTED, 1);`,
        `Atomics.store(this.#shared, WORD_ROOM_WANTED, 1); Atomics.store(this.#shared, WORD_WANTED_HEAD, this.#wantedHead);`,
      ),
    ],
  ],
  ['P4 and P5 without P3', [doorbell('if (Atomics.load(this.#words, this.#sleepers) !== 0)', '')]],
  ['a reset without P4 and P5', [doorbell(`this.#sleepers, 0);\n        this.#wake();`, 'this.#sleepers, 0);')]],
];
