// Directed scenarios: small logs with faults at named places, for mistakes that random schedules seldom meet. Each makes, from a
// seed, what a run needs, and may have an opinion of its own when it is over.

import { Random, scenarioOf, workloadOf } from '../../dist/index.js';
import {
  alter,
  Clock,
  calm,
  create,
  ddl,
  drop,
  HASTY,
  initial,
  instead,
  mark,
  NO_WORKLOAD,
  PASS,
  rows,
  rowsWhere,
  STOPPED,
  WRITE,
} from './scenarioParts.mjs';
import { WRITER_SCENARIOS } from './writerScenarios.mjs';

/**
 * A maintainer that was replaced goes on talking: some of what it said is under way until its successor owns the host
 * (F-3). Whatever comes then has to be refused.
 */
function zombie(seed) {
  const random = new Random(seed ^ 0x20b1e);
  const made = scenarioOf(seed, 'calm');
  const when = () => ({ step: random.between(100, 2_500) });
  const crash = () => ({ do: 'crash', what: 'maintainer', host: 1, worker: 0, back: random.between(0, 200), when: when() });
  const scenario = { ...made, faults: [crash(), crash()] };
  let epoch = 0;
  const late = [];
  const wrap = (address, context, make) => {
    const actor = make(context);
    if (!address.endsWith('/coordinator')) return actor;
    return instead(actor, 'receive', (receive) => (message, from) => {
      if (message.type === 'bootstrap') epoch = Math.max(epoch, message.epoch);
      const talks = message.type === 'answers' || message.type === 'schedule';
      if (talks && message.epoch === epoch && random.chance(200)) {
        late.push({ message: structuredClone(message), from });
        return;
      }
      receive(message, from);
      if (!talks || message.epoch !== epoch) return;
      while (late[0] !== undefined && late[0].message.epoch < epoch) {
        const { message: old, from: zombieHost } = late.shift();
        receive(old, zombieHost);
      }
    });
  };
  return { scenario, options: { wrap } };
}

/**
 * The first Pass for one host is lost while slow passes keep DONEs trickling in from the other one. The event is Normal:
 * its Pass is repeated all the same, every second (B-37, B-41).
 */
function lostPass(seed) {
  const count = 16;
  const ids = Array.from({ length: count }, (_, i) => i + 1);
  const events = [mark(60n), alter(ids, 100n), ...ids.map((id) => rows(id, 101n)), mark(110n), mark(120n)];
  const faults = [];
  const scenario = calm(seed, {
    hosts: 2,
    workers: 2,
    maxDelay: 12_000,
    faults,
    maintainer: { quietWindow: 3_000, barrierResend: 1_000 },
  });
  const passes = [];
  const found = [];
  const wrap = (address, context, make) => {
    if (address === 'maintainer') {
      const watch = (send) => (to, message, delivery) => {
        if (message.type === 'answers' && to === 'h2/way' && isPass(message)) passes.push(context.now());
        return send(to, message, delivery);
      };
      return make(instead(context, 'send', watch));
    }
    const actor = make(context);
    if (address !== 'h2/coordinator') return actor;
    let lost = false;
    return instead(actor, 'receive', (receive) => (message, from) => {
      if (message.type === 'answers' && isPass(message) && !lost) {
        lost = true;
        return;
      }
      receive(message, from);
    });
  };
  const verdict = () => {
    const [first, second] = passes;
    if (first !== undefined && (second === undefined || second - first > 1_500))
      found.push({ rule: 'B-37', text: `the Pass that was lost at ${first} was repeated at ${second}` });
    return found;
  };
  return { scenario, options: { wrap, workload: workloadOf(initial(count), 50n, events) }, verdict };
}

const isPass = ({ answers }) => answers.some(({ action }) => action?.action === PASS);

