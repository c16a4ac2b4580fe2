import type { MessagePort } from 'node:worker_threads';
import type { ReportBatch, Reports } from '../core/reports.js';
import { errorData, type ReportCredit, type ThreadMessage } from './threadSpec.js';

/**
 * Sends a thread's reports to the main thread: one batch at a time, the next only when the last was taken. What comes
 * meanwhile gathers in the bounded, coalescing queues of {@link Reports}; so a busy main thread costs events, not memory.
 */
export class ReportOutlet {
  readonly #port: MessagePort;
  readonly #reports: Reports;
  #inFlight = false;

  constructor(port: MessagePort, reports: Reports, onTaken: () => void) {
    this.#port = port;
    this.#reports = reports;
    port.on('message', (_credit: ReportCredit) => {
      this.#inFlight = false;
      onTaken();
    });
    reports.onFault = (fault) => {
      const { address, during, cause } = fault;
      this.#post({ type: 'fault', address, during, cause: errorData(cause) });
    };
  }

  ready(): void {
    this.#post({ type: 'ready' });
  }

  flush(): void {
    if (this.#inFlight || !this.#reports.pending) return;
    this.#inFlight = true;
    this.#postBatch(this.#reports.take());
  }

  /** Sends what is left, whether the last batch was taken or not, and closes. */
  end(): void {
    if (this.#reports.pending) this.#postBatch(this.#reports.take());
    this.#post({ type: 'end' });
    this.#port.close();
  }

  #postBatch(batch: ReportBatch): void {
    try {
      this.#post({ type: 'reports', batch });
    } catch (error) {
      // An event that cannot be cloned must not take the others with it: it is replaced by the reason.
      const events = batch.events.map((emitted) =>
        isCloneable(emitted) ? emitted : { from: emitted.from, event: errorData(error) },
      );
      const logs = batch.logs.map((line) => (isCloneable(line) ? line : { ...line, fields: { lost: errorData(error).message } }));
      this.#post({ type: 'reports', batch: { ...batch, events, logs } });
    }
  }

  #post(message: ThreadMessage): void {
    this.#port.postMessage(message);
  }
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
