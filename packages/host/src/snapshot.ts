import type { ActorSnapshot, SystemSnapshot, ThreadUsage } from '@tidegate/runtime';
import { COORDINATOR, MAINTAINER, SOURCE } from './topology.js';

/** What the source thread has routed so far. */
export interface SourceSnapshotDetail {
  readonly tables: number;
  /** Dispatchers that have subscribed, and those among them that a replay serves. */
  readonly subscribers: number;
  readonly behind: number;
  /** Times that the source was opened again for those who were behind, events read then, and where such a reading stands. */
  readonly replays: number;
  readonly replayedEvents: number;
  readonly replayTs?: bigint;
  /** Messages of the source that held rows, and the rows in them. */
  readonly changes: number;
  readonly rows: number;
  readonly ddls: number;
  readonly syncPoints: number;
  readonly commitTs: bigint;
  readonly resolvedTs: bigint;
  /** Bytes held for tables whose dispatcher is being created. */
  readonly heldBytes: number;
  /** Workers whose lane is full. */
  readonly blockedWorkers: number;
  readonly ended: boolean;
}

/** One thread of the host. */
export interface HostThread {
  readonly name: string;
  readonly state: 'running' | 'unresponsive' | 'stopped' | 'dead';
  /** Why it is not running, if it is not. */
  readonly why?: string;
  readonly actors: readonly ActorSnapshot[];
  /** Processor time and memory; only of one that is running. */
  readonly usage?: ThreadUsage;
}

/** Plain data about a host at one moment. What each actor says of itself is described in its package. */
export interface HostSnapshot {
  readonly state: 'running' | 'stopping' | 'stopped' | 'failed';
  readonly checkpointTs: bigint;
  readonly resolvedTs: bigint;
  /** Everything at or below it is in the redo log, if there is one. */
  readonly redoTs?: bigint;
  /** Where a finite source ends, once it has. */
  readonly endTs?: bigint;
  /** Absent when the thread does not answer; likewise below. */
  readonly source?: SourceSnapshotDetail;
  /** What the coordinator says: dispatchers by state and worker, queue depths, statuses suppressed at each stage. */
  readonly coordinator?: Readonly<Record<string, unknown>>;
  /** What the maintainer says: tasks by state, barriers with who is missing, operators. */
  readonly maintainer?: Readonly<Record<string, unknown>>;
  /** What the dispatchers of each worker say, by address. */
  readonly workers: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly threads: readonly HostThread[];
}

/** The parts of a {@link HostSnapshot} that come from the threads. */
export function readSystem(
  system: SystemSnapshot,
): Pick<HostSnapshot, 'source' | 'coordinator' | 'maintainer' | 'workers' | 'threads'> {
  const threads = system.threads.map(
    (thread): HostThread =>
      thread.state === 'running'
        ? { name: thread.name, state: 'running', actors: thread.actors, ...(thread.usage && { usage: thread.usage }) }
        : { name: thread.name, state: thread.state, actors: [], ...(thread.why !== undefined && { why: thread.why }) },
  );
  const details = new Map(threads.flatMap((thread) => thread.actors).map((actor) => [actor.address, actor.detail]));
  const named = [SOURCE, COORDINATOR, MAINTAINER];
  const workers = [...details].filter(([address]) => !named.includes(address));
  const source = details.get(SOURCE);
  const coordinator = details.get(COORDINATOR);
  const maintainer = details.get(MAINTAINER);
  return {
    ...(source !== undefined && { source: source as SourceSnapshotDetail }),
    ...(coordinator !== undefined && { coordinator: coordinator as Readonly<Record<string, unknown>> }),
    ...(maintainer !== undefined && { maintainer: maintainer as Readonly<Record<string, unknown>> }),
    workers: Object.fromEntries(workers) as HostSnapshot['workers'],
    threads,
  };
}
