import { Doorbell } from '../../doorbell.js';
import { WORD_ROOM_WANTED } from '../../layout.js';
import { must, type Scenario, type ThreadSpec } from '../scenario.js';
import {
  CELLS,
  consume,
  drainAll,
  FOREVER,
  FRAME_BYTES,
  fill,
  frame,
  lane,
  mustBe,
  noting,
  produce,
  reads,
  record,
} from './traffic.js';

/** Drains one entry at a time, from a lane that was full before the first step. */
const ONE_BY_ONE: ThreadSpec = {
  name: 'consumer',
  prepare: (env) => {
    const consumer = consume(env);
    const handler = noting(env);
    return () => drainAll(consumer, handler, 1);
  },
};

const waiting: Scenario = {
  name: 'a full lane, and a producer that waits for room',
  bound: 2,
  memory: lane(-CELLS),
  threads: [
    {
      name: 'producer',
      prepare: (env) => {
        const producer = produce(env);
        fill(producer);
        return async () => {
          while (!record(producer, 1)) must(await producer.waitRoom(1, FOREVER), 'no room came');
          producer.publish();
          // Nearly the whole lane: half of it, and then the rest, must be drained before.
          must(await producer.waitRoom(CELLS - 1, FOREVER), 'no room came for many');
          frame(producer, 2);
          producer.close();
        };
      },
    },
    ONE_BY_ONE,
  ],
  check: reads(1, 2),
};

/** Three records, the first of them in the last cell, and long frames up to the edge again: the next frame needs padding. */
const padding: Scenario = {
  name: 'a full lane, and a frame that needs room for its padding too',
  bound: 2,
  memory: lane(-1),
  threads: [
    {
      name: 'producer',
      prepare: (env) => {
        const producer = produce(env);
        for (let value = 1; value <= 3; value++) record(producer, value);
        fill(producer);
        return async () => {
          while (!frame(producer, 4)) must(await producer.waitRoom(producer.frameCells(FRAME_BYTES), FOREVER), 'no room came');
          producer.close();
        };
      },
    },
    ONE_BY_ONE,
  ],
  check: reads(1, 2, 3, 4),
};

const claiming: Scenario = {
  name: 'a full lane, and a producer that claims again and again',
  memory: lane(2 ** 31 - 4),
  threads: [
    {
      name: 'producer',
      prepare: (env) => {
        const producer = produce(env);
        fill(producer);
        return async () => {
          // Whatever it finds room for now is written into cells that were just released.
          for (let value = 1; value <= 2; value++) env.note(record(producer, value) ? value : 0);
          env.note(frame(producer, 3) ? 3 : 0);
          producer.close();
        };
      },
    },
    ONE_BY_ONE,
  ],
  check: (outcome) => {
    const claimed = outcome.notes('producer').filter((value) => value !== 0);
    reads(...claimed)(outcome);
  },
};

/** A thread that sleeps for several reasons: it arms, asks, and sleeps only if there is nothing. */
const wanting = (older: boolean): Scenario => ({
  name: `room wanted under an announced sleep${older ? ', in place of an older wish' : ''}`,
  memory: () => [...lane(-2)(), Doorbell.create()],
  threads: [
    {
      name: 'producer',
      prepare: (env) => {
        const doorbell = env.ring.Doorbell.attach(env.memory[1] as SharedArrayBuffer);
        const producer = env.ring.LaneProducer.attach(env.memory[0] as SharedArrayBuffer, { doorbell });
        fill(producer);
        if (older) must(!producer.wantRoom(CELLS), 'a full lane is empty');
        return async () => {
          const ticket = doorbell.arm();
          let arrived = producer.wantRoom(1);
          if (arrived) doorbell.disarm();
          else await doorbell.sleep(ticket, FOREVER);
          while (!arrived) {
            const next = doorbell.arm();
            arrived = producer.roomArrived();
            if (arrived) doorbell.disarm();
            else await doorbell.sleep(next, FOREVER);
          }
          must(!producer.roomArrived(), 'room is reported twice');
          must(record(producer, 1), 'room was reported and is not there');
          producer.close();
        };
      },
    },
    {
      name: 'consumer',
      prepare: (env) => {
        const producerDoorbell = env.ring.Doorbell.attach(env.memory[1] as SharedArrayBuffer);
        const consumer = env.ring.LaneConsumer.attach(env.memory[0] as SharedArrayBuffer, { producerDoorbell });
        return () => drainAll(consumer, noting(env), 1);
      },
    },
  ],
  check: reads(1),
});

/** A wish that was given up leaves its wanted head in the lane, beyond that of the next. */
const again: Scenario = {
  name: 'a wish for less after a wish for more was given up',
  bound: 2,
  memory: lane(0),
  threads: [
    {
      name: 'producer',
      prepare: (env) => {
        const producer = produce(env);
        fill(producer);
        return async () => {
          // Without time left it looks once and goes.
          env.note((await producer.waitRoom(CELLS, 0)) ? 1 : 0);
          must(await producer.waitRoom(1, FOREVER), 'no room came');
          must(record(producer, 1), 'room was reported and is not there');
          producer.close();
        };
      },
    },
    ONE_BY_ONE,
  ],
  check: reads(1),
};

const consumerCloses: Scenario = {
  name: 'a consumer that closes, and a producer that waits for room',
  memory: lane(0),
  threads: [
    {
      name: 'producer',
      prepare: (env) => {
        const producer = produce(env);
        fill(producer);
        return async () => {
          const room = await producer.waitRoom(CELLS, FOREVER);
          must(!room && producer.consumerClosed, 'it was woken for nothing');
          env.note(1);
        };
      },
    },
    {
      name: 'consumer',
      prepare: (env) => {
        const consumer = consume(env);
        return async () => {
          must(consumer.drain(1, noting(env)) === 1, 'a full lane is empty');
          consumer.close();
        };
      },
    },
  ],
  check: (outcome) => {
    mustBe(outcome.notes('producer'), [1], 'the producer learnt of it');
    must(outcome.word(WORD_ROOM_WANTED) === 0, 'room is wanted of a consumer that has closed');
  },
};

/** The lane is full, or nearly. */
export const ROOM: readonly Scenario[] = [waiting, padding, claiming, wanting(false), wanting(true), again, consumerCloses];
