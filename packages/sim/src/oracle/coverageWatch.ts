import {
  type BlockStatusRequest,
  type BootstrapResponse,
  type DispatcherConfig,
  type EventKey,
  formatEventKey,
  type Mode,
  Stage,
} from '@tidegate/protocol';
import type { Workload } from '../workload/workload.js';
import { rangeOf } from './keyRange.js';
import type { Oracle } from './oracle.js';
import { parkedOf } from './statusWatch.js';
import type { Violations } from './violation.js';

const LAST_KEY = 0x1_0000;

interface Report {
  readonly from: number;
  readonly to: number;
}

/**
 * I-6: when an event for a schema or for everything is selected, every table that the log has below it must have reported, with
 * all its keys. A table whose schedule is outstanding cannot have: nobody is there to report.
 */
export class CoverageWatch {
  readonly #workload: Workload;
  readonly #violations: Violations;
  readonly #oracles: readonly Oracle[];
  readonly #configs = new Map<string, DispatcherConfig>();
  /** By mode and event: by table. */
  readonly #reports = new Map<string, Map<number, Report[]>>();

  constructor(workload: Workload, violations: Violations, oracles: readonly Oracle[]) {
    this.#workload = workload;
    this.#violations = violations;
    this.#oracles = oracles;
  }

  created(config: DispatcherConfig): void {
    this.#configs.set(`${config.handle}.${config.generation}`, config);
  }

  /** A request reaches the maintainer. */
  statuses({ mode, events, handle, generation, event, stage }: BlockStatusRequest): void {
    for (const [i, each] of stage.entries()) {
      if (each !== Stage.WAITING) continue;
      const config = this.#configs.get(`${handle[i]}.${generation[i]}`);
      const { key } = events[event[i] as number] as { readonly key: EventKey };
      if (config !== undefined) this.#report(mode, formatEventKey(key), config);
    }
  }

  /** What a host has reaches a maintainer of the next epoch. */
  bootstrap(response: BootstrapResponse): void {
    for (const { config, event } of parkedOf(response)) this.#report(config.mode, event, config);
  }

  /** The maintainer has chosen who writes an event. */
  selected(mode: Mode, key: EventKey): void {
    const oracle = this.#oracles[mode];
    const fact = oracle?.blocks.factOf(formatEventKey(key));
    // Selected again, by a later maintainer: those beyond it do not report any more (B-60).
    if (oracle === undefined || fact === undefined || oracle.blocks.isDone(fact)) return;
    const reports = this.#reports.get(`${mode} ${formatEventKey(key)}`);
    for (const table of fact.tables) {
      if (this.#workload.addedBy.get(table) === fact || covers(reports?.get(table))) continue;
      this.#violations.report(
        'I-6',
        `${fact.event.type === 'ddl' ? fact.event.query : 'the sync point'} at ${key.commitTs} is selected, and table ${table} has not reported`,
      );
    }
  }

  #report(mode: Mode, event: string, config: DispatcherConfig): void {
    const name = `${mode} ${event}`;
    const tables = this.#reports.get(name) ?? new Map<number, Report[]>();
    this.#reports.set(name, tables);
    const reports = tables.get(config.tableId) ?? [];
    tables.set(config.tableId, reports);
    const range = rangeOf(config);
    if (!reports.some(({ from, to }) => from === range.from && to === range.to)) reports.push(range);
  }
}

function covers(reports: readonly Report[] | undefined): boolean {
  if (reports === undefined) return false;
  let reached = 0;
  for (const { from, to } of [...reports].sort((one, other) => one.from - other.from)) {
    if (from > reached) return false;
    reached = Math.max(reached, to);
  }
  return reached >= LAST_KEY;
}
