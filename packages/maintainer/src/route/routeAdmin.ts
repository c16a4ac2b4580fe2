import type { RouteAdmission, RouteAdmit } from '@tidegate/protocol';
import { BarrierFault, MaintainerStartError } from '../errors.js';
import { Ownership, type RouteConflict } from './ownership.js';

/** Whether a DDL may go on, as far as its routes are concerned. */
export type RouteVerdict =
  | { readonly state: 'ready' }
  /** An earlier transition has to be applied first. */
  | { readonly state: 'behind'; readonly commitTs: bigint }
  /** `isNews`: not told before of this transition. */
  | { readonly state: 'conflict'; readonly conflict: RouteConflict; readonly isNews: boolean }
  /** The queue, or the list of owners, is at its bound: ask again. */
  | { readonly state: 'full' };

/** What `inspect` shows of route admission. */
export interface RouteSnapshot {
  /** Tables that have a target. */
  readonly owners: number;
  /** Commit ts of the last transition that was applied. */
  readonly appliedTs: bigint;
  readonly applied: number;
  /** The first transitions that wait, in commit order, and how many more there are. */
  readonly queue: readonly { readonly commitTs: bigint; readonly admissions: number; readonly conflict?: RouteConflict }[];
  readonly more: number;
  /** Transitions that came after a later one had been applied and were passed over (N-2). */
  readonly late: number;
  readonly refusedAtBound: number;
}

interface Transition {
  readonly commitTs: bigint;
  readonly admissions: readonly RouteAdmission[];
  /** The transition right before it, as the trigger met them; undefined: not known. */
  readonly after: bigint | undefined;
  conflict: RouteConflict | undefined;
  told: boolean;
}

const READY: RouteVerdict = { state: 'ready' };
const FULL: RouteVerdict = { state: 'full' };
const SHOWN = 32;
/** Applied transitions that are remembered by their ts, to tell a repeat from one that comes late. */
const REMEMBERED = 1024;

/**
 * Admits what DDLs do to routed names, one transition after the other in commit order, so that no two tables are ever routed
 * to one target (N-2). Pure. Reports of the trigger may be lost and come again: each names the one before it, which is
 * waited for. One that comes after a later one was applied counts as applied, by its ts, and `late` counts it.
 */
export class RouteAdmin {
  readonly #ownership = new Ownership();
  readonly #queue: Transition[] = [];
  readonly #remembered = new Set<bigint>();
  readonly #queueBound: number;
  readonly #ownerBound: number;
  #appliedTs: bigint;
  /** At or below it nothing is remembered. */
  #forgottenTs: bigint;
  #applied = 0;
  #late = 0;
  #refused = 0;

  /**
   * @param owners who has which target at `startTs`: no transition at or below it is applied again.
   * @param bounds of waiting transitions (default 65 536; at it the latest has to come again) and of tables with a target
   * (default 2^24; at it transitions wait).
   * @throws MaintainerStartError when two of the owners have the same target.
   */
  constructor(
    owners: readonly RouteAdmit[],
    startTs: bigint,
    bounds: { readonly queue?: number; readonly owners?: number } = {},
  ) {
    this.#appliedTs = startTs;
    this.#forgottenTs = startTs;
    this.#queueBound = bounds.queue ?? 65_536;
    this.#ownerBound = bounds.owners ?? 0x100_0000;
    const conflict = this.#ownership.conflictOf(owners);
    if (conflict !== undefined) throw new MaintainerStartError(`${sentence(conflict)}; change the routing rules (N-2)`);
    this.#ownership.apply(owners);
  }