/** A table is made by the trigger alone, and gone before a lost ack of that is asked for again (W-14). */
function lostAck(seed) {
  const random = new Random(seed);
  const events = [];
  const created = new Set();
  const clock = new Clock();
  for (let table = 4; table < 12; table++) {
    events.push(create(table, clock.tick(2n)));
    created.add(clock.ts);
    events.push(
      rows(table, clock.tick(2n)),
      rows(1, clock.ts),
      drop(table, clock.tick(2n)),
      rows(2, clock.tick(2n)),
      mark(clock.ts),
    );
  }
  events.push(mark(clock.ts + 5n));
  const scenario = calm(seed, {
    pace: random.one(0, 20, 200),
    group: { retryInterval: 1_000, ...HASTY },
    coordinator: { outstandingResend: 1_000, outstandingResendMax: 10_000, ...HASTY },
  });
  const lost = new Set();
  const isLost = ({ ack }) => ack !== undefined && created.has(ack.commitTs) && !lost.has(ack.commitTs) && lost.add(ack.commitTs);
  /** Nothing dies here: a table gets one dispatcher. */
  const placed = new Set();
  const found = [];
  const wrap = (address, context, make) => {
    const actor = make(context);
    if (address !== 'h1/coordinator') return actor;
    return instead(actor, 'receive', (receive) => (message, from) => {
      for (const { tableId, generation } of (message.type === 'schedule' && message.create) || []) {
        for (const each of placed)
          if (each.tableId === tableId && each.generation !== generation)
            found.push({ rule: 'W-14', text: `table ${tableId} is scheduled again` });
        placed.add({ tableId, generation });
      }
      if (message.type !== 'answers') receive(message, from);
      else receive({ ...message, answers: message.answers.filter((answer) => !isLost(answer)) }, from);
    });
  };
  return { scenario, options: { wrap, workload: workloadOf(initial(3), 90n, events) }, verdict: () => found };
}

/** A worker dies with rows in hand, and what its coordinator says of that is lost at first (K-9). */
function lostWorker(seed) {
  const random = new Random(seed);
  const events = [];
  const clock = new Clock();
  for (let round = 0; round < 40; round++) {
    for (let table = 1; table <= 4; table++) events.push(rows(table, clock.tick(1n)));
    events.push(mark(clock.ts));
  }
  events.push(mark(clock.ts + 5n));
  const when = { point: 'before-write', nth: random.between(5, 60) };
  const scenario = calm(seed, {
    pace: 20,
    maxDelay: 60,
    faults: [{ do: 'crash', what: 'worker', host: 1, worker: 0, back: random.between(0, 500), when }],
    group: HASTY,
    coordinator: { ...HASTY, completeHeartbeatInterval: 400, componentStatusWindow: 0 },
  });
  let left = 2;
  const wrap = (address, context, make) => {
    const actor = make(context);
    if (address !== 'maintainer') return actor;
    return instead(actor, 'receive', (receive) => (message, from) => {
      if (message.type === 'heartbeat' && message.confirm !== undefined && left-- > 0) return;
      receive(message, from);
    });
  };
  return { scenario, options: { wrap, workload: workloadOf(initial(4), 90n, events) } };
}

/** A table in parts that are put together again and again, while rows of all its keys come in (T-6 to T-8). */
function merges(seed) {
  const random = new Random(seed);
  const keys = 64;
  const events = [];
  const clock = new Clock();
  for (let round = 0; round < 150; round++) {
    for (let i = 0; i < 5; i++) events.push(rows(1, clock.tick(1n), random.below(keys)));
    events.push(round % 9 === 8 ? alter([1, 2], clock.tick(1n)) : mark(clock.ts));
  }
  events.push(mark(clock.ts + 5n));
  const faults = Array.from({ length: 8 }, (_, i) => {
    return { do: i % 2 === 0 ? 'split' : 'merge', when: { ms: 30 + i * 250 + random.below(100) } };
  });
  const scenario = calm(seed, {
    workload: { ...NO_WORKLOAD, keys },
    workers: 3,
    pace: 20,
    maxDelay: random.one(3, 60),
    faults,
    group: HASTY,
    coordinator: HASTY,
    maintainer: { splitTables: true },
  });
  const tables = initial(2).map((table) => ({ ...table, splittable: table.tableId === 1 }));
  return { scenario, options: { workload: workloadOf(tables, 90n, events) } };
}

/**
 * A table is split after its dispatcher has reported, and before that of the other table has: what those in its place report
 * comes late, and the event waits for it (V-8, V-9, B-21). There are rows at the ts of the event (T-1).
 */
