import type { BlockStatusRequest, EventKey, HostId } from '@tidegate/protocol';
import type { RouteSnapshot } from '../route/routeAdmin.js';
import { BarrierCore, type BarrierParts } from './barrierCore.js';
import type { BarrierEvent } from './barrierEvent.js';
import type { BarrierMessage, CompletedBarrier, OpenBarrier } from './contracts.js';
import { explain } from './explain.js';
import { Intake } from './intake.js';
import { type RebuiltState, rebuild, settleRebuilt } from './rebuild.js';
import { resendRound } from './resendRound.js';

/** What `inspect` shows of one barrier. */
export interface BarrierSnapshot {
  readonly open: readonly OpenBarrier[];
  /** Open events beyond those shown. */
  readonly more: number;
  readonly pendingSchedules: number;
  readonly rememberedSchedules: number;
  /** Completed events above the committed checkpoint, which a dispatcher that is created again may meet. */
  readonly rememberedEvents: number;
  readonly history: readonly CompletedBarrier[];
  /** Absent: names are not routed. */
  readonly routes?: RouteSnapshot;
}

const SHOWN = 32;

/**
 * Keeps the dispatchers of one mode in step at block events (sections 14 to 18): all wait, one writes, the others pass.
 * Pure: says what should be sent, sends nothing. Throws {@link BarrierFault} when an invariant breaks (T-G).
 */
export class Barrier {
  readonly #core: BarrierCore;
  readonly #intake: Intake;

  constructor(parts: BarrierParts) {
    this.#core = new BarrierCore(parts);
    this.#intake = new Intake(this.#core);
  }

  /** Open events. */
  get size(): number {
    return this.#core.events.size;
  }

  /** Time alone brings nothing up. */
  get atRest(): boolean {
    return this.#core.events.size === 0 && this.#core.heap.size === 0;
  }

  /** Events whose tables wait to be scheduled. */
  get pendingSchedules(): number {
    return this.#core.heap.size;
  }

  /** The tracked event of a key. */
  find(key: EventKey): BarrierEvent | undefined {
    return this.#core.find(key);
  }

  /**
   * Handles one batch of statuses. The first message is the reply to `from`, even when it is empty (B-10); others carry
   * actions to writers on other hosts.
   */
  handle(from: HostId, request: BlockStatusRequest): BarrierMessage[] {
    return this.#intake.handle(from, request);
  }

  /** Sends again what is due at `now`, completes what is complete (sections 17, 18). Cheap when there is nothing to do. */
  resend(now: number): BarrierMessage[] {
    return this.#core.events.size === 0 ? [] : resendRound(this.#core, now);
  }

  /** True once after something moved on: worth a {@link resend} at once instead of at the next tick (T-E). */
  takeProgress(): boolean {
    const { progress } = this.#core;
    this.#core.progress = false;
    return progress;
  }

  /** S-7: before the first request. Follow with {@link settleRebuilt}. */
  rebuild(states: readonly RebuiltState[]): void {
    rebuild(this.#core, states);
  }

  /** W-5: selects what the rebuilt reports cover already, forwards what is proven over. */
  settleRebuilt(): BarrierMessage[] {
    return settleRebuilt(this.#core).map(({ host, answer }) => ({ to: this.#core.hostName(host), answers: [answer] }));
  }

  /** The trigger's own heartbeat says that it is there (W-14). */
  triggerReported(checkpointTs: bigint): void {
    if (checkpointTs > this.#core.triggerReported) this.#core.triggerReported = checkpointTs;
  }

  /** K-7: no dispatcher starts below it any more, so none meets an event again that lies there, nor brings the trigger back to it. */
  committed(checkpointTs: bigint): void {
    const { completed, scheduled } = this.#core;
    if (completed.size > 0) completed.passed(checkpointTs);
    if (scheduled.size > 0) scheduled.passed(checkpointTs);
  }

  /** K-3b: the checkpoint may not pass the smallest event that adds tables. */
  checkpointBound(): bigint | undefined {
    return this.#core.checkpointBound();
  }

  inspect(now: number): BarrierSnapshot {
    this.#core.time = now;
    const events = [...this.#core.events.values()];
    const routes = this.#core.routes.inspect();
    return {
      open: events.slice(0, SHOWN).map((event) => explain(this.#core, event)),
      more: Math.max(0, events.length - SHOWN),
      pendingSchedules: this.#core.heap.size,
      rememberedSchedules: this.#core.scheduled.size,
      rememberedEvents: this.#core.completed.size,
      history: [...this.#core.history],
      ...(routes && { routes }),
    };
  }
}
