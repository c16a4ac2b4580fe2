import { type BootstrapResponse, type BootstrapSpan, SPAN_PART_BYTES, spanBytes, type WorkerSnapshot } from '@tidegate/protocol';
import type { ActorContext } from '@tidegate/runtime';
import { ReportedError } from '../errors.js';
import { timer } from '../timers.js';

/** One attempt to gather what every worker has. */
interface Attempt {
  readonly id: number;
  readonly to: string;
  readonly epoch: number;
  /** By worker. */
  readonly spans: readonly BootstrapSpan[][];
  /** By worker: it has told all it has. */
  readonly answered: boolean[];
  missing: number;
}

/** A response on its way, part by part. */
interface Outgoing {
  readonly attempt: Attempt;
  readonly spans: readonly BootstrapSpan[];
  readonly checkpointTs: bigint;
  /** Parts sent, and spans in them. */
  index: number;
  at: number;
}

/**
 * Gathers the snapshots for a bootstrap response (S-3): every dispatcher of every mode with its state, checkpoint and block
 * state. A worker that is silent until the deadline fails the attempt with an error; the maintainer asks again.
 */
export class BootstrapGathering {
  readonly #context: ActorContext;
  readonly #host: string;
  readonly #workers: readonly string[];
  readonly #deadline: number;
  #attempt: Attempt | undefined;
  #outgoing: Outgoing | undefined;

  constructor(context: ActorContext, host: string, workers: readonly string[], deadline: number) {
    this.#context = context;
    this.#host = host;
    this.#workers = workers;
    this.#deadline = deadline;
  }

  /** Whether an attempt for this owner runs. A repeated request finds its answer under way. */
  isRunning(to: string, epoch: number): boolean {
    const attempt = this.#attempt ?? this.#outgoing?.attempt;
    return attempt?.to === to && attempt.epoch === epoch;
  }

  /** Begins an attempt, in place of one for an earlier owner. The workers have been asked for snapshot `id`. */
  begin(id: number, to: string, epoch: number): void {
    this.#attempt = {
      id,
      to,
      epoch,
      spans: this.#workers.map(() => []),
      answered: this.#workers.map(() => false),
      missing: this.#workers.length,
    };
    this.#outgoing = undefined;
    this.#context.schedule(this.#deadline, timer('snapshot', id));
  }

  /** A worker's answer, or a part of it. `triggerStart` is read when it is the last one. */
  take(worker: number, snapshot: WorkerSnapshot, triggerStart: () => bigint): void {
    const attempt = this.#attempt;
    if (attempt === undefined || attempt.id !== snapshot.id || attempt.answered[worker] === true) return;
    for (const span of snapshot.spans) attempt.spans[worker]?.push(span);
    if (snapshot.more === true) return;
    attempt.answered[worker] = true;
    if (--attempt.missing > 0) return;
    this.#attempt = undefined;
    this.#outgoing = { attempt, spans: attempt.spans.flat(), checkpointTs: triggerStart(), index: 0, at: 0 };
    this.flush();
  }

  expire(id: number | undefined): void {
    const attempt = this.#attempt;
    if (attempt === undefined || attempt.id !== id) return;
    const silent = this.#workers.filter((_, worker) => attempt.answered[worker] !== true);
    this.#context.log('warn', 'workers did not report their dispatchers in time', { silent });
    const message = `${silent.join(', ')} on ${this.#host} did not report within ${this.#deadline} ms; the next bootstrap request tries again`;
    this.#attempt = undefined;
    this.refuse(attempt.to, attempt.epoch, ReportedError.WORKER_SILENT, message);
  }

  /** Refuses a request without touching the attempt of the present owner (S-2). */
  refuse(to: string, epoch: number, code: ReportedError, message: string): void {
    const error = { time: this.#context.now(), host: this.#host, code, message };
    const response: BootstrapResponse = {
      type: 'bootstrap-response',
      from: this.#host,
      epoch,
      spans: [],
      checkpointTs: 0n,
      error,
    };
    this.#context.send(to, response, 'lossless');
  }

  /** The owner is gone. */
  cancel(): void {
    this.#attempt = undefined;
    this.#outgoing = undefined;
  }

  /** Sends the response as far as there is room, in parts that fit a lane. What is lost of it the maintainer asks for again. */
  flush(): void {
    for (let outgoing = this.#outgoing; outgoing !== undefined; outgoing = this.#outgoing) {
      const { attempt, spans, checkpointTs, index, at } = outgoing;
      const end = endOfPart(spans, at);
      const more = end < spans.length;
      const response: BootstrapResponse = {
        type: 'bootstrap-response',
        from: this.#host,
        epoch: attempt.epoch,
        spans: spans.slice(at, end),
        ...((more || index > 0) && { part: { of: attempt.id, index } }),
        ...(more && { more }),
        checkpointTs,
      };
      if (!this.#context.send(attempt.to, response, 'refusable')) return;
      outgoing.index++;
      outgoing.at = end;
      if (!more) this.#outgoing = undefined;
    }
  }
}

/** Where the part that begins at `at` ends. It has at least one span, if there is one. */
function endOfPart(spans: readonly BootstrapSpan[], at: number): number {
  let bytes = 0;
  for (let end = at; end < spans.length; end++) {
    bytes += spanBytes(spans[end] as BootstrapSpan);
    if (end > at && bytes > SPAN_PART_BYTES) return end;
  }
  return spans.length;
}
