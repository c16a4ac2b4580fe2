import type { Address } from './actor.js';
import type { DeadLetter, EmittedEvent, LogLine } from './core/reports.js';
import type { ActorState } from './core/selfItem.js';
import type { ActorFaultError, InFlight, ThreadDeathError } from './errors.js';
import type { ActorPlacement, LinkDeclaration } from './topology.js';

/** What a system tells its host. Listeners run on the host's thread, never inside an actor's turn. */
export interface SystemListeners {
  /** An actor emitted something. */
  event: (event: EmittedEvent) => void;
  /** An actor or a thread is lost. Without a listener the system is terminated and the error thrown, like an 'error' event. */
  fault: (error: ActorFaultError | ThreadDeathError) => void;
  log: (line: LogLine) => void;
  /** A message reached nobody. Only the first ones are told; all are counted in the snapshot. */
  'dead-letter': (letter: DeadLetter) => void;
  /**
   * A thread is gone and is about to be replaced; everything that its actors had published was delivered (unless `drained` is false).
   * The replacement begins when what the listeners return has settled, five seconds later at most.
   */
  'thread-lost': (loss: ThreadLoss) => void | Promise<void>;
  /**
   * Its replacement is made and begins when what the listeners return has settled, five seconds later at most. Until then
   * sends to its actors wait for them, and asks would.
   */
  'thread-replaced': (replacement: ThreadReplacement) => void | Promise<void>;
}

export interface ThreadLoss {
  readonly thread: string;
  readonly actors: readonly Address[];
  /** How it died, and what lay on its lanes then. What lay on those to it is lost. */
  readonly death: ThreadDeathError;
  /** What it had published was delivered before this was told. False: a receiver was paused, or did not get to it in time. */
  readonly drained: boolean;
}

export interface ThreadReplacement {
  readonly thread: string;
  readonly actors: readonly Address[];
  /** 1 for the first replacement, one more for each. */
  readonly incarnation: number;
}

export interface LinkSnapshot {
  readonly from: Address;
  readonly paused: boolean;
  readonly empty: boolean;
  readonly records: number;
  readonly messages: number;
}

export interface OutboxSnapshot {
  readonly to: Address;
  readonly backlog: number;
  readonly sent: number;
  readonly refusals: number;
  readonly coalesced: number;
}

export interface ActorSnapshot {
  readonly address: Address;
  readonly state: ActorState;
  readonly turns: number;
  readonly timers: number;
  readonly asks: number;
  readonly lateReplies: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly inbound: readonly LinkSnapshot[];
  readonly outbound: readonly OutboxSnapshot[];
  /** What the actor's own `inspect` says. */
  readonly detail: unknown;
}

/** What a thread says of itself. */
export interface ThreadReport {
  readonly name: string;
  readonly actors: readonly ActorSnapshot[];
  /** Dead letters so far, by reason. */
  readonly deadLetters: Readonly<Record<string, number>>;
  readonly droppedEvents: number;
  readonly droppedLogs: number;
  /** Milliseconds of the system's clock. */
  readonly time: number;
  /** What the thread has used so far; only of a thread of its own. */
  readonly usage?: ThreadUsage;
}

/** What one thread has used. Memory in bytes. */
export interface ThreadUsage {
  /** Milliseconds on a processor since the thread began; absent where the platform does not tell. What helps it (collection, compilation) is not in it. */
  readonly cpu?: number;
  readonly heapUsed: number;
  readonly heapTotal: number;
  /** Outside of its heap, and held by it. */
  readonly external: number;
}

export type ThreadSnapshot =
  | (ThreadReport & { readonly state: 'running' })
  | { readonly name: string; readonly state: 'unresponsive' | 'stopped' | 'dead'; readonly why?: string };

/** Plain data about a system at one moment. */
export interface SystemSnapshot {
  readonly binding: 'stepped' | 'local' | 'threads';
  readonly seed: number;
  readonly threads: readonly ThreadSnapshot[];
}

