import type { EventKey, Mode, RouteAdmission } from '@tidegate/protocol';
import type { BarrierObserver } from '../barrier/contracts.js';
import { type RouteAdmin, type RouteSnapshot, sentence } from './routeAdmin.js';

/** A DDL, as far as its routes are concerned. */
interface Routed {
  readonly key: EventKey;
  readonly admissions: readonly RouteAdmission[];
  readonly admissionsAfter?: bigint | undefined;
}

/**
 * The barrier's side of route admission (N-3): asks before a DDL goes on, and tells of a conflict, once. Without an admin
 * names are not routed and everything is ready.
 */
export class RouteGate {
  readonly #admin: RouteAdmin | undefined;
  readonly #mode: Mode;
  readonly #observer: BarrierObserver;
  readonly #applied: () => void;

  constructor(parts: {
    readonly admin: RouteAdmin | undefined;
    readonly mode: Mode;
    readonly observer: BarrierObserver;
    /** Called after each transition: others may be ready now. */
    readonly applied: () => void;
  }) {
    this.#admin = parts.admin;
    this.#mode = parts.mode;
    this.#observer = parts.observer;
    this.#applied = parts.applied;
  }

  /** Names are routed: events are looked at in the order of their keys (B-54). */
  get active(): boolean {
    return this.#admin !== undefined;
  }

  /** N-2: the routes of the DDL may change now. N-4: those of a sync point never do. */
  ready({ key, admissions, admissionsAfter }: Routed): boolean {
    if (this.#admin === undefined || key.isSyncPoint) return true;
    const verdict = this.#admin.precheck(key.commitTs, admissions, admissionsAfter);
    if (verdict.state === 'conflict' && verdict.isNews) {
      this.#observer.count('route.conflicts');
      const text = `The DDL at ${key.commitTs} waits: ${sentence(verdict.conflict)}. Change the routing rules and start again.`;
      this.#observer.event({ type: 'route-conflict', key, mode: this.#mode, ...verdict.conflict, text });
    }
    return verdict.state === 'ready';
  }

  /** The DDL was written: its routes change, if they may. False: not yet. */
  settle(routed: Routed): boolean {
    if (!this.ready(routed)) return false;
    if (this.#admin === undefined || routed.key.isSyncPoint) return true;
    if (this.#admin.apply(routed.key.commitTs, routed.admissions)) this.#applied();
    return true;
  }

  /** Why a DDL waits for its routes, if it does. */
  explain({ key }: Routed): string | undefined {
    return key.isSyncPoint ? undefined : this.#admin?.explain(key.commitTs);
  }

  inspect(): RouteSnapshot | undefined {
    return this.#admin?.inspect();
  }
}
