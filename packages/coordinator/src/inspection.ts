import type { Outbox } from './dispatchers/outbox.js';
import type { Placement } from './dispatchers/placement.js';
import type { Progress } from './dispatchers/progress.js';
import type { Subscriptions } from './dispatchers/subscriptions.js';
import type { Heartbeats } from './maintainer/heartbeats.js';
import type { Ownership } from './maintainer/ownership.js';
import type { ResolvedOptions } from './options.js';
import type { StatusPath } from './status/statusPath.js';

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
    /** Answers dropped because too much waited. */
    readonly dropped: number;
  }[];
  readonly statuses: {
    /** Stage L. */
    readonly pending: number;
    readonly pendingCapacity: number;
    /** Stage Q: requests. */
    readonly queued: number;
    readonly queueCapacity: number;
    /** T-I: delivered and not answered. */
    readonly outstanding: number;
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
    readonly heartbeats: number;
    readonly error?: string;
  };
  /** Orders for the source that wait for room. */
  readonly subscriptions: number;
  /** Targets of answers that were not on this host. */
  readonly lostAnswers: number;
}

export interface InspectionParts {
  readonly options: ResolvedOptions;
  readonly ownership: Ownership;
  readonly path: StatusPath;
  readonly placement: Placement;
  readonly outboxes: readonly Outbox[];
  readonly subscriptions: Subscriptions;
  readonly progress: Progress;
  readonly heartbeats: Heartbeats;
  readonly lostAnswers: number;
  readonly paused: boolean;
}

export function inspectCoordinator(parts: InspectionParts): CoordinatorInspection {
  const { options, ownership, path, placement, progress, heartbeats } = parts;
  const { address } = ownership;
  const { checkpointTs, resolvedTs } = progress.latest(0);
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
      dropped: parts.outboxes[index]!.dropped,
    })),
    statuses: {
      pending: path.pending.length,
      pendingCapacity: path.pending.capacity,
      queued: path.queue.length,
      queueCapacity: path.queue.capacity,
      outstanding: path.outstanding.size,
      keys: path.keys.size,
      events: path.events.size,
      sent: path.sent,
      resent: path.outstanding.resent,
      suppressed: { ...path.pending.suppressed, reserved: path.pending.suppressed.reserved + path.queue.suppressed },
      refused: path.pending.refused,
      withoutFacts: path.withoutFacts,
      overflowed: path.outstanding.overflowed,
      paused: parts.paused,
    },
    progress: {
      seq: [progress.seq(0), progress.seq(1)],
      checkpointTs,
      resolvedTs,
      componentStatuses: heartbeats.waiting,
      heartbeats: heartbeats.sent,
      ...(heartbeats.error && { error: `${heartbeats.error.code}: ${heartbeats.error.message}` }),
    },
    subscriptions: parts.subscriptions.length,
    lostAnswers: parts.lostAnswers,
  };
}
