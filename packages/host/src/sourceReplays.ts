import type { SourceFactory } from '@tidegate/dispatcher';
import { failed, SourceInstance, type SourceModule } from './sourceInstance.js';
import type { PumpMessage, ReplayMessage, Replays, SourceSnapshot } from './sourceMessages.js';

/** Opens further instances of the user's source, one at a time. What comes of a closed one is not told. */
export class SourceReplays implements Replays {
  readonly #create: SourceFactory;
  readonly #module: SourceModule;
  readonly #post: (message: ReplayMessage) => void;
  #id = 0;
  #abort: AbortController | undefined;
  #opening: Promise<SourceInstance | undefined> = Promise.resolve(undefined);

  constructor(create: SourceFactory, module: SourceModule, post: (message: ReplayMessage) => void) {
    this.#create = create;
    this.#module = module;
    this.#post = post;
  }

  open(id: number, startTs: bigint): void {
    const before = this.#opening;
    const abort = new AbortController();
    this.#id = id;
    this.#abort = abort;
    this.#opening = this.#open(id, startTs, abort, before);
  }

  pull(id: number): void {
    void this.#opening.then(async (instance) => {
      const read = await instance?.read();
      if (read !== undefined && id === this.#id) this.#post(replayed(id, read));
    });
  }

  close(id: number): void {
    if (id !== this.#id) return;
    this.#id = 0;
    this.#abort?.abort();
    void this.end();
  }

  /** What exists at `startTs`, by an instance that is closed at once. */
  async snapshotAt(startTs: bigint): Promise<SourceSnapshot> {
    const instance = await SourceInstance.open(this.#create, this.#module, startTs, new AbortController());
    await instance.close();
    return instance.takeSnapshot();
  }

  /** Closes what is open. A source that fails to close a reading that nobody wants any more has done no harm. */
  async end(): Promise<void> {
    // At once, not when it is closed: by then the next may be opening.
    const closed = this.#opening.then(async (instance) => {
      await instance?.close().catch(() => undefined);
      return undefined;
    });
    this.#opening = closed;
    await closed;
  }

  async #open(
    id: number,
    startTs: bigint,
    abort: AbortController,
    before: Promise<SourceInstance | undefined>,
  ): Promise<SourceInstance | undefined> {
    await (await before)?.close().catch(() => undefined);
    // Closed again while another one was still being closed: there is nothing to open.
    if (id !== this.#id) return undefined;
    try {
      const instance = await SourceInstance.open(this.#create, this.#module, startTs, abort);
      if (id === this.#id) this.#post({ type: 'replay-open', id, snapshot: instance.takeSnapshot() });
      return instance;
    } catch (error) {
      if (id === this.#id) this.#post({ ...failed(error), type: 'replay-failed', id });
      return undefined;
    }
  }
}

function replayed(id: number, read: PumpMessage): ReplayMessage {
  if (read.type === 'chunk') return { type: 'replay-chunk', id, events: read.events };
  return read.type === 'end' ? { type: 'replay-end', id } : { ...read, type: 'replay-failed', id };
}
