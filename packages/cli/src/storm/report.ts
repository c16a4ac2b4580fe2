import type { StormCause } from './options.js';
import type { StormCounts, StormDepths } from './sample.js';

/** What one thread used. Shares are of one core; undefined where the platform does not tell, or nothing was seen. */
export interface ThreadReport {
  readonly name: string;
  /** Milliseconds of processor time from the event to the end. */
  readonly cpu: number | undefined;
  readonly atRest: number | undefined;
  /** Between the first and the last look while nobody could go on. */
  readonly held: number | undefined;
  /** Bytes: at rest, and at most during the storm. */
  readonly heapRest: number;
  readonly heapPeak: number;
}

/** How a storm went. Times in milliseconds, memory in bytes. */
export interface StormReport {
  /** `stopped`: it was ended early; the figures are those of the last look. */
  readonly outcome: 'completed' | 'stopped';
  readonly cause: StormCause;
  /** The table trigger is one more participant. */
  readonly dispatchers: number;
  readonly workers: number;
  readonly hold: number;
  readonly resend: number;
  readonly counts: StormCounts;
  /** Statuses that the protocol needs: one WAITING and one DONE of each participant. */
  readonly needed: number;
  /** What was offered for each status that reached the maintainer. */
  readonly offeredToReceived: number;
  /** What reached the maintainer for each status that the protocol needs. */
  readonly receivedToNeeded: number;
  readonly times: {
    /** Until every dispatcher worked; undefined where the storm was ended before. */
    readonly start: number | undefined;
    /** How long nobody could go on, as it really was: from the stall to its end, or from the first WAITING to the last. */
    readonly held: number | undefined;
    /** From then until the barrier was completed. */
    readonly completion: number | undefined;
    /** From the event to the end; 0 where the storm was ended before the event. */
    readonly storm: number;
  };
  readonly memory: { readonly rest: number; readonly peak: number };
  readonly threads: readonly ThreadReport[];
  /** Processor time of the whole process from the event to the end, helpers of the engine included. */
  readonly processCpu: number;
  /** The most that was seen waiting at once. */
  readonly most: StormDepths;
  /** What does not add up; nothing if the storm was completed as it should. */
  readonly faults: readonly string[];
}

/** Statuses of which it is known what became of them before they reached the maintainer. */
export function accountedFor({ suppressed, refused, sent, resent }: StormCounts): number {
  return suppressed.worker + suppressed.pending + suppressed.queue + suppressed.outstanding + refused + sent - resent;
}

/** What is the matter with the figures of a completed storm, in words. */
export function faultsOf(counts: StormCounts, syncPoints: number, most: StormDepths, participants: number): string[] {
  const faults: string[] = [];
  const { offered, suppressed, refused, sent, resent, received, handled } = counts;
  const accounted = suppressed.worker + suppressed.pending + suppressed.queue + suppressed.outstanding + refused + sent - resent;
  if (offered !== accounted) faults.push(`${offered} statuses were offered, and ${accounted} are accounted for`);
  if (received > sent) faults.push(`${received} statuses were received, and ${sent} sent`);
  if (handled < 2 * participants)
    faults.push(`${handled} statuses were handled; a barrier of ${participants} needs ${2 * participants}`);
  if (syncPoints !== 1) faults.push(`the sinks were told of the sync point ${syncPoints} times instead of once`);
  if (most.pending > most.pendingBound) faults.push(`the pending map held ${most.pending}, and may hold ${most.pendingBound}`);
  if (most.queue > most.queueBound) faults.push(`the request queue held ${most.queue}, and may hold ${most.queueBound}`);
  return faults;
}

/** The larger of each depth. */
export function deepest(one: StormDepths | undefined, other: StormDepths): StormDepths {
  if (one === undefined) return other;
  return {
    pending: Math.max(one.pending, other.pending),
    pendingBound: other.pendingBound,
    queue: Math.max(one.queue, other.queue),
    queueBound: other.queueBound,
    outstanding: Math.max(one.outstanding, other.outstanding),
    inbox: Math.max(one.inbox, other.inbox),
    buffer: Math.max(one.buffer, other.buffer),
  };
}
