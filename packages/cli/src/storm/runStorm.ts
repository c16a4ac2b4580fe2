import { type Host, type HostEvents, type HostOptions, startHost } from '@tidegate/host';
import { MemoryWatch } from './memoryWatch.js';
import { type CheckedStormOptions, checkStormOptions, type StormOptions } from './options.js';
import { StormRecord } from './record.js';
import { accountedFor, faultsOf, type StormReport } from './report.js';
import { type HostPart, HostReader, type StormPhase } from './sample.js';
import {
  EVENT_TS,
  GO,
  REST_TS,
  type StormSinkOptions,
  type StormSourceOptions,
  SYNC_POINTS,
  TO_END,
  TO_EVENT,
  WORDS,
} from './shared.js';

/** Milliseconds that a storm which is ended early gives its threads. */
const STOP_DEADLINE = 1_000;
/** Milliseconds for the threads, and for a source of many tables, to come up. */
const START_DEADLINE = 300_000;
/** Milliseconds for what is still under way when the barrier is completed: answers, repetitions. */
const SETTLE_DEADLINE = 10_000;

type BarrierEvent = HostEvents['barrier'];

/**
 * Makes a storm and tells how it went: a real host over worker threads, with as many tables as asked for, one dispatcher each, and a
 * sink that keeps nothing. When all of them rest, a sync point stops everybody. Then for `hold` milliseconds nobody can go
 * on, and everybody reports again every `resend` milliseconds, until it is over:
 *
 * - `stalled-maintainer`: from the first block statuses on, the maintainer takes nothing out of its inbox (`HostOptions.drill`), so
 *   nothing is acknowledged;
 * - `slow-table`: the flush of one table takes that long. The others are acknowledged and wait in silence.
 *
 * Counts come from the actors' own inspection, times from the maintainer's clock. Collection is left to the engine: heaps contain
 * garbage, so compare with the figures at rest, not with other runs.
 *
 * @throws CliError `CLI_STORM_OPTION`; HostError with what ended the host. A storm ended by `signal` is no error.
 */
export async function runStorm(options: StormOptions): Promise<StormReport> {
  return await new Storm(checkStormOptions(options)).run();
}

class Storm {
  readonly #options: CheckedStormOptions;
  readonly #shared = new SharedArrayBuffer(WORDS * 4);
  readonly #words = new Int32Array(this.#shared);
  readonly #record = new StormRecord();
  readonly #reader = new HostReader();
  readonly #memory = new MemoryWatch();
  readonly #barrier = new Map<BarrierEvent['phase'], number>();
  readonly #startedAt = performance.now();
  #phase: StormPhase = 'starting';
  #phaseAt = this.#startedAt;
  #part: HostPart | undefined;
  #workedAt: number | undefined;
  #eventAt = 0;
  #cpuAtEvent: NodeJS.CpuUsage | undefined;

  constructor(options: CheckedStormOptions) {
    this.#options = options;
  }

