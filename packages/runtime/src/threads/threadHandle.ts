import { fileURLToPath } from 'node:url';
import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads';
import { Doorbell } from '@tidegate/ring';
import { Piscina } from 'piscina';
import type { Address } from '../actor.js';
import type { ReportBatch } from '../core/reports.js';
import { ActorFaultError, StartError, type ThreadDeathReason } from '../errors.js';
import type { ThreadPlacement } from '../topology.js';
import { ControlClient } from './controlClient.js';
import { deadlineIn } from './deadline.js';
import { errorFrom, type ReportCredit, type ThreadEnd, type ThreadMessage, type ThreadSpec } from './threadSpec.js';

/** How a thread came to an end that nobody asked it for. */
export interface Death {
  readonly reason: ThreadDeathReason;
  readonly exitCode: number;
  readonly cause?: unknown;
}

/** What a thread's handle tells its system. */
export interface ThreadObserver {
  reports(batch: ReportBatch): void;
  actorFault(fault: ActorFaultError): void;
  /** After the thread's exit: nothing it does can come any more. */
  death(thread: ThreadHandle, death: Death): void;
}

/** What a thread has to load its first modules before it is ended all the same, in milliseconds. */
const ENTER_DEADLINE = 2_000;
/** What actors have to let go of what runs outside of them, in milliseconds. */
const ABORT_DEADLINE = 250;

type State = 'starting' | 'running' | 'finishing' | 'stopped' | 'dead';

/**
 * One thread of the system, as the main thread sees it: a piscina pool of one, with one long task. A pool of its own gives
 * the thread its own limits, and its exit a name. It starts no replacement by itself: who takes a dead thread's lanes over
 * is for the system to decide.
 */
