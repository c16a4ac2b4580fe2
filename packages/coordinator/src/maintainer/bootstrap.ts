import {
  type BootstrapRequest,
  type BootstrapResponse,
  type BootstrapSpan,
  type MergeJournalEntry,
  SPAN_PART_BYTES,
  spanBytes,
  type WorkerSnapshot,
} from '@tidegate/protocol';
import type { ActorContext } from '@tidegate/runtime';
import { ReportedError } from '../errors.js';
import { timer } from '../timers.js';

/** One attempt to gather what every worker has. */
interface Attempt {
  readonly id: number;
  readonly to: string;
  readonly epoch: number;
  /** What the response has of the request besides. */
  readonly echo: { readonly join?: number };
  /** By worker. */
  readonly spans: readonly BootstrapSpan[][];
  /** By worker: it has told all it has. */
  readonly answered: boolean[];
  /** Dispatchers that have stopped since it began, as `handle/generation`. */
  readonly gone: Set<string>;
  missing: number;
}

/** What a response says of the host, read when the last worker has answered (S-3). */
export interface HostView {
  /** Start ts of the triggers, 0 without one. */
  readonly checkpointTs: bigint;
  readonly redoCheckpointTs: bigint;
  readonly merges: readonly MergeJournalEntry[];
  /** Gathered spans as they stand now: what has gone since is left out, what only the host knows is added. */
  readonly spans: readonly BootstrapSpan[];
}

/** A response on its way, part by part. */
interface Outgoing {
  readonly attempt: Attempt;
  readonly view: HostView;
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
  readonly #view: (spans: readonly BootstrapSpan[]) => HostView;
  #attempt: Attempt | undefined;
  readonly #told: () => void;
  #outgoing: Outgoing | undefined;

  /** `answered` runs when a whole response has been sent. */
  constructor(
    context: ActorContext,
    options: { readonly host: string; readonly workers: readonly string[]; readonly snapshotDeadline: number },
    view: (spans: readonly BootstrapSpan[]) => HostView,
    answered: () => void = () => undefined,
  ) {
    this.#context = context;
    this.#host = options.host;
    this.#workers = options.workers;
    this.#deadline = options.snapshotDeadline;
    this.#view = view;
    this.#told = answered;
  }

  /** Whether an attempt for this request runs. A repeated one finds its answer under way. */
  isRunning(to: string, { epoch, join }: BootstrapRequest): boolean {
    const attempt = this.#attempt ?? this.#outgoing?.attempt;
    return attempt?.to === to && attempt.epoch === epoch && attempt.echo.join === join;
  }

  /**
   * Begins an attempt, in place of one for an earlier owner. The workers that were `asked` for snapshot `id` have to
   * answer; the others are lost and have nothing.
   */
  begin(id: number, to: string, { epoch, join }: BootstrapRequest, asked: readonly boolean[]): void {
    this.#attempt = {
      id,
      to,
      epoch,
      echo: echoOf(join),
      spans: this.#workers.map(() => []),
      answered: asked.map((isAsked) => !isAsked),
      gone: new Set(),
      missing: asked.filter((isAsked) => isAsked).length,
    };
    this.#outgoing = undefined;
    this.#context.schedule(this.#deadline, timer('snapshot', id));
    this.#finish();
  }

  /** A worker's answer, or a part of it. */
  take(worker: number, snapshot: WorkerSnapshot): void {
    const attempt = this.#attempt;
    if (attempt === undefined || attempt.id !== snapshot.id || attempt.answered[worker] === true) return;
    for (const span of snapshot.spans) attempt.spans[worker]?.push(span);
    if (snapshot.more !== true) this.#answered(worker);
  }

  /** A worker is gone: it has nothing, and will not answer. */
  lost(worker: number): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    attempt.spans[worker]?.splice(0);
    if (attempt.answered[worker] !== true) this.#answered(worker);
  }

  /** A dispatcher has stopped: what its worker told of it before is over. */
  gone(handle: number, generation: number): void {
    this.#attempt?.gone.add(`${handle}/${generation}`);
  }

  expire(id: number | undefined): void {
    const attempt = this.#attempt;
    if (attempt === undefined || attempt.id !== id) return;
    const silent = this.#workers.filter((_, worker) => attempt.answered[worker] !== true);
    this.#context.log('warn', 'workers did not report their dispatchers in time', { silent });
    const message = `${silent.join(', ')} on ${this.#host} did not report within ${this.#deadline} ms; the next bootstrap request tries again`;
    this.#attempt = undefined;
    this.refuse(attempt.to, { epoch: attempt.epoch, ...attempt.echo }, ReportedError.WORKER_SILENT, message);
  }

  /** Refuses a request without touching the attempt of the present owner (S-2). */
  refuse(to: string, { epoch, join }: Pick<BootstrapRequest, 'epoch' | 'join'>, code: ReportedError, message: string): void {
    const error = { time: this.#context.now(), host: this.#host, code, message };
    const response: BootstrapResponse = {
      type: 'bootstrap-response',
      from: this.#host,
      epoch,
      ...echoOf(join),
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
      const { attempt, view, index, at } = outgoing;
      const { spans, merges, checkpointTs, redoCheckpointTs } = view;
      const end = endOfPart(spans, at, index === 0 ? merges.reduce((sum, merge) => sum + mergeBytes(merge), 0) : 0);
      const more = end < spans.length;
      const response: BootstrapResponse = {
        type: 'bootstrap-response',
        from: this.#host,
        epoch: attempt.epoch,
        ...attempt.echo,
        spans: spans.slice(at, end),
        ...((more || index > 0) && { part: { of: attempt.id, index } }),
        ...(more && { more }),
        checkpointTs,
        ...(redoCheckpointTs > 0n && { redoCheckpointTs }),
        ...(index === 0 && merges.length > 0 && { merges }),
      };
      if (!this.#context.send(attempt.to, response, 'refusable')) return;
      outgoing.index++;
      outgoing.at = end;
      if (more) continue;
      this.#outgoing = undefined;
      this.#told();
    }
  }

  #answered(worker: number): void {
    const attempt = this.#attempt as Attempt;
    attempt.answered[worker] = true;
    attempt.missing--;
    this.#finish();
  }

  #finish(): void {
    const attempt = this.#attempt;
    if (attempt === undefined || attempt.missing > 0) return;
    this.#attempt = undefined;
    const spans = attempt.spans.flat().filter(({ config }) => {
      return attempt.gone.size === 0 || !attempt.gone.has(`${config.handle}/${config.generation}`);
    });
    this.#outgoing = { attempt, view: this.#view(spans), index: 0, at: 0 };
    this.flush();
  }
}

function echoOf(join: number | undefined): Attempt['echo'] {
  return join === undefined ? {} : { join };
}

/** Where the part that begins at `at` ends, `bytes` of it being taken. It has at least one span, if there is one. */
function endOfPart(spans: readonly BootstrapSpan[], at: number, bytes: number): number {
  let sum = bytes;
  for (let end = at; end < spans.length; end++) {
    sum += spanBytes(spans[end] as BootstrapSpan);
    if (end > at && sum > SPAN_PART_BYTES) return end;
  }
  return spans.length;
}

function mergeBytes({ target, sources }: MergeJournalEntry): number {
  return [target, ...sources].reduce((sum, config) => sum + spanBytes({ config, state: 0, checkpointTs: 0n }), 0);
}
