// Directed scenarios about whoever writes an event: what it says is lost, it dies, or it has no record of the event.

import { Random, workloadOf } from '../../dist/index.js';
import { alter, Clock, calm, create, DONE, ddl, HASTY, info, initial, instead, mark, rows, rowsWhere } from './scenarioParts.mjs';

/** What the writer says of events that add tables is lost a few times, and its heartbeats are not (K-3b, B-35, B-43). */
function lostDone(seed) {
  const random = new Random(seed);
  const events = [];
  const clock = new Clock();
  for (let table = 4; table < 12; table++) {
    events.push(create(table, clock.tick(2n), random.chance(500) ? [1] : [1, 2]));
    events.push(rows(table, clock.tick(2n)), rows(1, clock.ts), rows(2, clock.tick(2n)), mark(clock.ts));
  }
  events.push(mark(clock.ts + 5n));
  const scenario = calm(seed, {
    pace: random.one(0, 20, 200),
    group: { retryInterval: 500, ...HASTY },
    coordinator: { outstandingResend: 500, outstandingResendMax: 10_000, ...HASTY },
  });
  const times = random.between(1, 4);
  /** How often the DONE of the trigger was lost, by event. */
  const lost = new Map();
  const isLost = ({ events: keys, event, handle, stage }, row) => {
    const { commitTs } = keys[event[row]].key;
    const before = lost.get(commitTs) ?? 0;
    if (handle[row] !== 0 || (stage[row] & 0x7f) !== DONE || before === times) return false;
    lost.set(commitTs, before + 1);
    return true;
  };
  const wrap = (address, context, make) => {
    const actor = make(context);
    if (address !== 'maintainer') return actor;
    return instead(actor, 'receive', (receive) => (message, from) => {
      const isStatuses = message.type === 'block-statuses';
      if (!isStatuses || !Array.from(message.handle, (_, row) => isLost(message, row)).includes(true)) receive(message, from);
    });
  };
  return { scenario, options: { wrap, workload: workloadOf(initial(3), 90n, events) } };
}

/** A run in which the maintainer does not hear what `isLost` says of a row of a request. */
const deaf = (isLost) => (address, context, make) => {
  const actor = make(context);
  if (address !== 'maintainer') return actor;
  return instead(actor, 'receive', (receive) => (message, from) => {
    if (message.type !== 'block-statuses') return receive(message, from);
    const kept = message.handle.map((_, row) => (isLost(message, row) ? 0 : 1));
    receive(kept.includes(0) ? rowsWhere(message, (_, row) => kept[row] === 1) : message, from);
  });
};

const keyOf = ({ events, event }, row) => events[event[row]].key;
const isDone = ({ stage }, row) => (stage[row] & 0x7f) === DONE;

/**
 * A table is made like one of another schema, and its own schema is altered right behind: when the DONE for the first is lost,
 * everybody of that schema whom the maintainer knows has reported for the second (B-23).
 */
function otherSchema(seed) {
  const random = new Random(seed);
  const events = [];
  const clock = new Clock();
  const created = new Set();
  for (let table = 4; table < 10; table++) {
    events.push(create(table, clock.tick(2n), [1]));
    created.add(clock.ts);
    events.push(rows(table, clock.tick(2n)), rows(2, clock.ts));
    events.push(ddl('alter schema', clock.tick(2n), { blockTables: { type: 'db', schemaId: 1 } }));
    events.push(rows(table, clock.tick(2n)), rows(1, clock.ts), mark(clock.ts));
  }
  events.push(mark(clock.ts + 5n));
  const scenario = calm(seed, {
    pace: random.one(0, 20),
    group: { retryInterval: 400, ...HASTY },
    coordinator: { outstandingResend: 500, outstandingResendMax: 10_000, ...HASTY },
  });
  const lost = new Set();
  const isLost = (message, row) => {
    const { commitTs } = keyOf(message, row);
    return (
      message.handle[row] === 0 && isDone(message, row) && created.has(commitTs) && !lost.has(commitTs) && lost.add(commitTs)
    );
  };
  const tables = initial(3).map((table) => (table.tableId === 1 ? { ...table, ...info(1, 1n, 2), splittable: false } : table));
  return { scenario, options: { wrap: deaf(isLost), workload: workloadOf(tables, 90n, events) } };
}

/**
 * The trigger dies behind an event that it wrote and of which the maintainer has not heard; its successor begins behind it, and
 * writes the next one before anybody asks it about the first (B-35).
 */
function lostTrigger(seed) {
  const chunk = (from, table, other) => [
    ...[rows(other, from), rows(other, from + 1n), mark(from + 1n), create(table, from + 2n, [other])],
    ...[mark(from + 2n), mark(from + 2n), mark(from + 2n)],
  ];
  const rest = [rows(4, 302n), rows(5, 303n), rows(1, 303n), rows(2, 304n), mark(310n)];
  const scenario = calm(seed, {
    workers: 3,
    pace: 3_000,
    faults: [{ do: 'crash', what: 'worker', host: 1, worker: 0, back: 200, when: { ms: 4_500 + (seed % 7) * 100 } }],
    group: { retryInterval: 500, ...HASTY },
    coordinator: HASTY,
    maintainer: { barrierResend: 20_000 },
  });
  let first;
  const isLost = (message, row) => {
    if (message.handle[row] !== 0) return false;
    first ??= message.generation[row];
    return message.generation[row] === first && isDone(message, row) && keyOf(message, row).commitTs === 102n;
  };
  const events = [...chunk(100n, 4, 1), ...chunk(200n, 5, 2), ...rest];
  return { scenario, options: { wrap: deaf(isLost), workload: workloadOf(initial(2), 90n, events) } };
}

/**
 * The only worker dies as the write begins, and a source that breaks its contract gives the event to the second table's next
 * dispatcher only. The first's is asked to write what it has never met: it says so, and nobody goes on (T-C) until the process
 * begins again.
 */
function skippedEvent(seed) {
  const events = [rows(1, 60n), rows(2, 61n), mark(62n), alter([1, 2], 100n), mark(100n), mark(110n), mark(120n)];
  const scenario = calm(seed, {
    workers: 1,
    pace: seed % 20,
    faults: [
      { do: 'crash', what: 'worker', host: 1, worker: 0, back: 200, when: { point: 'before-execute', nth: 1 } },
      { do: 'crash', what: 'process', host: 1, worker: 0, back: 0, when: { ms: 60_000 } },
    ],
    group: HASTY,
    coordinator: { ...HASTY, completeHeartbeatInterval: 3_600_000 },
  });
  let workers = 0;
  const wrap = (address, context, make) => {
    const actor = make(context);
    if (!address.includes('/worker-') || ++workers !== 2) return actor;
    const tableOf = new Map();
    return instead(actor, 'receive', (receive) => (message, from) => {
      if (message.type === 'create') for (const { handle, tableId } of message.configs) tableOf.set(handle, tableId);
      if (message.type !== 'block-event' || message.event.commitTs !== 100n) return receive(message, from);
      const passes = (_, row) => tableOf.get(message.target.handle[row]) !== 1;
      const { handle, generation } = message.target;
      const target = { ...message.target, handle: handle.filter(passes), generation: generation.filter(passes) };
      if (target.handle.length > 0) receive({ ...message, target }, from);
    });
  };
  return { scenario, options: { wrap, workload: workloadOf(initial(2), 50n, events) } };
}

export const WRITER_SCENARIOS = { lostDone, otherSchema, lostTrigger, skippedEvent };
