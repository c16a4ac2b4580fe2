import { type BlockStatusRequest, STATUS_WORDS, Stage, statusFlags, tsHigh, tsLow, writeStatus } from '@tidegate/protocol';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { EPOCH, MAINTAINER, normal, rowsOf, TestHost } from '../testing/host.js';
import { key } from '../testing/statuses.js';

/*
 * What a lane hands over in runs must come to the same as one record after the other: requests, order, counters, and where
 * the sender is paused.
 */

const HANDLES = [2, 3, 4, 5, 6, 7, 5_000, 5_001];
/** Neighbours on both sides of the end of a page. */
const NEAR = Array.from({ length: 60 }, (_, i) => 4_060 + i);
const record = fc.record({
  stage: fc.constantFrom(Stage.WAITING, Stage.WAITING, Stage.WAITING, Stage.DONE, Stage.DONE, Stage.NONE, Stage.UNKNOWN),
  handle: fc.constantFrom(...HANDLES),
  generation: fc.constantFrom(1, 1, 1, 2),
  ts: fc.constantFrom(1, 1, 1, 2, 3, 99),
  already: fc.constantFrom(false, false, true),
});
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('records' as const), records: fc.array(record, { maxLength: 30 }) }) },
  // Nearly all of them are of one event and one stage.
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wave' as const),
      stage: fc.constantFrom(Stage.WAITING, Stage.DONE),
      ts: fc.constantFrom(1, 2),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('advance' as const), by: fc.constantFrom(5, 10, 1_500) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('full' as const, 'room' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('reply' as const),
      with: fc.constantFrom('whole' as const, 'copied' as const, 'part' as const, 'nothing' as const, 'ignored' as const),
    }),
  },
);

/** Neighbours that mostly say the same, some once more; now and then one of them says something else. */
const crowd = fc.record({
  do: fc.constant('crowd' as const),
  stage: fc.constantFrom(Stage.WAITING, Stage.WAITING, Stage.DONE),
  ts: fc.constantFrom(1, 1, 2),
  generation: fc.constantFrom(1, 1, 1, 2),
  from: fc.integer({ min: 0, max: 50 }),
  count: fc.integer({ min: 1, max: 60 }),
  again: fc.constantFrom(0, 0, 1, 2),
  odd: fc.option(record),
});

const SMALL = { batchStatuses: 5, requestQueueCapacity: 8, pendingCapacity: 12, outstandingCapacity: 10 };
/** Generations are given out as handles are. */
const nextOf = (handle: number): number => handle + 1;
const LARGE = { batchStatuses: 25, requestQueueCapacity: 8, pendingCapacity: 70, outstandingCapacity: 90 };

interface Sent {
  readonly stage: Stage;
  readonly handle: number;
  readonly generation: number;
  readonly ts: number;
  readonly already: boolean;
}

class Twin {
  readonly host: TestHost;
  readonly delivered: unknown[] = [];
  readonly unanswered: BlockStatusRequest[] = [];
  readonly #atOnce: boolean;

  constructor(
    atOnce: boolean,
    handles: readonly number[],
    options: ConstructorParameters<typeof TestHost>[0],
    generationOf?: (handle: number) => number,
  ) {
    this.#atOnce = atOnce;
    this.host = new TestHost(options);
    this.host.bootstrap(handles, EPOCH, generationOf);
    for (const ts of [1, 2, 3]) this.host.learn(ts);
  }

  /** One burst of a lane, then the end of the turn. Returns how many were taken before the sender was paused. */
  take(records: readonly Sent[]): number {
    const { coordinator, context } = this.host;
    const words = new Uint32Array(records.length * STATUS_WORDS);
    records.forEach(({ stage, handle, generation, ts, already }, index) => {
      const flags = statusFlags(false, 0, already);
      writeStatus(words, index * STATUS_WORDS, stage, flags, handle, generation, tsHigh(BigInt(ts)), tsLow(BigInt(ts)));
    });
    let taken = 0;
    while (taken < records.length && !context.paused.has('worker-0')) {
      const count = this.#atOnce ? records.length - taken : 1;
      const more = coordinator.receiveRecords(words, taken * STATUS_WORDS, count, 'worker-0');
      expect(more).toBeGreaterThan(0);
      taken += more;
    }
    context.settle(coordinator);
    return taken;
  }

