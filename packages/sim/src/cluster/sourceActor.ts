import type { SourceEvent } from '@tidegate/dispatcher';
import { type Pump, SourceRouter, type SourceRouterOptions } from '@tidegate/host';
import type { Actor, ActorContext } from '@tidegate/runtime';
import { snapshotAt, type Workload } from '../workload/workload.js';

export interface SimSourceOptions extends Omit<SourceRouterOptions, 'snapshot' | 'pump'> {
  readonly workload: Workload;
  /** The ts behind which it opens. */
  readonly startTs: bigint;
  /** Milliseconds between two chunks. */
  readonly pace: number;
}

/** Events of a chunk. */
const CHUNK = 7;

/** The real router over a log in memory, which can be read again from anywhere. */
export function simSource(context: ActorContext, { workload, startTs, pace, ...options }: SimSourceOptions): Actor {
  const deliver = (message: object): void => {
    if (pace === 0) context.post(message);
    else context.schedule(pace, message);
  };
  const main = new Reading(workload, startTs);
  const replays = new Map<number, Reading>();
  const pump: Pump = {
    pull() {
      const events = main.next();
      deliver(events === undefined ? { type: 'end' } : { type: 'chunk', events });
    },
    replays: {
      open(id, from) {
        replays.set(id, new Reading(workload, from));
        deliver({ type: 'replay-open', id, snapshot: snapshotAt(workload, from) });
      },
      pull(id) {
        const events = replays.get(id)?.next();
        deliver(events === undefined ? { type: 'replay-end', id } : { type: 'replay-chunk', id, events });
      },
      close: (id) => void replays.delete(id),
    },
  };
  const snapshot = snapshotAt(workload, startTs);
  return new SourceRouter(context as ActorContext<never>, { ...options, snapshot, pump }) as Actor;
}

/** One reading of the log, from behind a ts to its end. */
class Reading {
  readonly #workload: Workload;
  #at: number;

  constructor(workload: Workload, startTs: bigint) {
    this.#workload = workload;
    const first = workload.events.findIndex((event) => (event.type === 'resolved' ? event.ts : event.commitTs) > startTs);
    this.#at = first < 0 ? workload.events.length : first;
  }

  next(): readonly SourceEvent[] | undefined {
    const chunk = this.#workload.events.slice(this.#at, this.#at + CHUNK);
    this.#at += CHUNK;
    return chunk.length === 0 ? undefined : chunk;
  }
}
