import type { Mutant } from './mutant.js';

/** Mistakes of the coordinator and of the source's router. */
export const COORDINATOR_MUTANTS: readonly Mutant[] = [
  {
    name: 'buffer-keys-never-released',
    rule: 'L-6',
    what: 'what was taken from the pending map still counts as pending',
    edits: [
      {
        file: 'coordinator/status/keyRuns.js',
        find: 'page[slot + 1] = (word & ~(clear | also)) | set;',
        replace: 'page[slot + 1] = word | set;',
      },
    ],
    profile: 'calm',
    seeds: 5,
    first: 1,
  },
  {
    name: 'events-released-twice',
    rule: 'I-10',
    what: 'a request that is settled lets go of its events twice',
    edits: [
      {
        file: 'coordinator/status/outstanding.js',
        find: '#drop(sent) {\n        releaseEvents(this.#options.events, sent.batch);',
        replace:
          '#drop(sent) {\n        releaseEvents(this.#options.events, sent.batch);\n        releaseEvents(this.#options.events, sent.batch);',
      },
    ],
    profile: 'calm',
    seeds: 15,
    first: 3,
  },
  {
    name: 'nothing-is-resent',
    rule: 'T-I, D-34',
    what: 'what was delivered counts as received: neither sent again nor let through',
    edits: [
      {
        file: 'coordinator/status/outstanding.js',
        find: 'const due = now + pause;',
        replace: 'const due = Number.POSITIVE_INFINITY;',
      },
    ],
    profile: 'network',
    seeds: 5,
    first: 1,
  },
  {
    name: 'sequence-before-count',
    rule: 'H-3',
    what: 'a watermark is labelled with dispatchers on their way to a worker that it does not account for',
    edits: [
      {
        file: 'coordinator/dispatchers/progress.js',
        find: 'start[mode] = minTs(start[mode], startTs);',
        replace: 'void startTs;',
      },
    ],
    profile: 'calm',
    seeds: 150,
    first: 36,
  },
];