function splitReporter(seed) {
  const events = [
    rows(1, 60n, 3),
    rows(2, 61n),
    mark(62n),
    rows(1, 100n, 7),
    rows(1, 100n, 40),
    alter([1, 2], 100n),
    rows(1, 101n, 5),
    rows(1, 102n, 60),
    mark(110n),
    mark(120n),
  ];
  const scenario = calm(seed, {
    workload: { ...NO_WORKLOAD, keys: 64 },
    workers: 1 + (seed % 3),
    faults: [{ do: 'split', when: { ms: 300 + (seed % 100) } }],
    group: { retryInterval: 500, ...HASTY },
    coordinator: { outstandingResend: 200, outstandingResendMax: 400, ...HASTY },
    maintainer: { splitTables: true },
  });
  const tableOf = new Map();
  const reported = new Set();
  const found = [];
  let stoppedAt;
  const wrap = (address, context, make) => {
    if (address !== 'maintainer') return make(context);
    const watch = (send) => (to, message, delivery) => {
      if (message.type === 'schedule') for (const { handle, tableId } of message.create) tableOf.set(handle, tableId);
      const isWrite = message.type === 'answers' && message.answers.some(({ action }) => action?.action === WRITE);
      if (isWrite && reported.size === 0)
        found.push({ rule: 'V-8', text: 'the event is written, and nobody who lives has reported for table 1' });
      return send(to, message, delivery);
    };
    const passes = (handle) => {
      if (tableOf.get(handle) === 2) return stoppedAt !== undefined;
      return stoppedAt === undefined || context.now() > stoppedAt + 2_000;
    };
    return instead(make(instead(context, 'send', watch)), 'receive', (receive) => (message, from) => {
      if (message.type === 'heartbeat' && message.statuses !== undefined) {
        message.statuses.handle.forEach((handle, row) => {
          if (message.statuses.state[row] === STOPPED && reported.delete(handle)) stoppedAt = context.now();
        });
      }
      if (message.type !== 'block-statuses') return receive(message, from);
      const kept = rowsWhere(message, passes);
      for (const handle of kept.handle) if (tableOf.get(handle) === 1) reported.add(handle);
      receive(kept, from);
    });
  };
  // T-1: what lies at the ts of the event was written before its reporter stopped.
  const verdict = ({ repeats }) =>
    repeats.rows === 0 ? found : [...found, { rule: 'T-1', text: `${repeats.rows} rows are written again` }];
  const tables = initial(2).map((table) => ({ ...table, splittable: table.tableId === 1 }));
  return { scenario, options: { wrap, workload: workloadOf(tables, 50n, events) }, verdict };
}

/**
 * A table is made whose dispatcher is long in coming, and everybody else waits at an event for all; behind it the log has more
 * rows of one table than a worker takes: the new table's stream must not lie behind them.
 */
function lateTable(seed) {
  const clock = new Clock();
  const events = [rows(1, clock.tick(2n)), create(4, clock.tick(2n)), rows(4, clock.tick(2n))];
  events.push(ddl('create view', clock.tick(2n), { blockTables: { type: 'all' } }));
  for (let row = 0; row < 400; row++) events.push(rows(1, clock.tick(1n)));
  events.push(mark(clock.ts + 5n));
  const scenario = calm(seed, {
    workers: 1,
    pace: seed % 3,
    group: { ...HASTY, highWater: 200, lowWater: 100, pauseCheck: 500 },
    coordinator: HASTY,
    maintainer: { operatorResend: 5_000 },
  });
  let left = 3;
  const wrap = (address, context, make) => {
    const actor = make(context);
    if (address !== 'h1/coordinator') return actor;
    return instead(actor, 'receive', (receive) => (message, from) => {
      if (message.type === 'schedule' && message.create.some(({ tableId }) => tableId === 4) && left-- > 0) return;
      receive(message, from);
    });
  };
  return { scenario, options: { wrap, workload: workloadOf(initial(2), 90n, events) } };
}

export const SCENARIOS = { zombie, lostPass, lostAck, lostWorker, merges, splitReporter, lateTable, ...WRITER_SCENARIOS };
