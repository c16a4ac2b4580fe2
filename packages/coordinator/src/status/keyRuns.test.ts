import { Stage, stretchesOf } from '@tidegate/protocol';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventTable } from './eventTable.js';
import { KeyRuns } from './keyRuns.js';
import { KeyTable } from './keyTable.js';
import { OUTSTANDING, PENDING, stageShift } from './stageBits.js';

/*
 * Stretches of neighbours are looked at and changed by columns. That must come to the same as row by row, wherever pages
 * begin, and whatever single entries say.
 */

/** Around a page's end; three hundred dispatchers. */
const FIRST = 4_000;
const LAST = 4_299;

class Twin {
  readonly events = new EventTable();
  readonly keys = new KeyTable(this.events);
  readonly runs = new KeyRuns(this.keys);
  readonly #byColumns: boolean;

  constructor(byColumns: boolean) {
    this.#byColumns = byColumns;
  }

  event(ts: number): number {
    return this.events.internKey(0, { commitTs: BigInt(ts), isSyncPoint: false });
  }

  stretches(handle: Uint32Array): Uint32Array | undefined {
    return this.#byColumns ? stretchesOf(handle) : undefined;
  }

  look(): unknown {
    const entries: unknown[] = [];
    for (let handle = FIRST; handle <= LAST; handle++) {
      for (const generation of [1, 2]) {
        for (const ts of [1, 2]) {
          const reference = this.keys.locate(handle, generation, this.event(ts));
          if (reference >= 0) entries.push([handle, generation, ts, this.keys.bits(reference), this.keys.owner(reference)]);
        }
      }
    }
    const outstanding = [1, 2].map((ts) => this.events.outstanding[this.event(ts)]);
    return { entries, outstanding, size: this.keys.size, all: this.keys.outstanding };
  }
}

const piece = fc.record({ from: fc.integer({ min: FIRST, max: LAST }), count: fc.integer({ min: 1, max: 300 }) });
const step = fc.record({
  // A single entry out of line, or many at once.
  kind: fc.constantFrom('add', 'add one', 'deliver', 'deliver', 'settle', 'settle own', 'settle one'),
  piece,
  ts: fc.constantFrom(1, 1, 1, 2),
  stage: fc.constantFrom(Stage.WAITING, Stage.WAITING, Stage.DONE),
  generation: fc.constantFrom(1, 1, 1, 1, 2),
  seq: fc.constantFrom(7, 7, 8),
});

test('by columns comes to the same as row by row', () => {
  let byColumns = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const twins = [new Twin(true), new Twin(false)] as const;
      for (const { kind, piece: at, ts, stage, generation, seq } of steps) {
        const last = kind.endsWith('one') ? at.from : Math.min(at.from + at.count - 1, LAST);
        const handle = Uint32Array.from({ length: last - at.from + 1 }, (_, i) => at.from + i);
        const generations = new Uint32Array(handle.length).fill(generation);
        const shift = stageShift(stage);
        const results = twins.map((twin) => {
          const event = twin.event(ts);
          const stretches = twin.stretches(handle);
          if (stretches !== undefined) byColumns++;
          if (kind === 'deliver') return twin.runs.deliver(handle, generations, 0, handle.length, event, stage, seq, stretches);
          if (kind.startsWith('add')) {
            for (const one of handle) twin.keys.add(one, generation, event, PENDING << shift, 0, 0);
          } else {
            const own = kind === 'settle own' ? OUTSTANDING << 4 : 0;
            twin.runs.settle(handle, generations, 0, handle.length, event, OUTSTANDING, own, seq, stretches);
          }
          return 0;
        });
        expect(results[0]).toBe(results[1]);
        expect(twins[0].look()).toEqual(twins[1].look());
      }
    }),
    { numRuns: 150 },
  );
  expect(byColumns).toBeGreaterThan(100);
});
