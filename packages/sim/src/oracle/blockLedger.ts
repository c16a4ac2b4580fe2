import { type BlockEvent, eventKeyOf, formatEventKey } from '@tidegate/protocol';
import type { BlockFact, Workload } from '../workload/workload.js';
import type { RowLedger } from './rowLedger.js';
import type { Violations } from './violation.js';

/** A block event that is with a sink. */
export interface OpenBlock {
  readonly worker: string;
  readonly fact: BlockFact;
  /** The sink's record has it already: nothing happens downstream. */
  readonly repeated: boolean;
}

/**
 * What the sinks have of the block events of one pipeline: each takes effect once, in order for each table, with everything
 * below it durable and nothing above it begun. It stands for a sink that records what it executed, over all lives of a run.
 */
export class BlockLedger {
  readonly #workload: Workload;
  readonly #violations: Violations;
  readonly #rows: RowLedger;
  readonly #withoutSyncPoints: boolean;
  readonly #byKey: ReadonlyMap<string, BlockFact>;
  readonly #done: Uint8Array;
  readonly #open = new Map<number, OpenBlock>();
  /** Place of the first event that is not done among those of a table. */
  readonly #next = new Map<number, number>();
  /** By whom an event was executed: a repetition needs a dispatcher that was created since, or another worker. */
  readonly #executed = new Map<number, Set<string>>();
  /** How often a dispatcher of a table was created. */
  readonly #created = new Map<number, number>();
  #repeats = 0;

  constructor(workload: Workload, violations: Violations, rows: RowLedger, withoutSyncPoints = false) {
    this.#workload = workload;
    this.#violations = violations;
    this.#rows = rows;
    this.#withoutSyncPoints = withoutSyncPoints;
    this.#byKey = new Map(workload.blocks.map((fact) => [formatEventKey(fact.key), fact]));
    this.#done = new Uint8Array(workload.blocks.length);
  }

  /** Executions of what was already on record. */
  get repeats(): number {
    return this.#repeats;
  }

  factOf(key: string): BlockFact | undefined {
    return this.#byKey.get(key);
  }

  isDone(fact: BlockFact): boolean {
    return fact.silent || (this.#withoutSyncPoints && fact.key.isSyncPoint) || this.#done[fact.index] === 1;
  }

  isOpen(fact: BlockFact): boolean {
    return this.#open.has(fact.index);
  }

  /** A dispatcher of a table was created: it may have to execute again what its predecessor did. */
  created(tableId: number): void {
    this.#created.set(tableId, (this.#created.get(tableId) ?? 0) + 1);
  }

  /** A sink was asked to execute an event. `incarnation` names the worker and its life. */
  begin(incarnation: string, event: BlockEvent): OpenBlock | undefined {
    const key = formatEventKey(eventKeyOf(event));
    const fact = this.#byKey.get(key);
    if (fact === undefined) {
      this.#violations.report('EXTRA', `${incarnation} was given ${nameOf(event)}, which the log does not have`);
      return undefined;
    }
    const other = this.#open.get(fact.index);
    if (other !== undefined)
      this.#violations.report('I-1', `${incarnation} executes ${nameOf(event)} while ${other.worker} is executing it`);
    const executor = `${incarnation} ${fact.tables.reduce((sum, table) => sum + (this.#created.get(table) ?? 0), 0)}`;
    const by = this.#executed.get(fact.index) ?? new Set();
    this.#executed.set(fact.index, by);
    if (by.has(executor)) this.#violations.report('I-1', `${incarnation} was told twice to execute ${nameOf(event)}`);
    by.add(executor);
    const repeated = this.#done[fact.index] === 1;
    if (repeated) this.#repeats++;
    else this.#checkBegin(incarnation, fact);
    const open = { worker: incarnation, fact, repeated };
    this.#open.set(fact.index, open);
    return open;
  }

  end(open: OpenBlock): void {
    this.#close(open);
    this.#done[open.fact.index] = 1;
  }

  /** The worker has died in the middle, or the sink has failed. */
  abandon(open: OpenBlock, effective: boolean): void {
    this.#close(open);
    if (effective) this.#done[open.fact.index] = 1;
  }

  /** I-2: what comes before a row of a table at `commitTs` and is not done. */
  before(tableId: number, commitTs: bigint): BlockFact | undefined {
    const first = this.#firstOpen(tableId);
    return first !== undefined && first.key.commitTs < commitTs ? first : undefined;
  }

  /** At the end of a run: what was never executed. */
  finish(): void {
    for (const fact of this.#workload.blocks) {
      if (!this.isDone(fact)) this.#violations.report('LOST', `${nameOf(fact.event)} was never executed`);
    }
  }

  #checkBegin(worker: string, fact: BlockFact): void {
    const name = nameOf(fact.event);
    for (const table of fact.tables) {
      const first = this.#firstOpen(table);
      if (first !== undefined && first !== fact)
        this.#violations.report('ORDER', `${worker} executes ${name} before ${nameOf(first.event)}`, { tableId: table });
      if (table === 0) continue;
      const missing = this.#rows.firstMissing(table, fact.key.commitTs);
      if (missing === undefined) continue;
      const row = this.#workload.rows[missing];
      this.#violations.report(
        'I-3',
        `${worker} executes ${name} while the row of table ${table} at ${row?.commitTs} is not durable`,
        {
          tableId: table,
          commitTs: String(row?.commitTs),
        },
      );
    }
  }

  #firstOpen(tableId: number): BlockFact | undefined {
    const facts = this.#workload.blocksOf.get(tableId);
    if (facts === undefined) return undefined;
    let at = this.#next.get(tableId) ?? 0;
    while (at < facts.length && this.isDone(facts[at] as BlockFact)) at++;
    this.#next.set(tableId, at);
    return facts[at];
  }

  #close(open: OpenBlock): void {
    if (this.#open.get(open.fact.index) === open) this.#open.delete(open.fact.index);
  }
}

/** A block event in words. */
export function nameOf(event: BlockEvent): string {
  return event.type === 'ddl' ? `"${event.query}" at ${event.commitTs}` : `the sync point at ${event.commitTs}`;
}
