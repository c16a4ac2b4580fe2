import type { DrillSnapshot, HostSnapshot } from '@tidegate/host';

/** How far a storm is: tables get their dispatchers, everybody rests, nobody can go on, they go on, everything is done. */
export type StormPhase = 'starting' | 'resting' | 'held' | 'resuming' | 'over';

/** Statuses, from the dispatchers to the maintainer. Every number only grows. */
export interface StormCounts {
  /** What dispatchers wanted to report, repetitions included. */
  readonly offered: number;
  /** Repetitions that an equal status stood for, by where that one was. */
  readonly suppressed: {
    /** On its way to the worker's lane, which was full. */
    readonly worker: number;
    /** In the coordinator's pending map (stage L). */
    readonly pending: number;
    /** In its request queue (stage Q). */
    readonly queue: number;
    /** Delivered to the maintainer and not answered (T-I). */
    readonly outstanding: number;
    /** In the maintainer's buffer (stage G); these have reached it. */
    readonly maintainer: number;
  };
  /** Turned away at a bound, to come again. */
  readonly refused: number;
  /** Put into requests to the maintainer by the coordinator, and how many of them not for the first time. */
  readonly sent: number;
  readonly resent: number;
  /** Taken out of its inbox by the maintainer, and handled by its barriers. */
  readonly received: number;
  readonly handled: number;
}

/** What waits somewhere at one moment. */
export interface StormDepths {
  /** Statuses in the pending map; requests in the queue; their bounds. */
  readonly pending: number;
  readonly pendingBound: number;
  readonly queue: number;
  readonly queueBound: number;
  /** Statuses delivered and not answered. */
  readonly outstanding: number;
  /** Messages in the maintainer's inbox, and statuses in its buffer. */
  readonly inbox: number;
  readonly buffer: number;
}

/** What one thread has used so far. */
export interface ThreadSample {
  readonly name: string;
  /** Milliseconds of processor time; undefined where the platform does not tell. */
  readonly cpu: number | undefined;
  /** Bytes in its heap, garbage included, and outside of it. */
  readonly heap: number;
}

/** One look at a storm. */
export interface StormSample {
  readonly phase: StormPhase;
  /** Milliseconds since the start, and in this phase. */
  readonly elapsed: number;
  readonly inPhase: number;
  /** Dispatchers that work; the table trigger is one of them. */
  readonly working: number;
  readonly counts: StormCounts;
  readonly depths: StormDepths;
  /** Bytes of the whole process. */
  readonly rss: number;
  readonly threads: readonly ThreadSample[];
  readonly drill: DrillSnapshot | undefined;
}

/** What a {@link StormSample} has of the host. */
export type HostPart = Pick<StormSample, 'working' | 'counts' | 'depths' | 'threads' | 'drill'>;

/** Reads looks at the host, one after the other. Of an actor whose thread does not answer in time, what it said last still holds. */
export class HostReader {
  #known: HostSnapshot = { state: 'running', checkpointTs: 0n, resolvedTs: 0n, workers: {}, threads: [] };

  read(snapshot: HostSnapshot): HostPart {
    const { coordinator, maintainer, workers } = this.#known;
    this.#known = {
      ...snapshot,
      ...(coordinator && snapshot.coordinator === undefined && { coordinator }),
      ...(maintainer && snapshot.maintainer === undefined && { maintainer }),
      workers: { ...workers, ...snapshot.workers },
    };
    return hostPart(this.#known);
  }
}

function hostPart(snapshot: HostSnapshot): HostPart {
  const { coordinator, maintainer } = snapshot;
  const workers = Object.values(snapshot.workers);
  const total = (name: string): number => workers.reduce((sum, worker) => sum + numberAt(worker, name), 0);
  const status = (...path: string[]): number => numberAt(coordinator, 'statuses', ...path);
  const buffered = (name: string): number => numberAt(maintainer, 'buffered', name);
  const drill = valueAt(maintainer, 'drill') as DrillSnapshot | undefined;
  const received = drill?.statuses ?? 0;
  return {
    working: numberAt(maintainer, 'changefeed', 'tasks', 'replicating'),
    counts: {
      offered: total('posted') + total('suppressed'),
      suppressed: {
        worker: total('suppressed'),
        pending: status('suppressed', 'pending'),
        queue: status('suppressed', 'reserved'),
        outstanding: status('suppressed', 'outstanding'),
        maintainer: buffered('suppressed'),
      },
      refused: status('refused') + status('withoutFacts') + buffered('refused'),
      sent: status('sent'),
      resent: status('resent'),
      received,
      handled: Math.max(0, received - buffered('suppressed') - buffered('refused') - buffered('statuses')),
    },
    depths: {
      pending: status('pending'),
      pendingBound: status('pendingCapacity'),
      queue: status('queued'),
      queueBound: status('queueCapacity'),
      outstanding: status('outstanding'),
      inbox: inboxOf(snapshot),
      buffer: buffered('statuses'),
    },
    threads: snapshot.threads.flatMap(({ name, usage }) =>
      usage === undefined ? [] : [{ name, cpu: usage.cpu, heap: usage.heapUsed + usage.external }],
    ),
    drill,
  };
}

/** What the coordinator has sent to the maintainer, less what that has taken. */
function inboxOf({ threads }: HostSnapshot): number {
  const actors = threads.flatMap((thread) => thread.actors);
  const sent = actors.flatMap(({ outbound }) => outbound).find(({ to }) => to === 'maintainer')?.sent ?? 0;
  const maintainer = actors.find(({ address }) => address === 'maintainer');
  const taken = maintainer?.inbound.find(({ from }) => from === 'coordinator')?.messages ?? 0;
  return Math.max(0, sent - taken);
}

function valueAt(value: unknown, ...path: readonly string[]): unknown {
  let at = value;
  for (const name of path) at = (at as Readonly<Record<string, unknown>> | null | undefined)?.[name];
  return at;
}

function numberAt(value: unknown, ...path: readonly string[]): number {
  const found = valueAt(value, ...path);
  return typeof found === 'number' ? found : 0;
}