  /** What the maintainer has got since the last call. */
  look(): unknown {
    for (const request of this.host.requests()) {
      this.unanswered.push(request);
      this.delivered.push({
        seq: request.seq,
        rows: rowsOf(request),
        facts: request.events.map(({ facts }) => facts !== undefined),
      });
    }
    return { delivered: this.delivered, statuses: this.host.coordinator.inspect().statuses };
  }

  reply(how: 'whole' | 'copied' | 'part' | 'nothing' | 'ignored'): void {
    const request = this.unanswered.shift();
    if (request === undefined) return;
    const { handle, generation, event, events, seq } = request;
    const whole = { type: 'normal', handle, generation } as const;
    const copied = { type: 'normal', handle: handle.slice(), generation: generation.slice() } as const;
    const one = events[event[0] ?? 0]?.key ?? key(1);
    const answers = {
      whole: [{ target: whole, ack: one }],
      copied: [{ target: copied, ack: one }],
      part: [{ target: normal(...handle.slice(1)), ack: one }],
      nothing: [],
      ignored: [{ target: whole, ignored: one }],
    }[how];
    this.host.answer(answers, { inReplyTo: seq });
  }
}

test('records in runs come to the same as one by one', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const twins = [new Twin(true, HANDLES, SMALL), new Twin(false, HANDLES, SMALL)] as const;
      for (const one of steps) {
        const results = twins.map((twin) => {
          const { host } = twin;
          if (one.do === 'records') return twin.take(one.records);
          if (one.do === 'wave') {
            const { stage, ts } = one;
            return twin.take(HANDLES.map((handle) => ({ stage, handle, generation: 1, ts, already: false })));
          }
          if (one.do === 'advance') host.advance(one.by);
          else if (one.do === 'full') host.context.full.add(MAINTAINER);
          else if (one.do === 'reply') twin.reply(one.with);
          else host.room(MAINTAINER);
          return 0;
        });
        expect(results[0]).toBe(results[1]);
        expect(twins[0].look()).toEqual(twins[1].look());
      }
    }),
    { numRuns: 300 },
  );
});

/** The records of a crowd, the odd one in the middle of them. */
function recordsOf({
  stage,
  ts,
  generation,
  from,
  count,
  again,
  odd,
}: typeof crowd extends fc.Arbitrary<infer One> ? One : never): Sent[] {
  // As a maintainer gives them out.
  const once: Sent[] = NEAR.slice(from, from + count).map((handle) => ({
    stage,
    handle,
    generation: handle + generation,
    ts,
    already: false,
  }));
  const records = Array.from({ length: 1 + again }, () => once).flat();
  if (odd !== null) records.splice(records.length >>> 1, 0, { ...odd, handle: NEAR[(from + (count >>> 1)) % NEAR.length] ?? 0 });
  return records;
}

test('neighbours in runs come to the same as one by one', () => {
  const others = step.filter((one) => one.do === 'advance' || one.do === 'full' || one.do === 'room' || one.do === 'reply');
  let accepted = 0;
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 3, arbitrary: crowd }, { weight: 2, arbitrary: others }), { maxLength: 25 }),
      (steps) => {
        const twins = [new Twin(true, NEAR, LARGE, nextOf), new Twin(false, NEAR, LARGE, nextOf)] as const;
        for (const one of steps) {
          const results = twins.map((twin) => {
            const { host } = twin;
            if (one.do === 'crowd') return twin.take(recordsOf(one));
            if (one.do === 'advance') host.advance(one.by);
            else if (one.do === 'full') host.context.full.add(MAINTAINER);
            else if (one.do === 'reply') twin.reply(one.with);
            else if (one.do === 'room') host.room(MAINTAINER);
            return 0;
          });
          accepted += results[0] ?? 0;
          expect(results[0]).toBe(results[1]);
          expect(twins[0].look()).toEqual(twins[1].look());
        }
      },
    ),
    { numRuns: 200 },
  );
  expect(accepted).toBeGreaterThan(1_000);
});