/** How the stop went for one actor. */
export interface ActorStop {
  readonly address: Address;
  readonly outcome: /** Drained, stopped, outboxes empty. */
    | 'stopped'
    /** It had failed before. */
    | 'failed'
    /** The deadline passed first; `why` says in what. */
    | 'deadline'
    /** Its thread was terminated, or had died. */
    | 'lost';
  readonly why?: string;
}

export interface StopReport {
  /** Everything was handled and every actor stopped by itself. */
  readonly clean: boolean;
  readonly actors: readonly ActorStop[];
  /** Threads that did not end by themselves. */
  readonly terminated: readonly string[];
  /** What was sent and reached nobody, per link. */
  readonly unfinished: readonly InFlight[];
}

export interface StopOptions {
  /** Milliseconds for the whole stop. Default 10 000. What is not done by then is cut off, and said. */
  readonly deadline?: number;
  /** Overrides the topology's `stopOrder`. */
  readonly order?: readonly (string | readonly string[])[];
}

export const DEFAULT_STOP_DEADLINE = 10_000;

/** What a successor is made from, where that differs from what its predecessor was made from. */
export type PlacementChange = Partial<Omit<ActorPlacement, 'address'>>;

/** Lives and deaths of single actors, in the bindings that run on one thread. */
export interface ChangingPopulation {
  /**
   * Actors die at this moment as if their threads had: no `stop`, no `abort`; what they had not made visible, their outboxes, posts,
   * timers and asks vanish. What they had made visible is still delivered. What lies on links to them is gone, what is
   * sent to them from now on a dead letter (`thread-dead`). Returns what lay on their links, both ways.
   *
   * @throws TopologyError when there is no such actor; RuntimeError `RUNTIME_IN_TURN` from inside of its turn.
   */
  crash(addresses: Address | readonly Address[]): readonly InFlight[];
  /**
   * Makes a successor of an actor that has crashed, failed, stopped, or still lives (it dies then), under its address and on its
   * links. What its predecessor had made visible comes before anything of it; it starts with an empty mailbox and random
   * numbers of its own.
   *
   * @throws StartError (the address stays dead), TopologyError, RuntimeError `RUNTIME_RESTART` when it is being restarted already.
   */
  restart(address: Address, change?: PlacementChange): Promise<void>;
  /** More actors, and links with at least one of them at an end. @throws TopologyError, StartError (then they are dead) */
  addActors(placements: readonly ActorPlacement[], links?: readonly LinkDeclaration[]): Promise<void>;
  /** {@link crash}, and then nobody has ever heard of them: their links are gone with what lies on them. */
  removeActors(addresses: readonly Address[]): void;
}

/** A system on threads. */
export interface ThreadsSystem extends System {
  /**
   * Ends a thread as a hard stop would (`abort`, not `stop`) and replaces it, whatever its policy. Settles when its successor
   * runs. `thread-lost` and `thread-replaced` are told as for a death.
   *
   * @throws RuntimeError when there is no such thread, when it is dead for good or the system stops; StartError when the replacement does not come up: the
   * thread stays dead.
   */
  replace(thread: string): Promise<void>;
}

/** A running system, whatever its binding. */
export interface System {
  /** Returns a function that takes the listener away. */
  on<Name extends keyof SystemListeners>(name: Name, listener: SystemListeners[Name]): () => void;
  /** @throws nothing: a thread that does not answer is reported as such. */
  inspect(): Promise<SystemSnapshot>;
  /**
   * Asks an actor from outside.
   *
   * @throws AskError (no such actor, deadline in milliseconds passed, receiver stopped, …)
   */
  ask(address: Address, message: unknown, options: { readonly deadline: number }): Promise<unknown>;
  /**
   * Sends from outside; the actor sees {@link OUTSIDE} as sender. Settles when the message lies in the actor's own queue.
   *
   * @throws MailboxFullError when the actor's own queue is full, AskError when there is no such actor or it is gone.
   */
  send(address: Address, message: unknown): Promise<void>;
  /**
   * Stops actors in order: each handles what was delivered before, then its `stop` runs, then its outboxes go out. Always
   * settles, at the latest shortly after the deadline; calling it again gives the same promise.
   */
  stop(options?: StopOptions): Promise<StopReport>;
  /** Ends everything at once, handling nothing more. */
  terminate(): Promise<void>;
}
