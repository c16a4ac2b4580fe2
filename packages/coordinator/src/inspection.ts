import type { CoordinatorParts } from './coordinatorParts.js';
import type { MergeView } from './merge/merges.js';

/** What a coordinator shows of itself: plain data, for people and tests. */
export interface CoordinatorInspection {
  readonly host: string;
  readonly epoch: number;
  /** Address of the owner; absent before the first bootstrap and after a close. */
  readonly maintainer?: string;
  readonly dispatchers: number;
  readonly workers: readonly {
    readonly address: string;
    readonly dispatchers: number;
    /** Dispatchers by state. `created`: sent to the worker, nothing heard yet. */
    readonly states: Readonly<Record<string, number>>;
    /** Messages that wait for room on the way to it. */
    readonly waiting: number;
    /** Its thread has died, and no replacement runs yet. */
    readonly lost: boolean;
    /** Answers dropped because too much waited. */
    readonly dropped: number;
  }[];
  /** Creates that wait for a worker, or for their handle. */
  readonly waitingCreates: number;
  readonly statuses: {
    /** Stage L. */
    readonly pending: number;
    readonly pendingCapacity: number;
    /** Stage Q: requests. */
    readonly queued: number;
    readonly queueCapacity: number;
    /** T-I: delivered and not answered. */
    readonly outstanding: number;
    /** The most that were at a time. */
    readonly mostOutstanding: number;
    /** Keys in use, all stages together. */
    readonly keys: number;
    /** Block events known. */
    readonly events: number;
    readonly sent: number;
    readonly resent: number;
    /** Repeats suppressed, by the stage in which the equal status was. */
    readonly suppressed: { readonly pending: number; readonly reserved: number; readonly outstanding: number };
    /** Refused by a full pending map; dropped for want of facts; let go at the outstanding capacity. */
    readonly refused: number;
    readonly withoutFacts: number;
    readonly overflowed: number;
    /** The workers' lanes are paused. */
    readonly paused: boolean;
  };
  readonly progress: {
    readonly seq: readonly [number, number];
    readonly checkpointTs: bigint;
    readonly resolvedTs: bigint;
    readonly componentStatuses: number;
    /** The most that waited at a time. */
    readonly mostComponentStatuses: number;
    /** Dispatchers that stopped unasked, of which the maintainer has not confirmed that it knows (K-9). */
    readonly unconfirmed: number;
    readonly heartbeats: number;
    readonly error?: string;
  };
  /** Merges that are not finished. */
  readonly merges: readonly MergeView[];
  /** The global redo ts that this host knows, and the largest that was written down here. */
  readonly redo: { readonly resolvedTs: bigint; readonly written: bigint };
  /** F-12 */
  readonly fenced: boolean;
  /** Workers that have not yet told what they have; only after a restart of the coordinator. */
  readonly recovering: readonly string[];
  /** Orders for the source that wait for room. */
  readonly subscriptions: number;
  /** Targets of answers that were not on this host. */
  readonly lostAnswers: number;
}

/** The parts of a coordinator as plain data. `recovering`: workers whose snapshot is awaited. */
export function inspectCoordinator(parts: CoordinatorParts, recovering: readonly string[]): CoordinatorInspection {
  const { options, ownership, path, placement, progress, heartbeats, merges, redo, fence, flow, router } = parts;
  const { address } = ownership;
  const { checkpointTs, resolvedTs } = heartbeats.latest(0);
  return {
    host: options.host,
    epoch: ownership.epoch,
    ...(address !== undefined && { maintainer: address }),
    dispatchers: placement.size,
    workers: options.workers.map((worker, index) => ({
      address: worker,
      dispatchers: placement.load[index]!,
      states: placement.statesOf(index),
      waiting: parts.outboxes[index]!.length,
      lost: !placement.isOpen(index),
      dropped: parts.outboxes[index]!.dropped,
    })),
    waitingCreates: parts.lifecycle.waiting,
    statuses: {
      pending: path.pending.length,
      pendingCapacity: path.pending.capacity,
      queued: path.queue.length,
      queueCapacity: path.queue.capacity,
      outstanding: path.outstanding.size,
      mostOutstanding: path.outstanding.most,
      keys: path.keys.size,
      events: path.events.size,
      sent: path.sent,
      resent: path.outstanding.resent,
      suppressed: { ...path.pending.suppressed, reserved: path.pending.suppressed.reserved + path.queue.suppressed },
      refused: path.pending.refused,
      withoutFacts: path.withoutFacts,
      overflowed: path.outstanding.overflowed,
      paused: flow.paused,
    },
    progress: {
      seq: [progress.seq(0), progress.seq(1)],
      checkpointTs,
      resolvedTs,
      componentStatuses: heartbeats.waiting,
      mostComponentStatuses: heartbeats.mostWaiting,
      unconfirmed: heartbeats.unconfirmed,
      heartbeats: heartbeats.sent,
      ...(heartbeats.error && { error: `${heartbeats.error.code}: ${heartbeats.error.message}` }),
    },
    merges: merges.views(),
    redo: { resolvedTs: redo.gate, written: redo.written },
    fenced: fence.closed,
    recovering,
    subscriptions: parts.subscriptions.length,
    lostAnswers: router.lost,
  };
}
