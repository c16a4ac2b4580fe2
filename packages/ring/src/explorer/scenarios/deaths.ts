import type { LaneConsumer } from '../../laneConsumer.js';
import { WORD_HEAD, WORD_TAIL } from '../../layout.js';
import { type Env, must, type Outcome, type Scenario, type ThreadSpec } from '../scenario.js';
import {
  CELLS,
  CONSUMER,
  consume,
  drainAll,
  entries,
  FOREVER,
  fill,
  frame,
  lane,
  mustBe,
  mustBeQuiet,
  noting,
  produce,
  record,
} from './traffic.js';

/** Noted where a drain has come back. Entries are greater than 0. */
const BACK = 0;

/** How many entries had been released when a consumer died, at least. */
const released = (notes: readonly number[]): number => entries(notes.slice(0, notes.lastIndexOf(BACK) + 1)).length;

/** Publishes 1, then 2 and 3 at once, and never closes. */
const DOOMED_PRODUCER: ThreadSpec = {
  name: 'producer',
  doomed: true,
  prepare: (env) => {
    const producer = produce(env);
    return async () => {
      record(producer, 1);
      producer.publish();
      env.note(1);
      record(producer, 2);
      frame(producer, 3);
      producer.publish();
      env.note(3);
    };
  },
};

const NEXT_PRODUCER: ThreadSpec = {
  name: 'next producer',
  succeeds: 'producer',
  prepare: (env) => async () => {
    const producer = produce(env, true);
    frame(producer, 11);
    producer.publish();
    record(producer, 12);
    producer.close();
  },
};

async function drainAndNote(env: Env, consumer: LaneConsumer): Promise<void> {
  const handler = noting(env);
  while (!consumer.finished) {
    await consumer.park(FOREVER);
    consumer.drain(2, handler);
    env.note(BACK);
  }
}

const MORTAL_CONSUMER: ThreadSpec = {
  name: 'consumer',
  mortal: true,
  prepare: (env) => {
    const consumer = consume(env);
    return () => drainAndNote(env, consumer);
  },
};

const NEXT_CONSUMER: ThreadSpec = {
  name: 'next consumer',
  succeeds: 'consumer',
  prepare: (env) => async () => drainAndNote(env, consume(env, true)),
};

/** What a producer published before it died comes in whole publishes; then what its successor published. */
function published(outcome: Outcome, read: readonly number[]): readonly number[] {
  const first = new Set(read.filter((value) => value < 10)).size;
  const least = Math.max(0, ...outcome.notes('producer'));
  must([0, 1, 3].includes(first) && first >= least, `${first} entries came of ${least} or more that were published`);
  return [...[1, 2, 3].slice(0, first), 11, 12];
}

/** All in order; a consumer's successor may read again what was not released, and nothing else. */
function readsInTurn(outcome: Outcome, all: readonly number[]): void {
  const first = entries(outcome.notes('consumer'));
  if (!outcome.died('consumer')) {
    mustBe(first, all, 'read');
    return;
  }
  mustBe(first, all.slice(0, first.length), 'read before the death');
  const second = entries(outcome.notes('next consumer'));
  const from = all.length - second.length;
  mustBe(second, all.slice(from), 'read after the death');
  must(from <= first.length, `the successor starts after ${from} entries, its predecessor had read ${first.length}`);
  must(from >= released(outcome.notes('consumer')), 'an entry that was released comes again');
}

const producerDies: Scenario = {
  name: 'a producer that dies, and its successor',
  memory: lane(-2),
  threads: [DOOMED_PRODUCER, CONSUMER, NEXT_PRODUCER],
  check: (outcome) => {
    readsInTurn(outcome, published(outcome, outcome.notes('consumer')));
    mustBeQuiet(outcome);
  },
};

const IMMORTAL_PRODUCER: ThreadSpec = {
  name: 'producer',
  prepare: (env) => {
    const producer = produce(env);
    return async () => {
      frame(producer, 1);
      producer.publish();
      record(producer, 2);
      record(producer, 3);
      producer.close();
    };
  },
};