export class ThreadHandle {
  readonly name: string;
  readonly actors: readonly Address[];
  readonly incarnation: number;
  readonly control: ControlClient;
  readonly #observer: ThreadObserver;
  readonly #bell: Doorbell;
  readonly #pool: Piscina;
  readonly #worker: Worker;
  readonly #reportPort: MessagePort;
  readonly #task: Promise<ThreadEnd>;
  readonly #exited: Promise<void>;
  readonly #reportsEnded: Promise<void>;
  #readyArrived: () => void = () => {};
  readonly #ready: Promise<void> = new Promise((resolve) => {
    this.#readyArrived = resolve;
  });
  #enteredArrived: () => void = () => {};
  readonly #entered: Promise<void> = new Promise((resolve) => {
    this.#enteredArrived = resolve;
  });
  #state: State = 'starting';
  #cameUp = false;
  #terminating = false;
  #error: unknown;
  death: Death | undefined;

  constructor(placement: ThreadPlacement, spec: Omit<ThreadSpec, 'controlPort' | 'reportPort'>, observer: ThreadObserver) {
    this.name = placement.name;
    this.actors = placement.actors.map(({ address }) => address);
    this.incarnation = spec.incarnation;
    this.#observer = observer;
    const control = new MessageChannel();
    const reports = new MessageChannel();
    // Its event loop may stand still while it sleeps.
    this.#bell = Doorbell.attach(spec.doorbell);
    this.control = new ControlClient(placement.name, control.port1, () => this.#bell.knock());
    this.#reportPort = reports.port1;
    this.#reportsEnded = this.#listen(reports.port1);
    this.#pool = new Piscina({
      filename: fileURLToPath(new URL('../worker.js', import.meta.url)),
      name: 'run',
      minThreads: 0,
      maxThreads: 1,
      // Parking in Atomics.wait between tasks would stop whatever the actors' modules still have to do.
      atomics: 'disabled',
      recordTiming: false,
      ...(placement.resourceLimits && { resourceLimits: placement.resourceLimits }),
    });
    // Errors between tasks; the exit that follows is what counts.
    this.#pool.on('error', () => undefined);
    const task: ThreadSpec = { ...spec, controlPort: control.port2, reportPort: reports.port2 };
    this.#task = this.#pool.run(task, { transferList: [control.port2, reports.port2] });
    this.#task.catch(() => undefined);
    this.#worker = this.#pool.threads[0] as Worker;
    this.#worker.on('error', (error) => {
      this.#error = error;
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        this.#onExit(code);
        resolve();
      });
    });
  }

  /** It never came up: that is the start's error, and no fault of a running system. */
  get wasStarting(): boolean {
    return !this.#cameUp;
  }

  get state(): State {
    return this.#state;
  }

  /** Settles when the thread's actors are made. @throws StartError */
  async ready(deadline: number): Promise<void> {
    const where = `thread ${this.name}`;
    const ended = this.#task.then(
      (end) => {
        throw end.type === 'not-started' ? notStarted(where, end) : new StartError(where, 'it ended at once');
      },
      async (error: unknown) => {
        if (error instanceof Error && error.name === 'DataCloneError')
          throw new StartError(where, `the options of its actors cannot be handed over: ${error.message}`, { cause: error });
        await this.#exited;
        throw new StartError(where, `it died: ${describe(this.death)}`, { cause: this.death?.cause });
      },
    );
    let cancel = (): void => {};
    const late = new Promise<never>((_resolve, reject) => {
      cancel = deadlineIn(deadline, () => reject(new StartError(where, `its actors were not there within ${deadline} ms`)));
    });
    try {
      await Promise.race([this.#ready, ended, late]);
      this.#state = 'running';
      this.#cameUp = true;
    } finally {
      cancel();
    }
  }

  /** Ends the task in good order and waits for the exit; after `deadline` milliseconds by force. True: in good order. */
  async finish(deadline: number): Promise<boolean> {
    if (this.#state === 'dead' || this.#state === 'stopped') return false;
    this.#state = 'finishing';
    let finished = true;
    try {
      await this.control.call('finish', deadline, (remote) => remote.finish());
      await Promise.race([this.#reportsEnded, this.#exited]);
    } catch {
      finished = false;
    }
    await this.#destroy();
    return finished;
  }

  /** Ends the thread wherever it is; its actors are told before, unless it is known not to answer. */
  async terminate(answers = true): Promise<void> {
    const tell = answers && this.#state === 'running' && !this.#terminating;
    this.#terminating = true;
    if (this.#state === 'starting') await this.#enter();
    if (tell) await this.control.call('abort', ABORT_DEADLINE, (remote) => remote.abort()).catch(() => undefined);
    await this.#destroy();
  }

  /** Node 20 aborts the whole process when a thread is ended while it links the modules of a `require`. */
  async #enter(): Promise<void> {
    let cancel = (): void => {};
    const late = new Promise<void>((resolve) => {
      cancel = deadlineIn(ENTER_DEADLINE, resolve);
    });
    await Promise.race([this.#entered, this.#exited, late]);
    cancel();
  }

  async #destroy(): Promise<void> {
    // The pool's destroy stops an endless loop too.
    await this.#pool.destroy();
    if (this.#state !== 'dead') await this.#exited;
  }

  #listen(port: MessagePort): Promise<void> {
    return new Promise((resolve) => {
      port.on('message', (message: ThreadMessage) => {
        switch (message.type) {
          case 'entered':
            return this.#enteredArrived();
          case 'ready':
            return this.#readyArrived();
          case 'reports':
            this.#observer.reports(message.batch);
            port.postMessage('taken' satisfies ReportCredit);
            return this.#bell.knock();
          case 'fault':
            return this.#observer.actorFault(
              new ActorFaultError(message.address, this.name, message.during, errorFrom(message.cause)),
            );
          case 'end':
            return resolve();
        }
      });
    });
  }

  #onExit(exitCode: number): void {
    const expected = this.#state === 'finishing' && this.#error === undefined;
    this.#state = expected ? 'stopped' : 'dead';
    this.control.close(expected ? 'the thread has stopped' : 'the thread has died');
    // Reports that it sent before its end are still in the port: they are told first.
    setImmediate(() => this.#reportPort.close());
    if (expected) return;
    this.death = { exitCode, reason: this.#deathReason(), ...(this.#error !== undefined && { cause: this.#error }) };
    this.#observer.death(this, this.death);
  }

  #deathReason(): ThreadDeathReason {
    if (this.#terminating) return 'terminated';
    if (this.#error === undefined) return 'exit';
    const code = (this.#error as { code?: unknown }).code;
    return code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'out-of-memory' : 'uncaught-error';
  }
}

function notStarted(where: string, end: ThreadEnd & { type: 'not-started' }): StartError {
  return new StartError(where, end.error.message, { cause: errorFrom(end.error) });
}

function describe(death: Death | undefined): string {
  if (death === undefined) return 'no exit was seen';
  const cause = death.cause instanceof Error ? `: ${death.cause.message}` : '';
  return `${death.reason}, exit code ${death.exitCode}${cause}`;
}
