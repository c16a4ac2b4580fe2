import type { Mutant } from './mutant.js';

/** Mistakes of dispatchers. */
export const DISPATCHER_MUTANTS: readonly Mutant[] = [
  {
    name: 'flush-after-waiting',
    rule: 'D-20',
    what: 'WAITING is reported while rows below the event are not flushed yet',
    edits: [{ file: 'dispatcher/blockMachine.js', find: 'if (!this.#parts.work.mustFlush(row)) {', replace: 'if (true) {' }],
    profile: 'calm',
    seeds: 20,
    first: 5,
  },
  {
    name: 'done-while-writing',
    rule: 'D-36',
    what: 'an action for the event that is being written is answered DONE, as one for an old event is',
    edits: [
      { file: 'dispatcher/answers.js', find: 'else if (rows.has(row, Flag.PATH_CLOSED))', replace: 'else if (false)' },
      {
        file: 'dispatcher/answers.js',
        find: 'const order = at === undefined ? undefined : compareWithEntry(prepared, at);',
        replace: `const order = at === undefined ? undefined : compareWithEntry(prepared, at);
        if (order === 0 && rows.stage(row) === Stage.WRITING)
          return this.#posting.oweOld(row, Stage.DONE, prepared.key.isSyncPoint, false, prepared.high, prepared.low);`,
      },
    ],
    profile: 'calm',
    seeds: 20,
    first: 2,
  },
  {
    name: 'done-before-written',
    rule: 'D-30',
    what: 'DONE is reported when the write begins',
    edits: [
      {
        file: 'dispatcher/blockMachine.js',
        find: 'else if (action === Action.WRITE)\n            this.#parts.work.write(row);',
        replace: `else if (action === Action.WRITE) {
            this.#parts.work.write(row);
            this.#parts.posting.oweOld(row, Stage.DONE, entry.isSyncPoint, false, entry.tsHigh, entry.tsLow);
        }`,
      },
    ],
    profile: 'calm',
    seeds: 5,
    first: 1,
  },
  {
    name: 'slot-cleared-after-wake',
    rule: 'D-32',
    what: 'the stream is woken first, and the slot, which may hold the next event by then, is cleared afterwards',
    edits: [
      {
        file: 'dispatcher/blockMachine.js',
        find: `this.#clearSlot(row, entry);
        rows.doneHigh[row] = entry.tsHigh;`,
        replace: 'rows.doneHigh[row] = entry.tsHigh;',
      },
      {
        file: 'dispatcher/blockMachine.js',
        find: `this.#parts.wake(row);
        this.#parts.posting.oweDone(row);`,
        replace: `rows.phase[row] = Phase.OPEN;
        this.#parts.wake(row);
        this.#clearSlot(row, entry);
        this.#parts.posting.oweDone(row);`,
      },
    ],
    profile: 'calm',
    seeds: 5,
    first: 1,
  },
  {
    name: 'resolved-first',
    rule: 'D-8',
    what: 'a resolved mark is taken before the rows that wait in front of it',
    edits: [
      {
        file: 'dispatcher/state.js',
        find: '(Flag.STARTED | Flag.FRESH | Flag.LAGGING | Flag.REMOVING)) === Flag.STARTED',
        replace: '(Flag.STARTED | Flag.FRESH | Flag.REMOVING)) === Flag.STARTED',
      },
      { file: 'dispatcher/state.js', find: 'if (this.rows.phase[row] !== Phase.OPEN)\n            return false;', replace: '' },
    ],
    profile: 'calm',
    seeds: 10,
    first: 2,
  },
  {
    name: 'batch-enters-late',
    rule: 'D-9',
    what: 'of a batch of rows only the first message enters progress before the hand-over',
    edits: [
      {
        file: 'dispatcher/rowsFlow.js',
        find: 'const works = batch.map((slice) => {\n            const ticket = progress.add(slice.firstTs, slice.lastTs);',
        replace: `const works = batch.map((slice, index) => {
            const ticket = progress.add(slice.firstTs, slice.lastTs);
            if (index > 0) progress.flush(ticket);`,
      },
    ],
    profile: 'calm',
    seeds: 20,
    first: 2,
  },
  {
    name: 'blocker-missing',
    rule: 'D-40',
    what: 'the checkpoint of the trigger does not stay below a table that nobody has acknowledged',
    edits: [
      {
        file: 'dispatcher/reports.js',
        find: 'if (entry.event.adds.length > 0)\n            trigger.block(entry.key);',
        replace: '',
      },
    ],
    profile: 'network',
    seeds: 150,
    first: 5,
  },
  {
    name: 'no-hold',
    rule: 'D-43',
    what: 'the trigger reports an event for all while reports of added tables are unacknowledged',
    edits: [
      {
        file: 'dispatcher/blockMachine.js',
        find: 'if ((this.#state.triggers.get(row)?.unacked ?? 0) === 0)\n            return false;',
        replace: 'return false;',
      },
    ],
    profile: 'tables',
    seeds: 250,
    first: 28,
  },
  {
    name: 'no-retry-of-none',
    rule: 'D-34',
    what: 'what a dispatcher has reported is never reported again',
    edits: [
      {
        file: 'dispatcher/retry.js',
        find: 'this.#wake(entry, report.retryAt);',
        replace: '',
      },
      { file: 'dispatcher/retry.js', find: 'this.#wake(entry, now + options.retryInterval);', replace: '' },
    ],
    profile: 'network',
    seeds: 10,
    first: 1,
  },
  {
    name: 'sync-point-and-ddl-confused',
    rule: 'D-38',
    what: 'an action is compared with the event in hand by its ts alone',
    edits: [
      {
        file: 'dispatcher/answers.js',
        find: 'return order !== 0 ? order : Number(prepared.key.isSyncPoint) - Number(entry.isSyncPoint);',
        replace: 'return order;',
      },
      {
        file: 'dispatcher/answers.js',
        find: 'return rows.has(row, Flag.LAST_DONE_SYNC) === prepared.key.isSyncPoint;',
        replace: 'return true;',
      },
    ],
    profile: 'network',
    seeds: 100,
    first: 5,
  },
  {
    name: 'split-span-does-not-block',
    rule: 'D-18',
    what: 'a dispatcher of a part of a table executes a DDL of that table alone, like one of the whole table',
    edits: [
      {
        file: 'dispatcher/blockMachine.js',
        find: 'return this.#state.rows.has(row, Flag.SPLIT) || tables.tableIds.length > 1;',
        replace: 'return tables.tableIds.length > 1;',
      },
    ],
    profile: 'splits',
    seeds: 200,
    first: 2,
  },
  {
    name: 'event-at-resolved-ts-dropped',
    rule: 'D-4',
    what: 'a block event at the resolved ts is taken for stale',
    edits: [
      {
        file: 'dispatcher/stream.js',
        find: 'if (compareTsWords(entry.tsHigh, entry.tsLow, rows.resolvedHigh[row], rows.resolvedLow[row]) < 0) {',
        replace: 'if (compareTsWords(entry.tsHigh, entry.tsLow, rows.resolvedHigh[row], rows.resolvedLow[row]) <= 0) {',
      },
    ],
    profile: 'control',
    seeds: 30,
    first: 5,
  },
  {
    name: 'pass-without-the-trigger',
    rule: 'B-42, R-2',
    what: 'Pass for a schema is not for the trigger, who may wait at it like everybody else',
    edits: [
      {
        file: 'dispatcher/answers.js',
        find: "if (target.type === 'db' && rows.schemaId(row) !== target.schemaId && !rows.has(row, Flag.TRIGGER))",
        replace: "if (target.type === 'db' && rows.schemaId(row) !== target.schemaId)",
      },
    ],
    profile: 'control',
    seeds: 100,
    first: 53,
  },
  {
    name: 'gate-ignored',
    rule: 'D-46',
    what: 'default dispatchers take events that the redo log does not have yet',
    edits: [{ file: 'dispatcher/gate.js', find: 'if (!this.enabled || compareTsWords', replace: 'if (true || compareTsWords' }],
    profile: 'redo',
    seeds: 10,
    first: 1,
  },
  {
    name: 'guessed-done',
    rule: 'T-C',
    what: 'whoever is asked to write an event that it has no record of, and that lies behind its marks, says DONE',
    edits: [{ file: 'dispatcher/answers.js', find: 'if (action === Action.PASS || behindStart)', replace: 'if (true)' }],
    profile: 'skippedEvent',
    seeds: 5,
    first: 1,
  },
];
