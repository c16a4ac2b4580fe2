import type { DispatcherConfig, MaintainerEvent } from '@tidegate/protocol';
import { ownersOf } from '../workload/routing.js';
import { snapshotAt, type Workload } from '../workload/workload.js';
import type { Oracle } from './oracle.js';
import type { Violations } from './violation.js';

/** What a maintainer shows of its routes. */
interface Shown {
  readonly changefeed?: {
    readonly barrier: {
      readonly routes?: {
        readonly owners: number;
        readonly appliedTs: bigint;
        readonly late: number;
        readonly more: number;
        readonly queue: readonly unknown[];
      };
    };
  };
}

/**
 * Section 23: targets change owners in commit order and none is passed over; who claims the target of another is refused, by
 * name and once in the life of a maintainer, and nothing comes of what it wanted. Watches one life of a run.
 */
export class RouteWatch {
  readonly #workload: Workload;
  readonly #violations: Violations;
  readonly #oracle: Oracle;
  /** Epochs whose maintainer has told of the conflict. */
  readonly #told = new Set<number>();
  /** Owners by the ts up to which transitions are applied. */
  readonly #owners = new Map<bigint, number>();
  /** Block events of the log that were found executed when their transitions were applied. */
  #executed = 0;

  constructor(workload: Workload, violations: Violations, oracle: Oracle) {
    this.#workload = workload;
    this.#violations = violations;
    this.#oracle = oracle;
  }

  /** A maintainer of `epoch` tells of something. True: of the conflict that the log has. */
  event(event: MaintainerEvent, epoch: number): boolean {
    const refused = this.#workload.routing?.refused;
    if (event.type === 'checkpoint' && refused !== undefined && event.checkpointTs >= refused.commitTs)
      this.#broken(`the checkpoint is at ${event.checkpointTs}, and the DDL at ${refused.commitTs} is refused`);
    if (event.type !== 'route-conflict') return false;
    const { key, source, owner, target, text } = event;
    const isMeant = key.commitTs === refused?.commitTs && source === refused.source && owner === refused.owner;
    if (!isMeant || target !== refused.target) this.#broken(`there is no such conflict: ${text}`);
    else if (this.#told.has(epoch))
      this.#broken(`the conflict at ${key.commitTs} is told twice by the maintainer of epoch ${epoch}`);
    this.#told.add(epoch);
    return isMeant;
  }

  /** A dispatcher is created. */
  created({ tableId, mode }: DispatcherConfig): void {
    const refused = this.#workload.routing?.refused;
    if (mode === 0 && refused?.adds.includes(tableId) === true)
      this.#broken(`table ${tableId} is scheduled, and the DDL at ${refused.commitTs} that adds it is refused`);
  }

  /** Looks at what the maintainer shows. */
  check(shown: unknown): void {
    const { routing } = this.#workload;
    const { changefeed } = (shown ?? {}) as Shown;
    if (routing === undefined || changefeed === undefined) return;
    const { routes } = changefeed.barrier;
    if (routes === undefined) {
      this.#broken('names are routed, and the maintainer does not know');
      return;
    }
    const { owners, appliedTs, late } = routes;
    const expected = this.#ownersAt(appliedTs);
    if (owners !== expected) this.#broken(`${owners} tables have a target at ${appliedTs}, and the log has ${expected}`);
    if (late > 0) this.#broken(`${late} transitions were passed over, for later ones had been applied`);
    this.#checkExecuted(appliedTs);
    const { refused } = routing;
    if (refused === undefined) return;
    if (appliedTs >= refused.commitTs)
      this.#broken(`transitions up to ${appliedTs} are applied, and the DDL at ${refused.commitTs} is refused`);
    const fact = this.#oracle.blocks.factOf(String(refused.commitTs));
    if (refused.blocks && fact !== undefined && (this.#oracle.blocks.isOpen(fact) || this.#oracle.blocks.isDone(fact)))
      this.#broken(`the DDL at ${refused.commitTs} is executed, and it is refused`);
  }

  /** All is quiet at the end of the log: every transition is applied, and none waits. */
  finish(shown: unknown): void {
    this.check(shown);
    const routes = (shown as Shown | undefined)?.changefeed?.barrier.routes;
    if (routes === undefined) return;
    const { queue, more, appliedTs } = routes;
    if (queue.length + more > 0) this.#broken(`${queue.length + more} transitions wait when all is quiet`);
    const last = this.#workload.events.findLast((event) => event.type === 'ddl' && event.admissions.length > 0);
    if (last?.type === 'ddl' && last.commitTs > appliedTs)
      this.#broken(`transitions are applied up to ${appliedTs}, and the last is at ${last.commitTs}`);
  }

  /** N-3: routes change when the DDL is written. */
  #checkExecuted(appliedTs: bigint): void {
    const { blocks } = this.#workload;
    for (let fact = blocks[this.#executed]; fact !== undefined && fact.key.commitTs <= appliedTs; fact = blocks[++this.#executed])
      if (fact.event.type === 'ddl' && fact.event.admissions.length > 0 && !this.#oracle.blocks.isDone(fact))
        this.#broken(`the routes of the DDL at ${fact.key.commitTs} have changed, and it is not executed`);
  }

  #ownersAt(ts: bigint): number {
    let owners = this.#owners.get(ts);
    if (owners === undefined) {
      const { routing } = this.#workload;
      const { tables } = snapshotAt(this.#workload, ts);
      owners = routing === undefined ? 0 : ownersOf(tables, routing).length;
      this.#owners.set(ts, owners);
    }
    return owners;
  }

  #broken(text: string): void {
    this.#violations.report('N-2', text);
  }
}