const consumerDies: Scenario = {
  name: 'a consumer that dies, and its successor',
  memory: lane(-1),
  threads: [IMMORTAL_PRODUCER, MORTAL_CONSUMER, NEXT_CONSUMER],
  check: (outcome) => {
    readsInTurn(outcome, [1, 2, 3]);
    mustBeQuiet(outcome);
  },
};

const bothDie: Scenario = {
  name: 'both die, and both have successors',
  bound: 0,
  memory: lane(2 ** 31 - 2),
  deaths: 2,
  threads: [DOOMED_PRODUCER, MORTAL_CONSUMER, NEXT_PRODUCER, NEXT_CONSUMER],
  check: (outcome) => {
    const read = [...outcome.notes('consumer'), ...outcome.notes('next consumer')];
    readsInTurn(outcome, published(outcome, entries(read)));
    mustBeQuiet(outcome);
  },
};

/** Waits for room in a full lane, and closes behind one record. */
async function waitAndPublish(env: Env, takeOver: boolean): Promise<void> {
  const producer = produce(env, takeOver);
  must(await producer.waitRoom(1, FOREVER), 'no room came');
  must(record(producer, takeOver ? 11 : 1), 'room was reported and is not there');
  producer.close();
}

const waitingProducerDies: Scenario = {
  name: 'a producer that dies while it waits for room',
  memory: lane(0),
  threads: [
    {
      name: 'producer',
      doomed: true,
      prepare: (env) => {
        const producer = produce(env);
        fill(producer);
        return async () => {
          // For the whole lane, which its successor does not need.
          await producer.waitRoom(CELLS, FOREVER);
        };
      },
    },
    {
      name: 'consumer',
      prepare: (env) => {
        const consumer = consume(env);
        return () => drainAll(consumer, noting(env), 1);
      },
    },
    { name: 'next producer', succeeds: 'producer', prepare: (env) => () => waitAndPublish(env, true) },
  ],
  check: (outcome) => {
    mustBe(outcome.notes('consumer'), [11], 'read');
    mustBeQuiet(outcome);
  },
};

const releasingConsumerDies: Scenario = {
  name: 'a consumer that dies while the producer waits for room',
  memory: lane(-3),
  threads: [
    {
      name: 'producer',
      prepare: (env) => {
        const producer = produce(env);
        fill(producer);
        return async () => {
          must(await producer.waitRoom(CELLS, FOREVER), 'no room came');
          record(producer, 1);
          producer.close();
        };
      },
    },
    {
      name: 'consumer',
      mortal: true,
      prepare: (env) => {
        const consumer = consume(env);
        return () => drainAll(consumer, noting(env), 2);
      },
    },
    { name: 'next consumer', succeeds: 'consumer', prepare: (env) => () => drainAll(consume(env, true), noting(env)) },
  ],
  check: (outcome) => {
    readsInTurn(outcome, [1]);
    mustBeQuiet(outcome);
  },
};

/** Without a successor a slice of the sleep finds what a dead producer did not ring for. */
const nobodySucceeds: Scenario = {
  name: 'a producer that dies, and no successor',
  memory: lane(-1),
  slices: 2,
  sleepsOn: true,
  threads: [DOOMED_PRODUCER, CONSUMER],
  check: (outcome) => {
    must(outcome.word(WORD_TAIL) === outcome.word(WORD_HEAD), 'what was published lies unread');
    mustBe(outcome.notes('consumer'), published(outcome, outcome.notes('consumer')).slice(0, -2), 'read');
  },
};

/** A successor rings when it attaches, for what its predecessor did not. */
const nothingToAdd: Scenario = {
  ...nobodySucceeds,
  name: 'a producer that dies, and a successor that publishes nothing',
  slices: 0,
  threads: [
    DOOMED_PRODUCER,
    CONSUMER,
    { name: 'next producer', succeeds: 'producer', prepare: (env) => async () => void produce(env, true) },
  ],
};

/** Threads die, before any of their steps. */
export const DEATHS: readonly Scenario[] = [
  ...[producerDies, consumerDies, bothDie, waitingProducerDies, releasingConsumerDies],
  ...[nobodySucceeds, nothingToAdd],
];
