import type { HostToCoordinator, HostToMaintainer, StartChangefeed } from '@tidegate/protocol';
import type { System, ThreadLoss, ThreadReplacement } from '@tidegate/runtime';
import { HostError } from './errors.js';
import { hostError } from './hostError.js';
import type { CheckedHostOptions } from './options.js';
import type { SourceHostEvent, StartSnapshot } from './sourceMessages.js';
import { COORDINATOR, MAINTAINER, SOURCE } from './topology.js';

/** What the replacement of threads needs of its host. */
export interface ReplacementHost {
  /** Up to where everything is durable: from there the next maintainer goes on. */
  checkpointTs(): bigint;
  lost(loss: ThreadLoss): void;
  replaced(replacement: ThreadReplacement): void;
  fail(error: HostError): void;
}

/** The changefeed as a maintainer of `epoch` is to begin it, with what exists where the source was opened. */
export function startOf(options: CheckedHostOptions, epoch: number, snapshot: StartSnapshot): StartChangefeed {
  return {
    type: 'start',
    epoch,
    startTs: snapshot.startTs,
    tables: snapshot.tables,
    hosts: [{ host: options.name, coordinator: COORDINATOR }],
    ...(snapshot.routes && { routes: snapshot.routes }),
    ...(options.redo && { redo: true }),
  };
}

/**
 * Tells the actors that threads were lost and replaced.
 *
 * A worker: the coordinator hears of it behind the dead worker's last word and of its replacement before the first of that one;
 * the maintainer has the dispatchers created again (E-8). A control thread: its coordinator asks the workers what they have,
 * the triggers of the maintainer before are removed (`owner-lost`), and a maintainer of the next epoch begins at the checkpoint,
 * with the tables that existed there, for which the source is opened once more.
 */
export class Replacement {
  readonly #system: System;
  readonly #options: CheckedHostOptions;
  readonly #host: ReplacementHost;
  #epoch: number;
  /** Where the source was asked what exists, for the maintainer to come. */
  #awaited: bigint | undefined;
  #lastDeath: Error | undefined;

  constructor(system: System, options: CheckedHostOptions, host: ReplacementHost) {
    this.#system = system;
    this.#options = options;
    this.#host = host;
    this.#epoch = options.epoch;
    system.on('thread-lost', (loss) => this.#lost(loss));
    system.on('thread-replaced', (replacement) => this.#replaced(replacement));
  }

  /**
   * Why the changefeed is lost. A dispatcher that wants what cannot be read again is what a thread's death comes to when the source
   * is not one that can be: then the death is the reason, as it is without replacement.
   */
  reasonOf({ code, message }: Extract<SourceHostEvent, { type: 'source-failed' }>): HostError {
    if (code !== 'HOST_REWIND' || this.#lastDeath === undefined) return new HostError(code, message);
    const text = `${this.#lastDeath.message}; nothing could take its place: ${message}`;
    return new HostError('HOST_THREAD', text, { cause: this.#lastDeath });
  }

  /** What the source says exists where it was asked. */
  async take(told: Extract<SourceHostEvent, { type: 'source-snapshot' }>): Promise<void> {
    if (told.at !== this.#awaited) return;
    this.#awaited = undefined;
    if (!('snapshot' in told)) this.#host.fail(new HostError(told.code, told.message));
    else await this.#send(MAINTAINER, startOf(this.#options, this.#epoch, told.snapshot));
  }

  async #lost(loss: ThreadLoss): Promise<void> {
    this.#lastDeath = loss.death;
    this.#host.lost(loss);
    for (const address of loss.actors)
      if (!isControl(address)) await this.#send(COORDINATOR, { type: 'worker-lost', worker: address });
  }

  async #replaced(replacement: ThreadReplacement): Promise<void> {
    this.#host.replaced(replacement);
    const { actors } = replacement;
    for (const worker of actors) if (!isControl(worker)) await this.#send(COORDINATOR, { type: 'worker-replaced', worker });
    if (!actors.some(isControl)) return;
    await this.#send(COORDINATOR, { type: 'owner-lost', epoch: this.#epoch });
    // Where it has a thread of its own it lives on, and owns nothing any more.
    if (!actors.includes(MAINTAINER)) await this.#send(MAINTAINER, { type: 'stop' });
    this.#epoch++;
    this.#awaited = this.#host.checkpointTs();
    await this.#send(SOURCE, { type: 'source-snapshot', at: this.#awaited });
  }

  async #send(
    to: string,
    message: HostToCoordinator | HostToMaintainer | { readonly type: 'source-snapshot'; readonly at: bigint },
  ): Promise<void> {
    try {
      await this.#system.send(to, message);
    } catch (error) {
      // The receiver is gone as well: its successor, or the end of the host, knows without being told.
      if (!isGone(error)) this.#host.fail(hostError(error));
    }
  }
}

function isControl(address: string): boolean {
  return address === COORDINATOR || address === MAINTAINER;
}

function isGone(error: unknown): boolean {
  const { code, reason } = error as { code?: unknown; reason?: unknown };
  return code === 'RUNTIME_STOPPED' || (code === 'RUNTIME_ASK' && reason === 'thread-dead');
}
