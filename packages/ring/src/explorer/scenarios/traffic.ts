import { createLane } from '../../createLane.js';
import type { LaneConsumer, LaneHandler } from '../../laneConsumer.js';
import type { LaneProducer } from '../../laneProducer.js';
import {
  BELL_SLEEPERS,
  CELL_BYTES,
  FRAME_HEADER_BYTES,
  WORD_CONSUMER_DOORBELL,
  WORD_HEAD,
  WORD_PRODUCER_DOORBELL,
  WORD_ROOM_WANTED,
  WORD_TAIL,
} from '../../layout.js';
import { type Env, must, type Outcome, type Scenario, type ThreadSpec } from '../scenario.js';

/** Longer than any time that passes in a scenario, where none does. */
export const FOREVER = 2 ** 30;

/** Cells of the smallest lane. */
export const CELLS = 128;

/** Two cells. First and last byte are written and looked at; the last lies where the second cell's type would. */
export const FRAME_BYTES = 28;
/** A lane of 128 cells without a reserve. `startCursor`: where among them, and how far from an overflow, it starts. */
export function lane(startCursor: number): () => readonly SharedArrayBuffer[] {
  return () => [createLane({ capacityBytes: CELLS * 32, reserveBytes: 0, startCursor: startCursor >>> 0 })];
}

export function produce(env: Env, takeOver = false): LaneProducer {
  return env.ring.LaneProducer.attach(env.memory[0] as SharedArrayBuffer, { takeOver });
}

/** `bell`: the region of the doorbell of the producer's thread, if it has one of its own. */
export function consume(env: Env, takeOver = false, bell?: number): LaneConsumer {
  const memory = env.memory[bell ?? -1];
  const options = memory === undefined ? {} : { producerDoorbell: env.ring.Doorbell.attach(memory) };
  return env.ring.LaneConsumer.attach(env.memory[0] as SharedArrayBuffer, { takeOver, ...options });
}

/** Claims and writes a record that says `value` twice. False when the lane is full. */
export function record(producer: LaneProducer, value: number): boolean {
  const at = producer.claimRecord();
  if (at < 0) return false;
  producer.words[at + 1] = value;
  producer.words[at + 7] = ~value;
  return true;
}

/** The same for `values` in one run of records. */
export function run(producer: LaneProducer, ...values: readonly number[]): void {
  must(producer.claimRecords(values.length) === values.length, 'a run was cut short');
  values.forEach((value, index) => {
    const at = producer.runAt + index * (CELL_BYTES / 4);
    producer.words[at + 1] = value;
    producer.words[at + 7] = ~value;
  });
}

/** The same for a frame of {@link FRAME_BYTES}. */
export function frame(producer: LaneProducer, value: number): boolean {
  const offset = producer.claimFrame(FRAME_BYTES);
  if (offset < 0) return false;
  producer.bytes[offset] = value;
  producer.bytes[offset + FRAME_BYTES - 1] = ~value;
  return true;
}

/** Fills the lane with a few long frames. */
export function fill(producer: LaneProducer): void {
  while (producer.claimFrame((CELLS / 2) * CELL_BYTES - FRAME_HEADER_BYTES) > 0);
  const rest = producer.free();
  if (rest > 0) producer.claimFrame(rest * CELL_BYTES - FRAME_HEADER_BYTES);
  producer.publish();
}

/** Notes the value of every whole entry, and fails at one that is not. Passes over what {@link fill} wrote. */
export function noting(env: Env): LaneHandler {
  return {
    record(words, at) {
      must(words[at + 1] === ~(words[at + 7] ?? 0), 'a torn record');
      env.note(words[at + 1] ?? -1);
    },
    frame(bytes, offset, length) {
      if (length > FRAME_BYTES) return;
      must(length === FRAME_BYTES, `a frame of ${length} bytes, which nobody wrote`);
      const value = bytes[offset] ?? -1;
      must((value ^ (bytes[offset + length - 1] ?? 0)) === 0xff, 'a torn frame');
      env.note(value);
    },
  };
}

/** {@link noting} for a consumer that is handed records in runs, and takes at most `most` of each. */
export function notingRuns(env: Env, most: number): LaneHandler {
  const handler = noting(env);
  return {
    ...handler,
    records(words, at, count) {
      const taken = Math.min(most, count);
      for (let index = 0; index < taken; index++) handler.record(words, at + index * (CELL_BYTES / 4));
      return taken;
    },
  };
}

/** Of what was noted, the entries. */
export function entries(notes: readonly number[]): readonly number[] {
  return notes.filter((value) => value > 0);
}

/** Drains, and parks when there is nothing, until the producer has closed and all is read. */
export async function drainAll(consumer: LaneConsumer, handler: LaneHandler, limit = 10): Promise<void> {
  while (!consumer.finished) {
    must(await consumer.park(FOREVER), 'a sleep without time limit came to one');
    consumer.drain(limit, handler);
  }
}

export function mustBe(values: readonly number[], expected: readonly number[], what: string): void {
  must(values.join() === expected.join(), `${what}: ${values.join(' ')}, not ${expected.join(' ')}`);
}

/** Nobody is counted as asleep, nothing is wanted, nothing is left. */
export function mustBeQuiet(outcome: Outcome): void {
  must(outcome.word(WORD_CONSUMER_DOORBELL + BELL_SLEEPERS) === 0, 'a sleeper is left at the consumer’s doorbell');
  must(outcome.word(WORD_PRODUCER_DOORBELL + BELL_SLEEPERS) === 0, 'a sleeper is left at the producer’s doorbell');
  must(outcome.word(WORD_ROOM_WANTED) === 0, 'room is still wanted');
  must(outcome.word(WORD_TAIL) === outcome.word(WORD_HEAD), 'entries are left in the lane');
}

/** Reads everything until the producer has closed. */
export const CONSUMER: ThreadSpec = {
  name: 'consumer',
  prepare: (env) => {
    const consumer = consume(env);
    return () => drainAll(consumer, noting(env));
  },
};

/** What the consumer read is this, and the lane is at rest. */
export function reads(...expected: readonly number[]): Scenario['check'] {
  return (outcome) => {
    mustBe(outcome.notes('consumer'), expected, 'read');
    mustBeQuiet(outcome);
  };
}
