import type { Address } from '../actor.js';
import { RuntimeError, ThreadDeathError } from '../errors.js';
import type { ThreadLoss, ThreadReplacement } from '../system.js';
import type { RestartPolicy, ThreadPlacement } from '../topology.js';
import type { ThreadHandle } from './threadHandle.js';

/** What a replacer needs of its system. */
export interface ReplacerSystem {
  /** The threads of the system, in the order of the topology. Whoever is replaced leaves his place to his successor. */
  readonly threads: ThreadHandle[];
  readonly placements: readonly ThreadPlacement[];
  /** Milliseconds for a thread to come up. */
  readonly startDeadline: number;
  /** The system is ending: nobody is replaced any more. */
  ending(): boolean;
  create(placement: ThreadPlacement, incarnation: number): ThreadHandle;
  lost(loss: ThreadLoss): Promise<void>;
  replaced(replacement: ThreadReplacement): Promise<void>;
  /** Drops what lies on the lanes to these actors, to whom nobody sends. */
  clear(actors: readonly Address[]): void;
  /** The thread stays dead. */
  giveUp(death: ThreadDeathError): void;
}

/** Milliseconds for the living to take what the dead had published, and for a call that only has to be taken. */
const DRAIN_DEADLINE = 5_000;
const CONTROL_DEADLINE = 5_000;

interface Planned {
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Puts a successor in a dead thread's place:
 *
 * 1. everybody is told that its actors are dead: nobody sends to them any more;
 * 2. what they had published is delivered;
 * 3. the outside is told (`thread-lost`);
 * 4. what lies on the lanes to it is dropped, and everybody may send to its actors again;
 * 5. the successor takes the lanes over, and its actors are made;
 * 6. the outside is told (`thread-replaced`), and then its actors begin.
 *
 * One thread at a time. A successor that does not come up has died like any other.
 */
export class Replacer {
  readonly #system: ReplacerSystem;
  /** When each thread was replaced of late, on the clock of `performance.now`. */
  readonly #history = new Map<string, number[]>();
  readonly #planned = new Map<string, Planned>();
  #queue: Promise<void> = Promise.resolve();

  constructor(system: ReplacerSystem) {
    this.#system = system;
  }

  /** Settles when no replacement is under way. */
  get idle(): Promise<void> {
    return this.#queue;
  }

  /** Whether somebody has asked for the thread's end. */
  isPlanned(thread: string): boolean {
    return this.#planned.has(thread);
  }

  /** @throws RuntimeError, StartError */
  async plan(thread: ThreadHandle): Promise<void> {
    if (thread.state !== 'running' || this.#planned.has(thread.name))
      throw new RuntimeError('RUNTIME_RESTART', `thread ${thread.name} cannot be replaced now: it is ${thread.state}`);
    const settled = new Promise<void>((done, failed) => this.#planned.set(thread.name, { done, failed }));
    // It may fail before it is waited for.
    settled.catch(() => undefined);
    await thread.terminate();
    await settled;
  }

  /** The system ends: nobody waits for a replacement any more. */
  end(): void {
    const error = new RuntimeError('RUNTIME_STOPPED', 'the system has been stopped');
    for (const { failed } of this.#planned.values()) failed(error);
    this.#planned.clear();
  }

  /** A thread of the running system has died. */
  onDeath(thread: ThreadHandle, death: ThreadDeathError): void {
    const severed = this.#severFromAll(thread);
    // It is waited for later, or never.
    severed.catch(() => undefined);
    if (this.#system.ending() || (!this.isPlanned(thread.name) && !this.#affords(thread))) {
      this.#system.giveUp(death);
      return;
    }
    this.#queue = this.#queue.then(async () => {
      try {
        await severed;
        await this.#replace(thread, death);
        this.#planned.get(thread.name)?.done();
      } catch (error) {
        const planned = this.#planned.get(thread.name);
        if (planned !== undefined) planned.failed(error);
        else if (!this.#system.ending()) this.#system.giveUp(because(death, error));
      } finally {
        this.#planned.delete(thread.name);
      }
    });
  }

  async #replace(dead: ThreadHandle, death: ThreadDeathError): Promise<void> {
    const { name, actors } = dead;
    const system = this.#system;
    await dead.terminate();
    const drained = await this.#drainedEverywhere(dead);
    await system.lost({ thread: name, actors, death, drained });
    // Nobody sends to the dead any more: their mailboxes are emptied, and what comes from now on waits for the successors. It has
    // to be now: what a factory asks for may be answered before its thread is up.
    system.clear(actors);
    await this.#reconnectAll(dead);
    const successor = await this.#bringUp(dead).catch(async (error: unknown) => {
      await this.#severFromAll(dead);
      throw error;
    });
    try {
      await this.#begin(successor);
    } catch (error) {
      // It has died in turn, and is replaced for that.
      if (successor.state === 'running' || this.isPlanned(name)) throw error;
    }
  }

