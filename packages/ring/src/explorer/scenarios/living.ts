import { Doorbell } from '../../doorbell.js';
import { BELL_SLEEPERS } from '../../layout.js';
import { must, type Scenario, type ThreadSpec } from '../scenario.js';
import {
  CONSUMER,
  consume,
  drainAll,
  FOREVER,
  frame,
  lane,
  mustBe,
  noting,
  notingRuns,
  produce,
  reads,
  record,
  run,
} from './traffic.js';

const records: Scenario = {
  name: 'one record, then two at once, over the overflow of the cursors',
  memory: lane(-2),
  threads: [
    {
      name: 'producer',
      prepare: (env) => {
        const producer = produce(env);
        return async () => {
          record(producer, 1);
          producer.publish();
          record(producer, 2);
          record(producer, 3);
          producer.publish();
          producer.close();
        };
      },
    },
    CONSUMER,
  ],
  check: reads(1, 2, 3),
};

const runs: Scenario = {
  name: 'runs of records up to the edge, of which a part is taken',
  memory: lane(-3),
  threads: [
    {
      name: 'producer',
      prepare: (env) => {
        const producer = produce(env);
        return async () => {
          run(producer, 1, 2, 3);
          producer.publish();
          run(producer, 4, 5);
          frame(producer, 6);
          producer.close();
        };
      },
    },
    {
      name: 'consumer',
      prepare: (env) => {
        const consumer = consume(env);
        return () => drainAll(consumer, notingRuns(env, 2));
      },
    },
  ],
  check: reads(1, 2, 3, 4, 5, 6),
};

const frames: Scenario = {
  name: 'frames over the edge, with padding, and the signed overflow of the cursors',
  memory: lane(2 ** 31 - 2),
  threads: [
    {
      name: 'producer',
      prepare: (env) => {
        const producer = produce(env);
        return async () => {
          record(producer, 1);
          producer.publish();
          // One cell to the edge, two needed: padding and frame become visible at once.
          frame(producer, 2);
          producer.publish();
          record(producer, 3);
          frame(producer, 4);
          producer.close();
        };
      },
    },
    CONSUMER,
  ],
  check: reads(1, 2, 3, 4),
};

const abort: Scenario = {
  name: 'claims that are dropped',
  memory: lane(-1),
  threads: [
    {
      name: 'producer',
      prepare: (env) => {
        const producer = produce(env);
        return async () => {
          record(producer, 8);
          frame(producer, 9);
          producer.abort();
          record(producer, 1);
          producer.publish();
          frame(producer, 9);
          producer.abort();
          producer.publish();
          frame(producer, 2);
          producer.close();
        };
      },
    },
    CONSUMER,
  ],
  check: reads(1, 2),
};

/** A consumer that looks by itself, twice, before it sleeps. */
const looking: Scenario = {
  name: 'empty, depth and a drain that finds nothing',
  memory: lane(0),
  threads: [
    {
      name: 'producer',
      prepare: (env) => {
        const producer = produce(env);
        return async () => {
          frame(producer, 1);
          producer.publish();
          record(producer, 2);
          producer.publish();
          producer.close();
        };
      },
    },
    {
      name: 'consumer',
      prepare: (env) => {
        const consumer = consume(env);
        const handler = noting(env);
        return async () => {
          const empty = consumer.empty;
          const depth = consumer.depth;
          must(empty || depth > 0, 'what was there has gone');
          const handled = consumer.drain(1, handler);
          must(handled === 1 || depth === 0, 'what was counted is not drained');
          await drainAll(consumer, handler, 1);
        };
      },
    },
  ],
  check: reads(1, 2),
};

const stumbling: Scenario = {
  name: 'a handler that throws, one that stops, one that drains again',
  memory: lane(125),
  threads: [
    {
      name: 'producer',
      prepare: (env) => {
        const producer = produce(env);
        return async () => {
          record(producer, 1);
          frame(producer, 2);
          producer.publish();
          frame(producer, 3);
          producer.close();
        };
      },
    },
    {
      name: 'consumer',
      prepare: (env) => {
        const consumer = consume(env);
        const handler = noting(env);
        let entries = 0;
        const stumble = {
          record: (words: Uint32Array, at: number) => handler.record(words, at),
          frame: (bytes: Uint8Array, offset: number, length: number) => {
            if (entries++ === 0) throw new RangeError('the handler stumbles');
            handler.frame(bytes, offset, length);
            return false;
          },
        };
        return async () => {
          while (!consumer.finished) {
            await consumer.park(FOREVER);
            try {
              consumer.drain(9, stumble);
            } catch (error) {
              if (!(error instanceof RangeError)) throw error;
            }
          }
        };
      },
    },
  ],
  check: reads(1, 2, 3),
};

/** One thread, one doorbell of its own, two lanes. */
const twoLanes: Scenario = {
  name: 'two lanes to a thread with one doorbell',
  memory: () => [...lane(0)(), ...lane(-1)(), Doorbell.create()],
  threads: [
    ...[0, 1].map(
      (index): ThreadSpec => ({
        name: `producer ${index}`,
        prepare: (env) => {
          const consumerDoorbell = env.ring.Doorbell.attach(env.memory[2] as SharedArrayBuffer);
          const producer = env.ring.LaneProducer.attach(env.memory[index] as SharedArrayBuffer, { consumerDoorbell });
          return async () => {
            record(producer, 1 + index);
            producer.publish();
          };
        },
      }),
    ),
    {
      name: 'consumer',
      prepare: (env) => {
        const doorbell = env.ring.Doorbell.attach(env.memory[2] as SharedArrayBuffer);
        const lanes = env.memory.slice(0, 2).map((memory) => env.ring.LaneConsumer.attach(memory, { doorbell }));
        const handler = noting(env);
        return async () => {
          let handled = 0;
          await doorbell.sleepUntil(() => {
            for (const each of lanes) handled += each.drain(9, handler);
            return handled === 2;
          }, FOREVER);
        };
      },
    },
  ],
  check: (outcome) => {
    mustBe([...outcome.notes('consumer')].sort(), [1, 2], 'read');
    must(outcome.word(BELL_SLEEPERS, 2) === 0, 'a sleeper is left');
  },
};

/** Nobody dies, and there is always room. */
export const LIVING: readonly Scenario[] = [records, runs, frames, abort, looking, stumbling, twoLanes];
