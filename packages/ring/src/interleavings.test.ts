import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { createLane } from './createLane.js';
import { Doorbell } from './doorbell.js';
import { LaneConsumer, type LaneHandler } from './laneConsumer.js';
import { LaneProducer } from './laneProducer.js';
import { WORD_CONSUMER_DOORBELL, WORD_PRODUCER_DOORBELL } from './layout.js';
import { DRAIN_ONE, type GatedActionsData, PUBLISH, PUBLISH_AND_CLOSE } from './testing/gatedActions.js';
import { spawn } from './testing/spawn.js';
import { gateAtomics, Turnstile } from './testing/turnstile.js';

/**
 * Every order in which the atomic operations of two threads can come, tried on the code that ships: another thread stops
 * before each of its operations, and this one, before each of its own, lets it get as far as the schedule says. Slices
 * are an hour long here, so a wake-up that is lost stays lost. INTERLEAVINGS.md names the operations.
 */
const HOUR = 3_600_000;

/** `schedule[n]`: before which operation of this thread the other's operation `n` is let through. Never falls. */
type Schedule = readonly number[];

const ignore: LaneHandler = { record: () => undefined, frame: () => undefined };

let other: Worker | undefined;
afterEach(async () => {
  await other?.terminate();
});

function setUp(side: GatedActionsData['side']): { lane: SharedArrayBuffer; turnstile: Turnstile } {
  const lane = createLane({ capacityBytes: 4096, startCursor: 2 ** 32 - 40, reserveBytes: 0 });
  const turnstile = Turnstile.create();
  const data: GatedActionsData = { lane, side, turnstile };
  other = spawn('gatedActions', data);
  return { lane, turnstile: new Turnstile(turnstile) };
}

/** Runs `act` here and a course there in the order of the schedule; what is left of the course comes after. */
function interleave<T>(turnstile: Turnstile, course: number, schedule: Schedule, act: () => T): T {
  turnstile.start(course);
  let own = 0;
  let next = 0;
  const restore = gateAtomics(() => {
    for (; next < schedule.length && schedule[next]! <= own; next++) turnstile.step();
    own++;
  });
  try {
    return act();
  } finally {
    restore();
    while (turnstile.step());
  }
}

/** All schedules of `steps` operations there among `gaps` places here. */
function* schedules(steps: number, gaps: number, from = 0): Generator<number[]> {
  if (steps === 0) yield [];
  else for (let gap = from; gap < gaps; gap++) for (const rest of schedules(steps - 1, gaps, gap)) yield [gap, ...rest];
}

/** Those of them where the other thread is interrupted at most once. */
function* schedulesInTwoRuns(steps: number, gaps: number): Generator<number[]> {
  for (let first = 0; first < gaps; first++)
    for (let second = first; second < gaps; second++)
      for (let cut = 1; cut <= steps; cut++) yield [...Array(cut).fill(first), ...Array(steps - cut).fill(second)];
}

/** Fails, with the schedule, when nobody wakes the promise. */
async function woken(promise: Promise<boolean>, schedule: Schedule): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const lost = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`lost wake-up in schedule ${schedule.join(' ')}`)), 10_000);
  });
  expect(await Promise.race([promise, lost])).toBe(true);
  clearTimeout(timer);
}

describe('every order of', () => {
  test('publish against park: the consumer wakes', { timeout: 60_000 }, async () => {
    const { lane, turnstile } = setUp('producer');
    const doorbell = new Doorbell(new Int32Array(lane), WORD_CONSUMER_DOORBELL, { sliceMs: HOUR, spinLooks: 0 });
    const consumer = LaneConsumer.attach(lane, { doorbell });
    let tried = 0;
    // Publishing takes at most 5 operations (generation, tail, sleepers, sequence, notify), parking 5 (sleepers, sequence,
    // tail, closed, wait).
    for (const schedule of schedules(5, 6)) {
      await woken(
        interleave(turnstile, PUBLISH, schedule, () => consumer.park(HOUR)),
        schedule,
      );
      expect(consumer.drain(2, ignore)).toBe(1);
      tried++;
    }
    expect(tried).toBe(252);
    expect(new Int32Array(lane)[WORD_CONSUMER_DOORBELL + 1]).toBe(0);
  });

  test('release against waiting for room: the producer wakes', { timeout: 60_000 }, async () => {
    const { lane, turnstile } = setUp('consumer');
    const doorbell = new Doorbell(new Int32Array(lane), WORD_PRODUCER_DOORBELL, { sliceMs: HOUR, spinLooks: 0 });
    const producer = LaneProducer.attach(lane, { doorbell });
    let tried = 0;
    // Draining takes at most 8 operations (generation, tail, head, wanted, wanted head, sleepers, sequence, notify), waiting
    // for room at most 11. Starts from a full lane.
    while (producer.claimRecord() >= 0);
    producer.publish();
    for (const schedule of schedulesInTwoRuns(8, 12)) {
      await woken(
        interleave(turnstile, DRAIN_ONE, schedule, () => producer.waitRoom(1, HOUR)),
        schedule,
      );
      expect(producer.claimRecord()).toBeGreaterThan(0);
      expect(producer.claimRecord()).toBe(-1);
      producer.publish();
      tried++;
    }
    expect(tried).toBe(624);
    expect(new Int32Array(lane)[WORD_PRODUCER_DOORBELL + 1]).toBe(0);
  });

  test('release against wanting room under an announced sleep: the thread wakes', { timeout: 60_000 }, async () => {
    const { lane, turnstile } = setUp('consumer');
    const doorbell = new Doorbell(new Int32Array(lane), WORD_PRODUCER_DOORBELL, { sliceMs: HOUR, spinLooks: 0 });
    const producer = LaneProducer.attach(lane, { doorbell });
    let tried = 0;
    while (producer.claimRecord() >= 0);
    producer.publish();
    // Announcing and wanting: at most 7 operations (sleepers, sequence, wanted head, wanted, head, closed, wait).
    for (const schedule of schedulesInTwoRuns(8, 8)) {
      // An earlier wish, for more, which this one takes the place of while the consumer may be reading it.
      expect(producer.wantRoom(3)).toBe(false);
      const waiting = interleave(turnstile, DRAIN_ONE, schedule, () => {
        const ticket = doorbell.arm();
        if (!producer.wantRoom(1)) return doorbell.sleep(ticket, HOUR);
        doorbell.disarm();
        return Promise.resolve(true);
      });
      await woken(waiting, schedule);
      // Where there was room at once, nothing is wanted any more.
      producer.roomArrived();
      expect(producer.claimRecord()).toBeGreaterThan(0);
      producer.publish();
      tried++;
    }
    expect(tried).toBe(288);
  });

  test('a last publish and close against asking whether all is finished: yes only if nothing is left', {
    timeout: 60_000,
  }, () => {
    const { lane, turnstile } = setUp('producer');
    const consumer = LaneConsumer.attach(lane);
    const answers = new Set<boolean>();
    for (const schedule of schedules(5, 3)) {
      // The entry of this course is drained when it comes; then only the close is left to see.
      for (const drains of [false, true]) {
        const finished = interleave(turnstile, PUBLISH_AND_CLOSE, schedule, () => {
          if (drains) consumer.drain(1, ignore);
          return consumer.finished;
        });
        if (finished) expect(consumer.depth).toBe(0);
        answers.add(finished);
        consumer.drain(1, ignore);
        expect(consumer.finished).toBe(true);
      }
    }
    expect(answers).toEqual(new Set([false, true]));
  });
});