  /**
   * Whether the transition at `commitTs` could be applied now; if not, it waits in the queue from now on. `after` names the
   * one right before it: its report may be lost, and come again.
   */
  precheck(commitTs: bigint, admissions: readonly RouteAdmission[], after?: bigint): RouteVerdict {
    if (admissions.length === 0) return READY;
    if (commitTs <= this.#appliedTs) {
      this.#noteLate(commitTs);
      return READY;
    }
    const transition = this.#enqueue({ commitTs, admissions, after, conflict: undefined, told: false });
    const head = this.#queue[0];
    if (transition === undefined || head === undefined || this.#ownership.size + admissions.length > this.#ownerBound) {
      this.#refused++;
      return FULL;
    }
    if (head !== transition) return { state: 'behind', commitTs: head.commitTs };
    if (this.#isAhead(head)) return { state: 'behind', commitTs: head.after as bigint };
    transition.conflict = this.#ownership.conflictOf(transition.admissions);
    if (transition.conflict === undefined) return READY;
    const isNews = !transition.told;
    transition.told = true;
    return { state: 'conflict', conflict: transition.conflict, isNews };
  }

  /**
   * Applies a transition that {@link precheck} found ready. False: nothing to do, it has no admissions or was applied.
   *
   * @throws BarrierFault for any other than the head of the queue, or one that conflicts.
   */
  apply(commitTs: bigint, admissions: readonly RouteAdmission[]): boolean {
    if (admissions.length === 0 || commitTs <= this.#appliedTs) return false;
    const head = this.#queue[0];
    if (head?.commitTs !== commitTs || this.#isAhead(head) || this.#ownership.conflictOf(head.admissions) !== undefined) {
      const what = `the routes of the DDL at ${commitTs} are to change out of turn or against others (N-2)`;
      throw new BarrierFault('ROUTE_ORDER', `${what}; the dump shows the queue`, this.inspect());
    }
    this.#ownership.apply(head.admissions);
    this.#queue.shift();
    this.#appliedTs = commitTs;
    this.#applied++;
    this.#remember(commitTs);
    return true;
  }

  /** Why the transition at `commitTs` waits, for a person; undefined when it does not. */
  explain(commitTs: bigint): string | undefined {
    const head = this.#queue[0];
    const transition = this.#queue[this.#indexOf(commitTs)];
    if (head === undefined || transition?.commitTs !== commitTs) return undefined;
    const problem = head.conflict && sentence(head.conflict);
    if (this.#isAhead(head) && head === transition)
      return `Its routes may change only after those of the DDL at ${head.after}, which is still to be reported.`;
    if (head === transition) return problem && `It may not go on: ${problem}.`;
    return `Its routes may change only after those of the DDL at ${head.commitTs}${problem ? `, where ${problem}` : ''}.`;
  }

  /** The table that has a target, both as `` `schema`.`table` ``. */
  ownerOf(target: string): string | undefined {
    return this.#ownership.ownerOf(target);
  }

  inspect(): RouteSnapshot {
    const queue = this.#queue.slice(0, SHOWN).map(({ commitTs, admissions, conflict }) => {
      return { commitTs, admissions: admissions.length, ...(conflict && { conflict }) };
    });
    return {
      owners: this.#ownership.size,
      appliedTs: this.#appliedTs,
      applied: this.#applied,
      queue,
      more: this.#queue.length - queue.length,
      late: this.#late,
      refusedAtBound: this.#refused,
    };
  }

  /** The one right before it is still to be applied. */
  #isAhead({ after }: Transition): boolean {
    return after !== undefined && after > this.#appliedTs;
  }

  /** Sorted, once per ts. At the bound the latest goes: whoever waits for it asks again. */
  #enqueue(transition: Transition): Transition | undefined {
    const index = this.#indexOf(transition.commitTs);
    const known = this.#queue[index];
    if (known?.commitTs === transition.commitTs) return known;
    if (this.#queue.length >= this.#queueBound) {
      if (index === this.#queue.length) return undefined;
      this.#queue.pop();
    }
    this.#queue.splice(index, 0, transition);
    return transition;
  }

  /** Where a ts stands in the queue, or would. */
  #indexOf(commitTs: bigint): number {
    let low = 0;
    let high = this.#queue.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#queue[middle] as Transition).commitTs < commitTs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #noteLate(commitTs: bigint): void {
    if (commitTs <= this.#forgottenTs || this.#remembered.has(commitTs)) return;
    this.#late++;
    this.#remember(commitTs);
  }

  #remember(commitTs: bigint): void {
    this.#remembered.add(commitTs);
    if (this.#remembered.size <= REMEMBERED) return;
    for (const oldest of this.#remembered) {
      this.#remembered.delete(oldest);
      if (oldest > this.#forgottenTs) this.#forgottenTs = oldest;
      return;
    }
  }
}

/** A conflict in words, with both sources and the target (N-2). */
export function sentence({ source, owner, target }: RouteConflict): string {
  return `tables ${source} and ${owner} are both routed to ${target}, which ${owner} has`;
}
