import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLane } from './createLane.js';
import { LaneConsumer } from './laneConsumer.js';
import { LaneProducer } from './laneProducer.js';
import { frameLength, isFrame, isRecord, writeFrame, writeRecord } from './testing/traffic.js';

/**
 * The lane against a plain queue that counts cells. Every operation is compared in what it answers, and after every one the
 * room and the depth that both sides see.
 */
interface Entry {
  readonly sequence: number;
  /** -1: a record. */
  readonly length: number;
  /** With the padding before it. */
  readonly cells: number;
}

const GENERATION = 1;

class Model {
  readonly claimed: Entry[] = [];
  readonly published: Entry[] = [];
  readonly capacity: number;
  readonly reserve: number;
  cursor: number;

  constructor(capacity: number, reserve: number, cursor: number) {
    this.capacity = capacity;
    this.reserve = reserve;
    this.cursor = cursor;
  }

  free(control: boolean): number {
    const used = total(this.claimed) + total(this.published);
    return Math.max(0, this.capacity - (control ? 0 : this.reserve) - used);
  }

  cells(length: number): number {
    if (length < 0) return 1;
    const cells = Math.ceil((length + 8) / 32);
    const toEdge = this.capacity - (this.cursor % this.capacity);
    return cells > toEdge ? toEdge + cells : cells;
  }

  claim(sequence: number, length: number, control: boolean): boolean {
    const cells = this.cells(length);
    if (cells > this.free(control)) return false;
    this.claimed.push({ sequence, length, cells });
    this.cursor += cells;
    return true;
  }

  publish(): void {
    this.published.push(...this.claimed.splice(0));
  }

  abort(): void {
    this.cursor -= total(this.claimed.splice(0));
  }
}

function total(entries: readonly Entry[]): number {
  return entries.reduce((sum, entry) => sum + entry.cells, 0);
}

type Step =
  | { readonly do: 'record' | 'run' | 'frame'; readonly times: number; readonly control: boolean }
  | { readonly do: 'publish' | 'abort' | 'succeedProducer' | 'succeedConsumer' }
  | { readonly do: 'drain'; readonly limit: number }
  | { readonly do: 'drainRuns'; readonly limit: number; readonly taken: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('record' as const), times: fc.integer({ min: 1, max: 60 }), control: fc.boolean() }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('run' as const), times: fc.integer({ min: 1, max: 90 }), control: fc.boolean() }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('frame' as const), times: fc.integer({ min: 1, max: 10 }), control: fc.boolean() }),
  },
  { weight: 5, arbitrary: fc.constant({ do: 'publish' as const }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom({ do: 'abort' as const }, { do: 'succeedProducer' as const }, { do: 'succeedConsumer' as const }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('drain' as const), limit: fc.integer({ min: 0, max: 80 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('drainRuns' as const),
      limit: fc.integer({ min: 0, max: 80 }),
      taken: fc.integer({ min: 1, max: 80 }),
    }),
  },
);

const lanes = fc.record({
  capacityBytes: fc.constantFrom(4096, 8192),
  reserveCells: fc.constantFrom(0, 1, 16, 64),
  // Anywhere, and often within one lap of the two overflows: of the cursor itself, and of its signed form in the code.
  startCursor: fc.oneof(
    fc.nat(0xffff_ffff),
    fc.nat(300).map((below) => 2 ** 32 - 1 - below),
    fc.nat(300).map((below) => 2 ** 31 - 1 - below),
  ),
});

describe('the lane against a plain queue', () => {
  test('answers and delivers the same, whatever is asked of it', { timeout: 60_000 }, () => {
    fc.assert(fc.property(lanes, fc.array(step, { minLength: 1, maxLength: 120 }), run), { numRuns: 400 });
  });
});

function run(
  { capacityBytes, reserveCells, startCursor }: { capacityBytes: number; reserveCells: number; startCursor: number },
  steps: readonly Step[],
): void {
  const sab = createLane({ capacityBytes, reserveBytes: reserveCells * 32, startCursor });
  const model = new Model(capacityBytes / 32, reserveCells, startCursor);
  let producer = LaneProducer.attach(sab);
  let consumer = LaneConsumer.attach(sab);
  let sequence = 0;

  function claim(length: number, control: boolean): void {
    if (length < 0) {
      const at = producer.claimRecord(control);
      expect(at >= 0).toBe(model.claim(sequence, length, control));
      if (at >= 0) writeRecord(producer.words, at, GENERATION, sequence);
    } else {
      const offset = producer.claimFrame(length, control);
      expect(offset >= 0).toBe(model.claim(sequence, length, control));
      if (offset >= 0) writeFrame(producer.bytes, offset, length, GENERATION, sequence);
    }
    sequence++;
  }

  /** As many as there is room for, and not over the edge. */
  function claimRun(most: number, control: boolean): void {
    const toEdge = model.capacity - (model.cursor % model.capacity);
    const due = Math.min(most, model.free(control), toEdge);
    expect(producer.claimRecords(most, control)).toBe(due);
    for (let n = 0; n < due; n++) {
      model.claim(sequence, -1, control);
      writeRecord(producer.words, producer.runAt + n * 8, GENERATION, sequence++);
    }
  }

  const handler = {
    record(words: Uint32Array, at: number): void {
      const due = model.published.shift();
      expect(due?.length).toBe(-1);
      expect(isRecord(words, at, GENERATION, due?.sequence ?? -1)).toBe(true);
    },
    frame(bytes: Uint8Array, offset: number, length: number): void {
      const due = model.published.shift();
      expect(length).toBe(due?.length);
      expect(isFrame(bytes, offset, length, GENERATION, due?.sequence ?? -1)).toBe(true);
    },
  };

  const runs = {
    ...handler,
    taken: 0,
    records(words: Uint32Array, at: number, count: number): number {
      const taken = Math.min(count, this.taken);
      for (let n = 0; n < taken; n++) handler.record(words, at + n * 8);
      this.taken -= taken;
      return taken;
    },
  };

  for (const one of steps) {
    switch (one.do) {
      case 'record':
        for (let n = 0; n < one.times; n++) claim(-1, one.control);
        break;
      case 'run':
        claimRun(one.times, one.control);
        break;
      case 'frame':
        for (let n = 0; n < one.times; n++) claim(frameLength(sequence, producer.maxFrameBytes), one.control);
        break;
      case 'publish':
        producer.publish();
        model.publish();
        break;
      case 'abort':
        producer.abort();
        model.abort();
        break;
      case 'succeedProducer':
        producer = LaneProducer.attach(sab, { takeOver: true });
        model.abort();
        break;
      case 'succeedConsumer':
        consumer = LaneConsumer.attach(sab, { takeOver: true });
        break;
      case 'drain': {
        const due = Math.min(one.limit, model.published.length);
        expect(consumer.drain(one.limit, handler)).toBe(due);
        break;
      }
      case 'drainRuns': {
        runs.taken = one.taken;
        // It ends before the record that the handler does not take any more; frames do not count.
        const refused = model.published.findIndex(
          (_, at) => model.published.slice(0, at + 1).filter(({ length }) => length < 0).length > one.taken,
        );
        const due = Math.min(one.limit, refused < 0 ? model.published.length : refused);
        expect(consumer.drain(one.limit, runs)).toBe(due);
        break;
      }
    }
    expect(producer.free()).toBe(model.free(false));
    expect(producer.free(true)).toBe(model.free(true));
    expect(producer.pending).toBe(total(model.claimed));
    expect(consumer.depth).toBe(total(model.published));
    expect(consumer.empty).toBe(model.published.length === 0);
  }
}
