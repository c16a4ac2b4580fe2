import type { Source, SourceEvent, SourceSnapshot } from '@tidegate/dispatcher';
import { EVENT_TS, GO, REST_TS, ROW_TS, SLOW_TABLE, type StormSourceOptions, TO_END, TO_EVENT } from './shared.js';

/** Milliseconds after which a wait looks again by itself. */
const SLICE = 250;

/**
 * A log of many tables that exist from its beginning, so that nobody has to create them, and of one sync point, which comes when the
 * main thread says so.
 */
export function createSource(options: unknown): Source {
  return new StormSource(options as StormSourceOptions);
}

class StormSource implements Source {
  readonly #options: StormSourceOptions;
  readonly #words: Int32Array;
  #read = 0;
  #closed = false;

  constructor(options: StormSourceOptions) {
    this.#options = options;
    this.#words = new Int32Array(options.words);
  }

  async open({ startTs, signal }: { readonly startTs: bigint; readonly signal: AbortSignal }): Promise<SourceSnapshot> {
    signal.addEventListener('abort', () => this.#end());
    const tables = Array.from({ length: this.#options.tables }, (_, index) => ({
      tableId: index + 1,
      schemaId: 1,
      schema: 'storm',
      table: `t${index + 1}`,
      version: 0n,
      splittable: false,
    }));
    return { startTs, tables };
  }

  async read(): Promise<readonly SourceEvent[] | null> {
    switch (this.#read++) {
      case 0:
        return [{ type: 'resolved', ts: REST_TS }];
      case 1:
        return (await this.#mayGo(TO_EVENT)) ? this.#event() : null;
      default:
        await this.#mayGo(TO_END);
        return null;
    }
  }

  async close(): Promise<void> {
    this.#end();
  }

  /** Waits for the main thread. False: closed meanwhile. */
  async #mayGo(far: number): Promise<boolean> {
    const words = this.#words;
    for (let at = Atomics.load(words, GO); at < far && !this.#closed; at = Atomics.load(words, GO)) {
      const wait = Atomics.waitAsync(words, GO, at, SLICE);
      if (wait.async) await wait.value;
    }
    return !this.#closed;
  }

  #event(): SourceEvent[] {
    const row: SourceEvent = { type: 'rows', tableId: SLOW_TABLE, commitTs: ROW_TS, count: 1, bytes: new Uint8Array(8) };
    const events: SourceEvent[] = [
      { type: 'sync-point', commitTs: EVENT_TS },
      { type: 'resolved', ts: EVENT_TS },
    ];
    return this.#options.withRow ? [row, ...events] : events;
  }

  #end(): void {
    this.#closed = true;
    Atomics.notify(this.#words, GO);
  }
}
