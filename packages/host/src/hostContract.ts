import type { DispatcherId, SpanSelector } from '@tidegate/protocol';
import type { HostEvents, HostListener } from './events.js';
import type { HostSnapshot } from './snapshot.js';

/** A finite source was replicated to its end, and the host has stopped. */
export interface FinishReport {
  /** Last commit ts of the source. */
  readonly endTs: bigint;
  readonly checkpointTs: bigint;
  /** The last look at the host, taken before its threads ended. */
  readonly snapshot: HostSnapshot;
}

/** How a stop went. */
export interface HostStopReport {
  /** Everything that the source had delivered is durable, and every thread ended by itself. */
  readonly finished: boolean;
  /** What could not be finished before the deadline, in words. */
  readonly unfinished: readonly string[];
  readonly checkpointTs: bigint;
}

/** A running host. */
export interface Host {
  /**
   * Settles when a finite source is fully replicated and the host has stopped, or when {@link stop} has; rejects with the
   * HostError that ended the host; with `HOST_CUT_OFF` when the source came to its end and not everything could be closed.
   * It is safe to leave it unobserved: errors are also emitted as `error`.
   */
  readonly finished: Promise<FinishReport>;
  on<Name extends keyof HostEvents>(name: Name, listener: HostListener<Name>): void;
  off<Name extends keyof HostEvents>(name: Name, listener: HostListener<Name>): void;
  /**
   * Cuts a table, or the span of it that begins at `start`, at `keys`: bytes in the table's key order, strictly inside and
   * ascending. Its parts may then live on several workers. A `topology` event tells when it is done. The source must be able
   * to split the table (`splittable`) and to be read again, and the maintainer's option `splitTables` must be set.
   *
   * @returns ids of the dispatchers that are replaced.
   * @throws HostError `TOPOLOGY_…` when it is refused: `NOT_REPLAYABLE`, `SPLIT_OFF`, `NOT_SPLITTABLE`, `BAD_KEYS`, …; the
   * message says why. Nothing has changed then.
   */
  split(table: SpanSelector, keys: readonly Uint8Array[]): Promise<readonly DispatcherId[]>;
  /**
   * Makes the spans of a table one again; with `start`, the span that begins there and the next one. Otherwise as
   * {@link split}.
   */
  merge(table: SpanSelector): Promise<readonly DispatcherId[]>;
  /**
   * Ends a thread (`worker-0` …, `control`, or `coordinator` and `maintainer`) and puts another in its place, as if it had died.
   * Settles when that one runs.
   *
   * @throws HostError when there is no such thread, or none can take its place.
   */
  replace(thread: string): Promise<void>;
  /** Looks at everything. A thread that does not answer is reported as such. After the end: the last look. */
  inspect(): Promise<HostSnapshot>;
  /**
   * Stops: reads no more, lets what was read become durable and the checkpoint follow, then ends the threads.
   *
   * There is one stop: calling it again, or while the host ends by itself, gives the report of the stop that goes on, which
   * a shorter deadline cuts short.
   *
   * @param options.deadline milliseconds for all of it, default 30 000; what is not done by then is cut off and named. A
   * thread that does not even answer is ended by force, at most three seconds later.
   * @throws HostError `HOST_OPTION` when the deadline is no number from 0.
   */
  stop(options?: { readonly deadline?: number }): Promise<HostStopReport>;
}
