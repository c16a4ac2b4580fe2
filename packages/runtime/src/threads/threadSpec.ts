import type { MessagePort } from 'node:worker_threads';
import type { Address } from '../actor.js';
import type { ReportBatch } from '../core/reports.js';
import type { StopOutcome } from '../core/stopActors.js';
import type { AskFailure } from '../errors.js';
import type { ThreadReport } from '../system.js';
import type { ActorPlacement, Limits, Link, ThreadParking } from '../topology.js';

/** A link that has at least one end on the thread. */
export interface LinkSpec extends Link {
  /** Absent: both ends are on the thread. */
  readonly lane?: SharedArrayBuffer;
  /** Doorbell of the thread at the other end. */
  readonly peerDoorbell?: SharedArrayBuffer;
}

/** Everything that a thread is started with. */
export interface ThreadSpec {
  readonly name: string;
  readonly actors: readonly (Omit<ActorPlacement, 'create' | 'module' | 'restartOptions'> & { readonly module: string })[];
  readonly links: readonly LinkSpec[];
  /** All addresses of the system. */
  readonly addresses: readonly Address[];
  readonly doorbell: SharedArrayBuffer;
  readonly parking: ThreadParking;
  readonly structures: readonly (readonly string[])[];
  readonly limits: Limits;
  readonly seed: number;
  /** 0 for the first thread in its place, one more for each that takes its place and its lanes over. */
  readonly incarnation: number;
  /** Control calls from the main thread. */
  readonly controlPort: MessagePort;
  /** Reports to the main thread. */
  readonly reportPort: MessagePort;
}

/** How an ask or a send from outside went, as plain data: an error would lose its class between threads. */
export type OutsideOutcome =
  | { readonly type: 'done'; readonly value: unknown }
  | { readonly type: 'failed'; readonly reason: AskFailure }
  | { readonly type: 'full'; readonly limit: number };

/** The control plane of a thread, called over comlink. */
export interface ThreadControl {
  /** Every thread is there: the actors begin to receive. */
  start(): void;
  ask(address: Address, message: unknown, deadline: number): Promise<OutsideOutcome>;
  send(address: Address, message: unknown): OutsideOutcome;
  /** Stops actors one after the other, within `milliseconds` for all. */
  stop(addresses: readonly Address[], milliseconds: number): Promise<StopOutcome[]>;
  inspect(): ThreadReport;
  /** The threads of these actors are dead. */
  sever(addresses: readonly Address[]): void;
  /** Settles when nothing of these dead actors lies on a lane to here any more. False: not within `milliseconds`. */
  drained(addresses: readonly Address[], milliseconds: number): Promise<boolean>;
  /** These actors have successors. */
  reconnect(addresses: readonly Address[]): void;
  /** The thread is about to be terminated. */
  abort(): Promise<void>;
  /** Ends the thread's task. */
  finish(): void;
}

/** What a thread tells the main thread. */
export type ThreadMessage =
  /** Its modules are loaded: from now on it may be ended at any time. */
  | { readonly type: 'entered' }
  | { readonly type: 'ready' }
  | { readonly type: 'reports'; readonly batch: ReportBatch }
  | { readonly type: 'fault'; readonly address: Address; readonly during: string; readonly cause: ErrorData }
  /** The last of all. */
  | { readonly type: 'end' };

/** Answer to `reports`: the next may come. */
export type ReportCredit = 'taken';

/** How a thread's task ended. */
export type ThreadEnd = { readonly type: 'finished' } | { readonly type: 'not-started'; readonly error: ErrorData };

/** An error as plain data. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code?: string;
  readonly cause?: ErrorData;
}

/** Longest chain of causes that is taken along. */
const DEEPEST_CAUSE = 8;

export function errorData(error: unknown, depth = 0): ErrorData {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), stack: undefined };
  const { name, message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  return {
    name: String(name),
    message: String(message),
    stack: typeof stack === 'string' ? stack : undefined,
    ...(typeof code === 'string' && { code }),
    ...(cause !== undefined && depth < DEEPEST_CAUSE && { cause: errorData(cause, depth + 1) }),
  };
}

/** The error again: under its own name, with its code and causes, and the stack of where it was thrown. */
export function errorFrom(data: ErrorData): Error {
  const error = new Error(data.message, data.cause === undefined ? undefined : { cause: errorFrom(data.cause) });
  error.name = data.name;
  if (data.stack !== undefined) error.stack = data.stack;
  return data.code === undefined ? error : Object.assign(error, { code: data.code });
}
