import type { Mutant } from './mutant.js';

/** Mistakes in the admission of routes (section 23). */
export const ROUTE_MUTANTS: readonly Mutant[] = [
  {
    name: 'routes-out-of-order',
    rule: 'N-2',
    what: 'a transition does not wait for the one before it, whose report was lost',
    edits: [
      {
        file: 'maintainer/route/routeAdmin.js',
        find: 'return after !== undefined && after > this.#appliedTs;',
        replace: 'return false;',
      },
    ],
    profile: 'routes',
    seeds: 60,
    first: 1,
  },
  {
    name: 'conflict-ignored',
    rule: 'N-2',
    what: 'a table takes the target of another',
    edits: [
      {
        file: 'maintainer/route/routeAdmin.js',
        find: 'transition.conflict = this.#ownership.conflictOf(transition.admissions);',
        replace: 'transition.conflict = undefined;',
      },
      {
        file: 'maintainer/route/routeAdmin.js',
        find: '|| this.#ownership.conflictOf(head.admissions) !== undefined',
        replace: '',
      },
    ],
    profile: 'routes',
    seeds: 20,
    first: 6,
  },
  {
    name: 'conflict-told-again',
    rule: 'N-2',
    what: 'a conflict is told whenever the report comes again',
    edits: [{ file: 'maintainer/route/routeAdmin.js', find: 'transition.told = true;', replace: '' }],
    profile: 'routes',
    seeds: 20,
    first: 6,
  },
  {
    name: 'refused-report-counts',
    rule: 'B-24, B-25',
    what: 'the report of a trigger whose DDL is refused is counted, and the DDL written',
    edits: [
      {
        file: 'maintainer/barrier/statuses.js',
        find: 'if (fromTrigger && !core.routes.ready(event))\n        return Outcome.SILENT;',
        replace: '',
      },
      {
        file: 'maintainer/barrier/statuses.js',
        find: 'if (!core.routes.ready(event))\n        return Outcome.SILENT;',
        replace: 'core.routes.ready(event);',
      },
    ],
    profile: 'routes',
    seeds: 30,
    first: 8,
  },
  {
    name: 'refused-none-scheduled',
    rule: 'B-27',
    what: 'tables of a DDL that is refused are scheduled',
    edits: [
      {
        file: 'maintainer/barrier/statuses.js',
        find: 'if (!core.routes.settle(facts))\n        return Outcome.SILENT;',
        replace: 'core.routes.settle(facts);',
      },
    ],
    profile: 'routes',
    seeds: 20,
    first: 1,
  },
  {
    name: 'routes-change-at-selection',
    rule: 'N-3, B-17',
    what: 'routes change when the writer is chosen, before it has written',
    edits: [
      {
        file: 'maintainer/barrier/statuses.js',
        find: 'core.writes.push(core.select(event, handle));',
        replace: 'core.routes.settle(event);\n    core.writes.push(core.select(event, handle));',
      },
    ],
    profile: 'routes',
    seeds: 20,
    first: 1,
  },
];