  async #begin(successor: ThreadHandle): Promise<void> {
    const { name, actors } = successor;
    const system = this.#system;
    // Another may have died meanwhile: the successor has not heard of that.
    for (const other of system.threads) if (other.state === 'dead') await sever(successor, other.actors);
    await system.replaced({ thread: name, actors, incarnation: successor.incarnation });
    await successor.control.call('start', CONTROL_DEADLINE, (remote) => remote.start());
  }

  async #bringUp(dead: ThreadHandle): Promise<ThreadHandle> {
    const system = this.#system;
    const index = system.threads.findIndex(({ name }) => name === dead.name);
    const placement = system.placements[index] as ThreadPlacement;
    for (let incarnation = dead.incarnation + 1; ; incarnation++) {
      if (system.ending()) throw new RuntimeError('RUNTIME_STOPPED', 'the system has been stopped');
      const successor = system.create(placement, incarnation);
      system.threads[index] = successor;
      try {
        await successor.ready(system.startDeadline);
        return successor;
      } catch (error) {
        await successor.terminate();
        if (this.isPlanned(dead.name) || !this.#affords(successor)) throw error;
      }
    }
  }

  /** Whether the thread may be replaced (once more), by its policy; this time is counted then. */
  #affords(thread: ThreadHandle): boolean {
    const placement = this.#system.placements.find(({ name }) => name === thread.name);
    const policy: RestartPolicy | 'never' = placement?.restart ?? 'never';
    if (policy === 'never') return false;
    const now = performance.now();
    const recent = (this.#history.get(thread.name) ?? []).filter((time) => now - time < policy.within);
    this.#history.set(thread.name, recent);
    if (recent.length >= policy.limit) return false;
    recent.push(now);
    return true;
  }

  async #severFromAll(dead: ThreadHandle): Promise<void> {
    await this.#onOthers(dead, (other) => sever(other, dead.actors));
  }

  async #reconnectAll(dead: ThreadHandle): Promise<void> {
    const { actors } = dead;
    await this.#onOthers(dead, (other) =>
      other.control.call('reconnect', CONTROL_DEADLINE, (remote) => remote.reconnect(actors)),
    );
  }

  async #drainedEverywhere(dead: ThreadHandle): Promise<boolean> {
    const drained = await this.#onOthers(dead, (other) =>
      other.control.call('drained', 2 * DRAIN_DEADLINE, (remote) => remote.drained(dead.actors, DRAIN_DEADLINE)),
    );
    return drained.every((done) => done);
  }

  /** Calls every other living thread. One that dies meanwhile needs no telling; one that does not answer fails it. */
  async #onOthers<T>(self: ThreadHandle, call: (other: ThreadHandle) => Promise<T>): Promise<T[]> {
    const others = this.#system.threads.filter(({ name, state }) => name !== self.name && state === 'running');
    const answers = await Promise.all(
      others.map(async (other) => {
        try {
          return [await call(other)];
        } catch (error) {
          if (other.state === 'running') throw error;
          return [];
        }
      }),
    );
    return answers.flat();
  }
}

function sever(thread: ThreadHandle, addresses: readonly Address[]): Promise<void> {
  return thread.control.call('sever', CONTROL_DEADLINE, (remote) => remote.sever(addresses));
}

/** The death again, with the reason why nobody took the dead thread's place. */
function because({ thread, reason, exitCode, actors, inFlight }: ThreadDeathError, cause: unknown): ThreadDeathError {
  return new ThreadDeathError(thread, { reason, ...(exitCode !== undefined && { exitCode }), cause }, actors, inFlight);
}
