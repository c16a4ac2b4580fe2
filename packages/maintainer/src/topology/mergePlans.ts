import { NO_HOST } from '../hosts.js';
import { addWhole } from '../span/parts.js';
import type { TopologyParts } from './contracts.js';

/** A merge that waits until its sources are together. */
interface Plan {
  readonly tableId: number;
  readonly host: number;
  /** In key order. */
  readonly sources: readonly number[];
  /** Sources that are on their way. */
  readonly moving: Set<number>;
  /** Why it is given up. */
  failed: string | undefined;
}

/**
 * Merges of tasks that live on several hosts (T-7): all are brought to the host that has most of them and held there; the
 * last to arrive begins the merge.
 */
export class MergePlans {
  readonly #parts: TopologyParts;
  readonly #plans = new Set<Plan>();

  constructor(parts: TopologyParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#plans.size;
  }

  /** `sources` in key order, next to each other, replicating, without operators. */
  begin(sources: readonly number[]): void {
    const { table, operators } = this.#parts;
    const host = this.#busiestHost(sources);
    const plan: Plan = {
      tableId: table.tableIdOf(sources[0] as number),
      host,
      sources,
      moving: new Set(sources.filter((source) => table.host[source] !== host)),
      failed: undefined,
    };
    this.#plans.add(plan);
    for (const source of sources) {
      if (!plan.moving.has(source)) this.#hold(plan, source);
      else {
        const begun = operators.move(source, host, ({ finished, text }) => {
          plan.moving.delete(source);
          if (finished) this.#hold(plan, source);
          else plan.failed ??= `a source did not reach its host: ${text}`;
        });
        if (!begun) plan.failed ??= 'the host with most of the sources takes no dispatchers now';
      }
    }
    this.#settle(plan);
  }

  /** Begins what is together, gives up what will not be. Not done by the hooks themselves: they run in the midst of operators. */
  advance(): void {
    for (const plan of this.#plans) this.#settle(plan);
  }

  #hold(plan: Plan, source: number): void {
    const isHeld = this.#parts.operators.occupy(source, ({ finished, text }) => {
      if (!finished) plan.failed ??= `a source is gone: ${text}`;
    });
    if (!isHeld) plan.failed ??= 'a source is taken for something else';
  }

  #settle(plan: Plan): void {
    const { operators } = this.#parts;
    if (plan.failed === undefined && plan.moving.size > 0) return;
    this.#plans.delete(plan);
    if (plan.failed === undefined) this.#merge(plan);
    else this.#tell(plan, 'aborted', plan.failed);
    // What a merge did not take over is free again.
    for (const source of plan.sources) operators.release(source);
  }

  #merge(plan: Plan): void {
    const { table, operators, random } = this.#parts;
    const target = addWhole(table, plan.sources, random);
    const begun = operators.merge(target, plan.sources, ({ finished, text }) => {
      this.#tell(plan, finished ? 'finished' : 'aborted', text);
    });
    if (begun) return;
    table.remove(target);
    table.free(target);
    this.#tell(plan, 'aborted', 'a source is taken for something else');
  }

  #tell({ tableId }: Plan, phase: 'finished' | 'aborted', text: string): void {
    this.#parts.tell({ type: 'topology', change: 'merge', phase, tableId, mode: this.#parts.table.mode, text });
  }

  /** The host with most of the tasks; of equals the first. Sources that are absent have none. */
  #busiestHost(sources: readonly number[]): number {
    const { table } = this.#parts;
    const counts = new Map<number, number>();
    for (const source of sources) {
      const host = table.host[source] ?? NO_HOST;
      counts.set(host, (counts.get(host) ?? 0) + 1);
    }
    return [...counts].sort(([a, x], [b, y]) => y - x || a - b)[0]?.[0] ?? NO_HOST;
  }
}
