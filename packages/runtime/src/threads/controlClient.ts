import type { MessagePort } from 'node:worker_threads';
import { type Remote, wrap } from 'comlink';
import { ControlError } from '../errors.js';
import { deadlineIn } from './deadline.js';
import { portEndpoint } from './portEndpoint.js';
import type { ThreadControl } from './threadSpec.js';

/**
 * Calls a thread's control plane. A comlink call whose thread dies never settles by itself; here every call ends: with
 * its result, at its deadline, or at once when the thread is gone.
 */
export class ControlClient {
  readonly #thread: string;
  readonly #port: MessagePort;
  readonly #remote: Remote<ThreadControl>;
  readonly #pending = new Set<(why: string) => void>();
  #closed: string | undefined;

  /** `posted` runs after each message to the thread. */
  constructor(thread: string, port: MessagePort, posted?: () => void) {
    this.#thread = thread;
    this.#port = port;
    this.#remote = wrap<ThreadControl>(portEndpoint(port, posted));
  }

  /** @throws ControlError at the deadline (milliseconds) or when the thread is gone; what the call itself throws. */
  call<T>(name: string, deadline: number, invoke: (remote: Remote<ThreadControl>) => Promise<T>): Promise<T> {
    if (this.#closed !== undefined) return Promise.reject(new ControlError(this.#thread, name, this.#closed));
    return new Promise((resolve, reject) => {
      const end = (): void => {
        cancel();
        this.#pending.delete(fail);
      };
      const fail = (why: string): void => {
        end();
        reject(new ControlError(this.#thread, name, why));
      };
      const cancel = deadlineIn(deadline, () => fail(`no answer within ${Math.round(deadline)} ms`));
      this.#pending.add(fail);
      invoke(this.#remote).then(
        (value) => {
          end();
          resolve(value);
        },
        (error: unknown) => {
          end();
          reject(error instanceof Error ? error : new ControlError(this.#thread, name, String(error)));
        },
      );
    });
  }

  /** Ends every pending call, and every later one. */
  close(why: string): void {
    if (this.#closed !== undefined) return;
    this.#closed = why;
    this.#port.close();
    for (const fail of [...this.#pending]) fail(why);
  }
}
