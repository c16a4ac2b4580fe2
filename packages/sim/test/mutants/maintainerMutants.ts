import type { Mutant } from './mutant.js';

/** Mistakes of the maintainer. */
export const MAINTAINER_MUTANTS: readonly Mutant[] = [
  {
    name: 'ack-and-write-split',
    rule: 'B-14, S-11, W-5',
    what: 'the Write of the completing report goes out later than its ack, and the rebuild leaves fully reported events alone',
    edits: [
      {
        file: 'maintainer/barrier/statuses.js',
        find: 'core.writes.push(core.select(event, handle));',
        replace: 'core.select(event, handle);',
      },
      {
        file: 'maintainer/barrier/rebuild.js',
        find: 'if (event.coverage.covered && ready)',
        replace: 'if (event.coverage.covered) continue;\n        if (false)',
      },
    ],
    profile: 'control',
    seeds: 60,
    first: 11,
  },
  {
    name: 'forwarding-by-equality',
    rule: 'B-60',
    what: 'a checkpoint equal to the ts of an event counts as a proof that it is over',
    edits: [
      {
        file: 'maintainer/span/positions.js',
        find: 'if (this.#compareCheckpoint(handle, high, low) > 0)',
        replace: 'if (this.#compareCheckpoint(handle, high, low) >= 0)',
      },
      {
        file: 'maintainer/span/positions.js',
        find: 'return order > 0 || (order === 0 && this.#maxRank > rankOf(isSync));',
        replace: 'return order >= 0;',
      },
    ],
    profile: 'calm',
    seeds: 20,
    first: 5,
  },
  {
    name: 'gate-keys-released-twice',
    rule: 'G-6',
    what: 'the keys of a request are freed before it is handled, and once more after it',
    edits: [
      {
        file: 'maintainer/intake/statusBuffer.js',
        find: `for (const { request } of sender.requests)
                handler.statuses(request);`,
        replace: `for (const gated of sender.requests) {
                this.#gate.release(gated);
                handler.statuses(gated.request);
                this.#gate.release(gated);
            }`,
      },
      { file: 'maintainer/intake/statusBuffer.js', find: 'this.#gate.releaseAll();', replace: '' },
    ],
    profile: 'calm',
    seeds: 5,
    first: 1,
  },
  {
    name: 'gate-keys-never-released',
    rule: 'G-6',
    what: 'what was handled once is suppressed for ever',
    edits: [
      {
        file: 'maintainer/intake/statusBuffer.js',
        find: 'this.#gate.releaseAll();',
        replace: '',
      },
    ],
    profile: 'calm',
    seeds: 5,
    first: 1,
  },
  {
    name: 'heap-ignored',
    rule: 'B-33',
    what: 'tables are scheduled as the reports come, not in the order of their events',
    edits: [
      {
        file: 'maintainer/barrier/barrierCore.js',
        find: 'if (!this.heap.popIfHead(facts.key).ready)\n            return false;',
        replace: 'this.heap.popIfHead(facts.key);',
      },
    ],
    profile: 'tables',
    seeds: 10,
    first: 1,
  },
  {
    name: 'watermark-after-status',
    rule: 'E-4, K-9',
    what: 'the watermark of a heartbeat is taken one heartbeat later than its statuses',
    edits: [
      {
        file: 'maintainer/pipeline.js',
        find: 'const accounted = watermark !== undefined && this.watermarks.offer(host, watermark);',
        replace: `this.late ??= new Map();
        const earlier = this.late.get(host);
        this.late.set(host, watermark ?? earlier);
        if (earlier !== undefined) this.watermarks.offer(host, earlier);
        const accounted = true;`,
      },
    ],
    profile: 'workers',
    seeds: 200,
    first: 130,
  },
  {
    name: 'waiting-marks-leak',
    rule: 'W-4',
    what: 'an event that is forwarded or rebuilt as selected keeps the marks of its WAITING phase',
    edits: [
      {
        file: 'maintainer/barrier/barrierEvent.js',
        find: 'if (!this.selected)\n            this.#enterDonePhase();',
        replace: '',
      },
    ],
    profile: 'control',
    seeds: 60,
    first: 5,
  },
  {
    name: 'marks-survive-selection',
    rule: 'B-30',
    what: 'selection does not forget who has reported WAITING',
    edits: [
      {
        file: 'maintainer/barrier/barrierEvent.js',
        find: 'this.selectedAt = now;\n        this.#enterDonePhase();',
        replace: 'this.selectedAt = now;',
      },
    ],
    profile: 'calm',
    seeds: 5,
    first: 1,
  },
  {
    name: 'scheduled-before-written',
    rule: 'B-31',
    what: 'tables are scheduled at selection, before the writer has written',
    edits: [
      {
        file: 'maintainer/barrier/barrierCore.js',
        find: 'if (event.needsSchedule)\n            this.heap.push({ facts: event.facts });\n        this.progress = true;',
        replace: `if (event.needsSchedule) {
            this.heap.push({ facts: event.facts });
            this.trySchedule(event.facts);
            this.heap.push({ facts: event.facts });
        }
        this.progress = true;`,
      },
    ],
    profile: 'calm',
    seeds: 5,
    first: 1,
  },
  {
    name: 'absent-does-not-bound',
    rule: 'K-3, K-8',
    what: 'a table without a dispatcher does not bound the checkpoint',
    edits: [
      {
        file: 'maintainer/pipeline.js',
        find: 'const tasks = this.table.pendingCheckpoint();',
        replace: 'const tasks = undefined;',
      },
    ],
    profile: 'network',
    seeds: 20,
    first: 3,
  },
  {
    name: 'pass-before-written',
    rule: 'B-40',
    what: 'Pass goes out at selection',
    edits: [
      {
        file: 'maintainer/barrier/resendRound.js',
        find: 'if (!event.advanced)\n        return write(core, event, now);',
        replace: 'if (!event.advanced)\n        return [...write(core, event, now), ...pass(core, event)];',
      },
    ],
    profile: 'calm',
    seeds: 10,
    first: 2,
  },
  {
    name: 'no-deferral',
    rule: 'B-23',
    what: 'the report of the trigger for a schema or for all counts while tables are still to be scheduled',
    edits: [
      {
        file: 'maintainer/barrier/statuses.js',
        find: 'if (core.heap.size > 0)\n            return Outcome.SILENT;',
        replace: '',
      },
    ],
    profile: 'otherSchema',
    seeds: 5,
    first: 1,
  },
  {
    name: 'advanced-out-of-turn',
    rule: 'B-35',
    what: 'an event whose tables must wait for their turn goes on, and nobody remembers to schedule them',
    edits: [
      {
        file: 'maintainer/barrier/statuses.js',
        find: 'if (event.needsSchedule && !core.trySchedule(event.facts))\n                return Outcome.ACK;',
        replace: 'if (event.needsSchedule)\n                core.trySchedule(event.facts);',
      },
    ],
    profile: 'lostTrigger',
    seeds: 5,
    first: 1,
  },
  {
    name: 'unknown-taken-as-done',
    rule: 'T-C',
    what: 'a writer that has no record of the event counts as one that has written it',
    edits: [
      {
        file: 'maintainer/barrier/statuses.js',
        find: 'event.writerUnknown = true;',
        replace: 'return done(core, subject, handle);',
      },
    ],
    profile: 'skippedEvent',
    seeds: 5,
    first: 1,
  },
];