  async run(): Promise<StormReport> {
    const { signal } = this.#options;
    const host = await startHost(this.#hostOptions());
    const end = (): void => void host.stop({ deadline: STOP_DEADLINE });
    signal?.addEventListener('abort', end);
    if (signal?.aborted === true) end();
    host.on('barrier', (event) => this.#barrier.set(event.phase, event.at));
    try {
      return await this.#drive(host);
    } finally {
      signal?.removeEventListener('abort', end);
      this.#memory.end();
    }
  }

  async #drive(host: Host): Promise<StormReport> {
    let isOver = false;
    let wake = (): void => undefined;
    const finished = host.finished.finally(() => {
      isOver = true;
      wake();
    });
    // Awaited at the end; a failure before that must not count as unhandled.
    finished.catch(() => undefined);
    while (!isOver) {
      await this.#look(host);
      const pause = this.#advance();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pause);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        if (isOver) wake();
      });
    }
    const { checkpointTs, snapshot } = await finished;
    const isCompleted = checkpointTs >= EVENT_TS && this.#barrier.has('completed');
    const last = this.#reader.read(snapshot);
    this.#take(last);
    return this.#report(last, isCompleted);
  }

  async #look(host: Host): Promise<void> {
    const snapshot = await host.inspect();
    // A look during the end sees fewer and fewer threads; the last one comes with the report.
    if (snapshot.state !== 'running') return;
    const part = this.#reader.read(snapshot);
    const isRested = part.working === this.#options.dispatchers + 1 && snapshot.checkpointTs >= REST_TS;
    if (this.#phase === 'starting' && isRested) {
      this.#workedAt = performance.now();
      this.#enter('resting');
    } else if (this.#phase === 'held' && this.#isReleased(part)) this.#enter('resuming');
    if (this.#phase === 'resuming' && this.#barrier.has('completed')) this.#enter('over');
    this.#take(part);
  }

  /** What comes next, and in how many milliseconds to look again. */
  #advance(): number {
    const { lookInterval, rest } = this.#options;
    const since = performance.now() - this.#phaseAt;
    if (this.#phase === 'over') {
      if (since >= SETTLE_DEADLINE || this.#isSettled) this.#allow(TO_END);
    } else if (this.#phase === 'resting') {
      if (since < rest) return Math.min(rest - since, lookInterval);
      this.#enter('held');
      this.#eventAt = performance.now();
      this.#cpuAtEvent = process.cpuUsage();
      this.#memory.begin();
      this.#allow(TO_EVENT);
    }
    return lookInterval;
  }

  #allow(far: number): void {
    Atomics.store(this.#words, GO, far);
    Atomics.notify(this.#words, GO);
  }

  /** Nothing is under way any more: what was offered can be accounted for. */
  get #isSettled(): boolean {
    if (this.#part === undefined) return false;
    const { counts, depths } = this.#part;
    const waiting = depths.pending + depths.queue + depths.outstanding + depths.inbox + depths.buffer;
    return waiting === 0 && counts.offered === accountedFor(counts);
  }

  #isReleased({ drill }: HostPart): boolean {
    if (this.#options.cause === 'slow-table') return this.#barrier.has('selected');
    return drill?.phase === 'over';
  }

  #enter(phase: StormPhase): void {
    this.#phase = phase;
    this.#phaseAt = performance.now();
  }

  #take(part: HostPart): void {
    this.#part = part;
    const now = performance.now();
    const sample = {
      ...part,
      phase: this.#phase,
      elapsed: now - this.#startedAt,
      inPhase: now - this.#phaseAt,
      rss: this.#memory.look(),
    };
    this.#record.add(sample);
    this.#options.onSample?.(sample);
  }

  #hostOptions(): HostOptions {
    const { cause, hold, workers, control, resend, dispatchers } = this.#options;
    const isSlow = cause === 'slow-table';
    const source: StormSourceOptions = { words: this.#shared, tables: dispatchers, withRow: isSlow };
    const sink: StormSinkOptions = { words: this.#shared, flushTime: isSlow ? hold : 0 };
    return {
      source: { module: new URL('./source.js', import.meta.url), options: source },
      sink: { module: new URL('./sink.js', import.meta.url), options: sink },
      drill: { stall: isSlow ? 0 : hold },
      workers,
      control,
      startDeadline: START_DEADLINE,
      restarts: 0,
      dispatcher: { retryInterval: resend, retryIntervalMax: resend, retryBackoff: 1 },
    };
  }

  #report(last: HostPart, isCompleted: boolean): StormReport {
    const { cause, dispatchers, workers, hold, resend } = this.#options;
    const { most } = this.#record;
    const { counts, depths } = last;
    const participants = dispatchers + 1;
    const deepest = most ?? depths;
    const isUnderWay = this.#cpuAtEvent !== undefined;
    const { user, system } = process.cpuUsage(this.#cpuAtEvent);
    return {
      outcome: isCompleted ? 'completed' : 'stopped',
      ...{ cause, dispatchers, workers, hold, resend, counts },
      needed: 2 * participants,
      offeredToReceived: ratio(counts.offered, counts.received),
      receivedToNeeded: ratio(counts.received, 2 * participants),
      times: {
        start: minus(this.#workedAt, this.#startedAt),
        storm: isUnderWay ? performance.now() - this.#eventAt : 0,
        ...this.#barrierTimes(last.drill),
      },
      memory: this.#memory.result,
      threads: this.#record.threads(),
      processCpu: isUnderWay ? (user + system) / 1_000 : 0,
      most: deepest,
      faults: isCompleted ? faultsOf(counts, Atomics.load(this.#words, SYNC_POINTS), deepest, participants) : [],
    };
  }

  /** On the maintainer's clock. */
  #barrierTimes(drill: HostPart['drill']): Pick<StormReport['times'], 'held' | 'completion'> {
    const at = (phase: BarrierEvent['phase']): number | undefined => this.#barrier.get(phase);
    const isSlow = this.#options.cause === 'slow-table';
    const from = isSlow ? at('opened') : (drill?.stalledAt ?? at('opened'));
    const until = isSlow ? at('selected') : (drill?.resumedAt ?? at('opened'));
    // Of a storm that was ended in between: how long it was by then.
    const held = minus(until ?? (drill?.phase === 'stalled' ? drill.now : undefined), from);
    return { held, completion: minus(at('completed'), until) };
  }
}

function minus(later: number | undefined, earlier: number | undefined): number | undefined {
  return later === undefined || earlier === undefined ? undefined : later - earlier;
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
