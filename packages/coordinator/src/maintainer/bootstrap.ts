import type { BootstrapResponse, BootstrapSpan, WorkerSnapshot } from '@tidegate/protocol';
import type { ActorContext } from '@tidegate/runtime';
import { ReportedError } from '../errors.js';
import { timer } from '../timers.js';

/** One attempt to gather what every worker has. */
interface Attempt {
  readonly id: number;
  readonly to: string;
  readonly epoch: number;
  readonly spans: (readonly BootstrapSpan[] | undefined)[];
  missing: number;
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

  constructor(context: ActorContext, host: string, workers: readonly string[], deadline: number) {
    this.#context = context;
    this.#host = host;
    this.#workers = workers;
    this.#deadline = deadline;
  }

  /** Whether an attempt for this owner runs. A repeated request finds its answer under way. */
  isRunning(to: string, epoch: number): boolean {
    return this.#attempt?.to === to && this.#attempt.epoch === epoch;
  }

  /** Begins an attempt, in place of one for an earlier owner. The workers have been asked for snapshot `id`. */
  begin(id: number, to: string, epoch: number): void {
    const spans = this.#workers.map(() => undefined);
    this.#attempt = { id, to, epoch, spans, missing: spans.length };
    this.#context.schedule(this.#deadline, timer('snapshot', id));
  }

  /** A worker's answer. `triggerStart` is read when it is the last one. */
  take(worker: number, snapshot: WorkerSnapshot, triggerStart: () => bigint): void {
    const attempt = this.#attempt;
    if (attempt === undefined || attempt.id !== snapshot.id || attempt.spans[worker] !== undefined) return;
    attempt.spans[worker] = snapshot.spans;
    if (--attempt.missing === 0) this.#respond(attempt, triggerStart(), undefined);
  }

  expire(id: number | undefined): void {
    const attempt = this.#attempt;
    if (attempt === undefined || attempt.id !== id) return;
    const silent = this.#workers.filter((_, worker) => attempt.spans[worker] === undefined);
    this.#context.log('warn', 'workers did not report their dispatchers in time', { silent });
    const message = `${silent.join(', ')} on ${this.#host} did not report within ${this.#deadline} ms; the next bootstrap request tries again`;
    this.#respond(attempt, 0n, { code: ReportedError.WORKER_SILENT, message });
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
  }

  // A response that finds no room is not kept: the maintainer repeats its request, and a fresh one is better.
  #respond(attempt: Attempt, checkpointTs: bigint, failure: { code: ReportedError; message: string } | undefined): void {
    this.#attempt = undefined;
    if (failure !== undefined) {
      this.refuse(attempt.to, attempt.epoch, failure.code, failure.message);
      return;
    }
    const spans = attempt.spans.flatMap((list) => list ?? []);
    const response: BootstrapResponse = {
      type: 'bootstrap-response',
      from: this.#host,
      epoch: attempt.epoch,
      spans,
      checkpointTs,
    };
    this.#context.send(attempt.to, response, 'lossless');
  }
}
