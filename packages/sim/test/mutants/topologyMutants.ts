import type { Mutant } from './mutant.js';

/** Mistakes that show when somebody dies, is replaced, or is put together with others. */
export const TOPOLOGY_MUTANTS: readonly Mutant[] = [
  {
    name: 'epoch-not-checked',
    rule: 'F-3',
    what: 'a coordinator obeys whoever speaks from the address of its owner, whatever the epoch',
    edits: [
      {
        file: 'coordinator/maintainer/ownership.js',
        find: 'return epoch === this.#epoch && this.#address === from;',
        replace: 'return this.#address === from;',
      },
      {
        file: 'coordinator/maintainer/ownership.js',
        find: 'allows(from, epoch) {\n        if (epoch <= this.#closed)\n            return false;',
        replace: 'allows(from, epoch) {',
      },
    ],
    profile: 'zombie',
    seeds: 20,
    first: 2,
  },
  {
    name: 'stopped-bound-dropped',
    rule: 'K-9',
    what: 'what a lost worker had not flushed bounds the watermark no more once it was told',
    edits: [
      {
        file: 'coordinator/maintainer/unconfirmed.js',
        find: 'if (this.#batches.size === 0)\n            return watermark;',
        replace: 'return watermark;',
      },
    ],
    profile: 'lostWorker',
    seeds: 10,
    first: 1,
  },
  {
    name: 'lost-trigger-at-its-event',
    rule: 'T-1, D-41',
    what: 'a table trigger that was lost begins again just below the event that it waited at, beyond tables that it had added',
    edits: [
      {
        file: 'maintainer/operator/createConfig.js',
        find: 'table.positions.recoveryTs(handle), committedTs, isTrigger ? undefined : table.positions.blockState(handle)',
        replace: 'table.positions.checkpointTs(handle), committedTs, table.positions.blockState(handle)',
      },
      {
        file: 'maintainer/span/spanTable.js',
        find: 'const own = this.positions.recoveryTs(this.trigger);',
        replace: 'const own = this.positions.checkpointTs(this.trigger);',
      },
    ],
    profile: 'workers',
    seeds: 700,
    first: 527,
  },
  {
    name: 'forwarded-is-never-scheduled',
    rule: 'B-63',
    what: 'a forwarded event schedules nothing, even where the trigger meets it from below',
    edits: [
      {
        file: 'maintainer/barrier/barrierCore.js',
        find: 'if (!event.forwarded || !event.needsSchedule',
        replace: 'if (true || !event.forwarded || !event.needsSchedule',
      },
    ],
    profile: 'control',
    seeds: 60,
    first: 12,
  },
  {
    name: 'pass-without-the-writer',
    rule: 'B-43',
    what: 'Pass is for everybody but the writer',
    edits: [
      {
        file: 'maintainer/barrier/resendRound.js',
        find: 'if (host === NO_HOST)\n            return;',
        replace: 'if (host === NO_HOST || handle === event.writer?.handle)\n            return;',
      },
    ],
    profile: 'workers',
    seeds: 20,
    first: 1,
  },
  {
    name: 'quiet-window-on-normal',
    rule: 'B-37, B-41',
    what: 'a lost Pass of a Normal event is not repeated while DONEs of others come in',
    edits: [
      {
        file: 'maintainer/barrier/resendRound.js',
        find: 'if (isBroad && event.passSent',
        replace: 'if (event.passSent',
      },
    ],
    profile: 'lostPass',
    seeds: 5,
    first: 1,
  },
  {
    name: 'none-scheduled-again',
    rule: 'W-14',
    what: 'a NONE that is repeated makes its table again, which may be gone by then',
    edits: [
      {
        file: 'maintainer/barrier/barrierCore.js',
        find: 'if (this.scheduled.has(facts.key))\n            return true;',
        replace: '',
      },
      { file: 'maintainer/barrier/statuses.js', find: 'if (proven || core.scheduled.has(facts.key)) {', replace: 'if (false) {' },
    ],
    profile: 'lostAck',
    seeds: 10,
    first: 1,
  },
  {
    name: 'merge-removes-sources-before-commit',
    rule: 'T-7, T-8',
    what: 'the sources of a merge are removed when it is asked for, and where they began counts as where they stood',
    edits: [
      {
        file: 'coordinator/merge/merges.js',
        find: "        this.#tell('freeze', merge.sources);",
        replace: `        this.#tell('freeze', merge.sources);
        this.#deps.lifecycle.removeHandles(merge.sources.map(({ handle }) => handle));`,
      },
      {
        file: 'coordinator/merge/merges.js',
        find: "if (merge === undefined || merge.phase === 'committed')\n            return false;",
        replace: 'return false;',
      },
      {
        file: 'coordinator/merge/merges.js',
        find: `this.#abort(merge, \`source \${handle} is gone\`);`,
        replace: `{
                const source = merge.sources.findIndex((one) => one.handle === handle);
                merge.stands[source] ??= { checkpointTs: merge.sources[source].startTs };
                if (merge.stands.includes(undefined)) return;
                merge.phase = 'ready';
                this.#commit(merge);
            }`,
      },
    ],
    profile: 'merges',
    seeds: 15,
    first: 2,
  },
  {
    name: 'merge-before-all-stand',
    rule: 'T-7',
    what: 'a merge is committed when the first of its sources stands still',
    edits: [
      {
        file: 'coordinator/merge/merges.js',
        find: 'if (merge.stands.includes(undefined))\n                continue;',
        replace: '',
      },
    ],
    profile: 'merges',
    seeds: 15,
    first: 2,
  },
  {
    name: 'merge-starts-at-the-farthest',
    rule: 'T-6',
    what: 'the target of a merge starts where the farthest of its sources stands',
    edits: [
      {
        file: 'coordinator/merge/mergeStart.js',
        find: 'minTs(least, checkpointTs)',
        replace: '(least > checkpointTs ? least : checkpointTs)',
      },
    ],
    profile: 'merges',
    seeds: 15,
    first: 3,
  },
  {
    name: 'coverage-not-verified-again',
    rule: 'V-8, V-9',
    what: 'what a dispatcher has reported goes on counting when it is split away',
    edits: [
      { file: 'maintainer/barrier/barrierCore.js', find: 'event.coverage.taskLeft(handle);', replace: '' },
      { file: 'maintainer/barrier/barrierCore.js', find: 'event.coverage.partsChanged(slot);', replace: ';' },
    ],
    profile: 'splitReporter',
    seeds: 5,
    first: 1,
  },
  {
    name: 'skip-flag-lost',
    rule: 'T-1',
    what: 'who begins again just below its event writes the rows at the ts of the event once more',
    edits: [
      {
        file: 'maintainer/operator/createConfig.js',
        find: 'return { startTs, skipDmlAsStartTs };',
        replace: 'return { startTs, skipDmlAsStartTs: false };',
      },
    ],
    profile: 'splitReporter',
    seeds: 5,
    first: 1,
  },
  {
    name: 'committed-not-clamped',
    rule: 'K-7',
    what: 'the dispatcher of a lost host begins again where it was last heard of, below the committed checkpoint',
    edits: [{ file: 'maintainer/operator/createConfig.js', find: 'if (committedTs > startTs)', replace: 'if (false)' }],
    profile: 'losses',
    seeds: 100,
    first: 58,
  },
];
