import type { Source, SourceFactory, SourceSnapshot } from '@tidegate/dispatcher';
import { errorCode, errorMessage, HostError } from './errors.js';
import { checkEvents, checkSnapshot, checkSource, sourceError } from './sourceEvents.js';
import type { PumpMessage } from './sourceMessages.js';

/** Where a user's source comes from, and what it is made from. */
export interface SourceModule {
  readonly module: string;
  readonly options: unknown;
}

/** One opened source of the user's. */
export class SourceInstance {
  readonly #source: Source;
  readonly #abort: AbortController;
  #snapshot: SourceSnapshot | undefined;

  private constructor(source: Source, snapshot: SourceSnapshot, abort: AbortController) {
    this.#source = source;
    this.#snapshot = snapshot;
    this.#abort = abort;
  }

  /** Makes a source and opens it. Throws a user's error that has a `code` as it is, and others as {@link HostError}. */
  static async open(
    create: SourceFactory,
    { module, options }: SourceModule,
    startTs: bigint,
    abort: AbortController,
  ): Promise<SourceInstance> {
    try {
      const source = checkSource(module, await create(options));
      return new SourceInstance(source, checkSnapshot(await source.open({ startTs, signal: abort.signal })), abort);
    } catch (error) {
      throw sourceError('to open', error);
    }
  }

  /** What it opened with: to be taken once, for there may be a million tables in it. */
  takeSnapshot(): SourceSnapshot {
    const snapshot = this.#snapshot;
    if (snapshot === undefined) throw new HostError('HOST_INTERNAL', 'the snapshot of a source was asked for twice');
    this.#snapshot = undefined;
    return snapshot;
  }

  get replayable(): boolean {
    return this.#source.replayable === true;
  }

  /** The next events, or why there are none; never rejects. */
  async read(): Promise<PumpMessage> {
    try {
      const events: unknown = await this.#source.read();
      return events === null ? { type: 'end' } : { type: 'chunk', events: checkEvents(events) };
    } catch (error) {
      return failed(error);
    }
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#source.close();
  }
}

/** An error as the router is told of it. */
export function failed(error: unknown): Extract<PumpMessage, { type: 'failed' }> {
  return { type: 'failed', code: errorCode(error, 'HOST_SOURCE'), message: errorMessage(error) };
}
