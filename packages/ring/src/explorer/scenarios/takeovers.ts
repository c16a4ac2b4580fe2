import { Doorbell } from '../../doorbell.js';
import { type Env, must, type Scenario } from '../scenario.js';
import {
  CELLS,
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

/** Noted where the end of the lane was seen. */
const FINISHED = -1;

/** Closed lanes open again under a successor, and who saw the end is told. */
const reopened: Scenario = {
  name: 'a producer that dies closing, and its successor',
  memory: () => [...lane(0)(), Doorbell.create()],
  threads: [
    {
      name: 'producer',
      doomed: true,
      prepare: (env) => {
        const producer = produce(env);
        return async () => {
          record(producer, 1);
          producer.close();
        };
      },
    },
    {
      name: 'consumer',
      prepare: (env) => {
        const doorbell = env.ring.Doorbell.attach(env.memory[1] as SharedArrayBuffer);
        const consumer = env.ring.LaneConsumer.attach(env.memory[0] as SharedArrayBuffer, { doorbell });
        let last = 0;
        const handler = {
          ...noting(env),
          frame: () => {
            last = 12;
            env.note(last);
          },
        };
        return async () => {
          for (;;) {
            await drainAll(consumer, handler);
            if (last === 12) return;
            env.note(FINISHED);
            await doorbell.sleepUntil(() => !consumer.finished, FOREVER);
          }
        };
      },
    },
    {
      name: 'next producer',
      succeeds: 'producer',
      prepare: (env) => async () => {
        const consumerDoorbell = env.ring.Doorbell.attach(env.memory[1] as SharedArrayBuffer);
        const lane = env.memory[0] as SharedArrayBuffer;
        const producer = env.ring.LaneProducer.attach(lane, { consumerDoorbell, takeOver: true });
        record(producer, 11);
        producer.publish();
        frame(producer, 12);
        producer.close();
      },
    },
  ],
  check: (outcome) => {
    const notes = outcome.notes('consumer');
    const read = entries(notes);
    mustBe(read, read.includes(1) ? [1, 11, 12] : [11, 12], 'read');
    must(notes.indexOf(FINISHED, notes.indexOf(11)) === -1, 'an end was seen that the successor had not come to');
  },
};

const consumerReopens: Scenario = {
  name: 'a consumer that dies closing, and its successor',
  memory: () => [...lane(-CELLS)(), Doorbell.create()],
  threads: [
    {
      name: 'producer',
      prepare: (env) => {
        const doorbell = env.ring.Doorbell.attach(env.memory[1] as SharedArrayBuffer);
        const producer = env.ring.LaneProducer.attach(env.memory[0] as SharedArrayBuffer, { doorbell });
        fill(producer);
        return async () => {
          while (!(await producer.waitRoom(CELLS, FOREVER))) {
            await doorbell.sleepUntil(() => !producer.consumerClosed, FOREVER);
          }
          record(producer, 1);
          producer.close();
        };
      },
    },
    {
      name: 'consumer',
      doomed: true,
      prepare: (env) => {
        const consumer = consume(env, false, 1);
        return async () => {
          consumer.drain(1, noting(env));
          consumer.close();
        };
      },
    },
    { name: 'next consumer', succeeds: 'consumer', prepare: (env) => () => drainAll(consume(env, true, 1), noting(env)) },
  ],
  check: (outcome) => mustBe(outcome.notes('next consumer'), [1], 'read'),
};

/** Within one thread, so that it is certain who acts after whom: against the rule, predecessors act on. */
const predecessorsActOn: Scenario = {
  name: 'predecessors that act on',
  memory: lane(0),
  threads: [
    {
      name: 'producer',
      prepare: (env) => {
        const first = produce(env);
        return async () => {
          record(first, 1);
          first.publish();
          record(first, 66);
          const second = produce(env, true);
          mustRefuse(env, () => first.publish());
          mustRefuse(env, () => first.close());
          frame(second, 2);
          second.close();
        };
      },
    },
    {
      name: 'consumer',
      prepare: (env) => {
        const first = consume(env);
        const handler = noting(env);
        return async () => {
          await first.park(FOREVER);
          first.drain(1, handler);
          const second = consume(env, true);
          mustRefuse(env, () => first.drain(1, handler));
          mustRefuse(env, () => first.close());
          await drainAll(second, handler);
        };
      },
    },
  ],
  check: (outcome) => {
    mustBe(outcome.notes('consumer'), [1, 2], 'read');
    mustBeQuiet(outcome);
  },
};

const bothAttach: Scenario = {
  name: 'two that attach at the same moment',
  memory: lane(0),
  threads: ['one', 'other'].map((name) => ({
    name,
    prepare: (env) => async () => {
      try {
        const { generation } = produce(env);
        env.note(generation);
      } catch (error) {
        if (!(error instanceof env.ring.LaneGenerationError)) throw error;
      }
    },
  })),
  check: (outcome) => mustBe([...outcome.notes('one'), ...outcome.notes('other')], [1], 'attached'),
};

function mustRefuse(env: Env, act: () => void): void {
  let refused = false;
  try {
    act();
  } catch (error) {
    if (!(error instanceof env.ring.LaneGenerationError)) throw error;
    refused = true;
  }
  must(refused, 'a predecessor is let act');
}

/** Successors open what was closed; who has one is refused. */
export const TAKEOVERS: readonly Scenario[] = [reopened, consumerReopens, predecessorsActOn, bothAttach];
