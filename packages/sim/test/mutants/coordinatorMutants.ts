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
        find: 'page[slot] = (word & ~(clear | also)) | set;',
        replace: 'page[slot] = word | set;',
      },
      {
        file: 'coordinator/status/keyColumns.js',
        find: 'page.fill((word & ~clear) | (OUTSTANDING << shift), slot, end);',
        replace: 'page.fill(word | (OUTSTANDING << shift), slot, end);',
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
    first: 16,
  },
  {
    name: 'outstanding-hides-from-a-new-owner',
    rule: 'T-I',
    what: 'what the former owner has not answered is not sent to the next one, and repeats of it are suppressed',
    edits: [
      {
        file: 'coordinator/status/outstanding.js',
        find: 'sent.due = now;\n            sent.pause = 0;\n            sent.attempt = -1;',
        replace: 'sent.due = Number.POSITIVE_INFINITY;',
      },
    ],
    profile: 'zombie',
    seeds: 20,
    first: 7,
  },
  {
    name: 'held-barrier-ignored',
    rule: 'D-6, T-10',
    what: 'the source is read on behind an event that is held for a table without a dispatcher',
    edits: [
      {
        file: 'host/sourceRouter.js',
        find: 'const isFree = unclaimed.barriers === 0 && unclaimed.bytes',
        replace: 'const isFree = unclaimed.bytes',
      },
    ],
    profile: 'lateTable',
    seeds: 5,
    first: 1,
  },
];
