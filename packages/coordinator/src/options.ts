import { DEFAULTS } from '@tidegate/protocol';
import { requireInteger, requireText, show } from './checks.js';
import { CoordinatorError } from './errors.js';

/** Options of {@link createCoordinator}. Intervals are milliseconds. Only `host` and `workers` are required. */
export interface CoordinatorOptions {
  /** Name of this host in requests and errors. */
  readonly host: string;
  /** Addresses of the workers, 1 … 256 of them. Their order is the order of placement among equals. */
  readonly workers: readonly string[];
  /** Address of the source. Default `source`. */
  readonly source?: string;
  /** If given, only this address may take ownership. */
  readonly maintainer?: string;
  /** Statuses in the pending map, 1 … 2^24. At the bound the workers' lanes are paused. Default 16 384. */
  readonly pendingCapacity?: number;
  /** From the first status of a batch to its end, 0 … 60 000 (C-1). Default 10. */
  readonly batchWindow?: number;
  /** Most statuses in one request, 1 … 65 536 (C-5); as many pending ones end a batch early (C-3). Default 2 048. */
  readonly batchStatuses?: number;
  /** Requests that may wait, 8 … 2^24. At the bound statuses stay in the pending map. Default 10 000. */
  readonly requestQueueCapacity?: number;
  /**
   * Statuses that may be outstanding, 1 … 2^25; never one more. Beyond it they are let go once they are sent: a WAITING is then
   * repeated by its dispatcher alone, a DONE when the maintainer asks again (D-34). Default 2^22.
   */
  readonly outstandingCapacity?: number;
  /** First and longest pause before an unanswered status is sent again (T-I), 1 … 3 600 000. Default 1 000 and 10 000. */
  readonly outstandingResend?: number;
  readonly outstandingResendMax?: number;
  /** Unreferenced block events whose facts are remembered, 1 … 2^20. Default 256. */
  readonly idleEvents?: number;
  /** Heartbeats every 50 ms from the start instead of every 200 ms after one second (H-1). Default false. */
  readonly lowLatency?: boolean;
  /** Override what `lowLatency` chooses. 1 … 60 000 and 0 … 60 000. */
  readonly heartbeatInterval?: number;
  readonly heartbeatFirst?: number;
  /** Every so often a heartbeat lists every dispatcher (H-1), 1 … 3 600 000. Default 10 000. */
  readonly completeHeartbeatInterval?: number;
  /** Gathers component statuses (H-5), 0 … 60 000. Default 10. */
  readonly componentStatusWindow?: number;
  /**
   * As many of them gathered pause the workers, 1 … 2^20. The message in hand is taken whole: at most this many less one, and
   * the rows of one message of a worker, 1 024. Default 8 192.
   */
  readonly componentStatusCapacity?: number;
  /** An error is reported again this often (H-7), 1 … 3 600 000. Default 5 000. */
  readonly errorRepeat?: number;
  /** A worker that has not reported its dispatchers by then fails the bootstrap attempt, 1 … 600 000. Default 5 000. */
  readonly snapshotDeadline?: number;
  /** Messages to one receiver that may wait for room before answers are dropped, 1 … 2^20. Default 4 096. */
  readonly outboxCapacity?: number;
  /**
   * This coordinator comes after another one of the same host: it asks every worker what it has, and answers no bootstrap
   * before it knows. Default false: the workers are new as well.
   */
  readonly recover?: boolean;
}

/** {@link CoordinatorOptions}, complete and checked. */
export type ResolvedOptions = Required<Omit<CoordinatorOptions, 'maintainer' | 'lowLatency'>> & {
  readonly maintainer: string | undefined;
};

/** H-1: interval and first run of heartbeats, in milliseconds. */
export function heartbeatIntervals(lowLatency: boolean): { readonly interval: number; readonly first: number } {
  return lowLatency ? { interval: 50, first: 0 } : { interval: DEFAULTS.heartbeatInterval, first: DEFAULTS.heartbeatFirst };
}

const KNOWN = [
  ...['host', 'workers', 'source', 'maintainer', 'pendingCapacity', 'batchWindow', 'batchStatuses', 'requestQueueCapacity'],
  ...['outstandingCapacity', 'outstandingResend', 'outstandingResendMax', 'idleEvents', 'lowLatency', 'heartbeatInterval'],
  ...['heartbeatFirst', 'completeHeartbeatInterval', 'componentStatusWindow', 'componentStatusCapacity', 'errorRepeat'],
  ...['snapshotDeadline', 'outboxCapacity', 'recover'],
];

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** Checks options and fills in the defaults. Throws `COORDINATOR_OPTION`, naming the option. */
export function resolveOptions(options: unknown): ResolvedOptions {
  if (typeof options !== 'object' || options === null) {
    throw optionError(`options must be an object with 'host' and 'workers', not ${show(options)}`);
  }
  const given = options as Record<string, unknown>;
  for (const name of Object.keys(given)) {
    if (!KNOWN.includes(name)) throw optionError(`unknown option '${name}'; known are ${KNOWN.join(', ')}`);
  }
  const flag = (name: keyof CoordinatorOptions): boolean => {
    const value = given[name] ?? false;
    if (typeof value !== 'boolean') throw optionError(`option '${name}' must be true or false, not ${show(value)}`);
    return value;
  };
  const heartbeat = heartbeatIntervals(flag('lowLatency'));
  const integer = (name: keyof CoordinatorOptions, min: number, max: number, fallback: number): number =>
    requireInteger(name, given[name] ?? fallback, min, max);
  const resend = integer('outstandingResend', 1, HOUR, DEFAULTS.outstandingResend);
  return {
    host: requireText('host', given.host),
    workers: workerList(given.workers),
    source: requireText('source', given.source ?? 'source'),
    maintainer: given.maintainer === undefined ? undefined : requireText('maintainer', given.maintainer),
    pendingCapacity: integer('pendingCapacity', 1, 2 ** 24, DEFAULTS.pendingCapacity),
    batchWindow: integer('batchWindow', 0, MINUTE, DEFAULTS.batchWindow),
    batchStatuses: integer('batchStatuses', 1, 65_536, DEFAULTS.batchStatuses),
    requestQueueCapacity: integer('requestQueueCapacity', 8, 2 ** 24, DEFAULTS.requestQueueCapacity),
    outstandingCapacity: integer('outstandingCapacity', 1, 2 ** 25, 2 ** 22),
    outstandingResend: resend,
    outstandingResendMax: integer('outstandingResendMax', resend, HOUR, Math.max(resend, DEFAULTS.outstandingResendMax)),
    idleEvents: integer('idleEvents', 1, 2 ** 20, 256),
    heartbeatInterval: integer('heartbeatInterval', 1, MINUTE, heartbeat.interval),
    heartbeatFirst: integer('heartbeatFirst', 0, MINUTE, heartbeat.first),
    completeHeartbeatInterval: integer('completeHeartbeatInterval', 1, HOUR, DEFAULTS.completeHeartbeatInterval),
    componentStatusWindow: integer('componentStatusWindow', 0, MINUTE, DEFAULTS.componentStatusWindow),
    componentStatusCapacity: integer('componentStatusCapacity', 1, 2 ** 20, DEFAULTS.componentStatusCapacity),
    errorRepeat: integer('errorRepeat', 1, HOUR, DEFAULTS.errorRepeat),
    snapshotDeadline: integer('snapshotDeadline', 1, 600_000, 5_000),
    outboxCapacity: integer('outboxCapacity', 1, 2 ** 20, 4_096),
    recover: flag('recover'),
  };
}

function workerList(value: unknown): readonly string[] {
  const isList = Array.isArray(value) && value.every((worker) => typeof worker === 'string' && worker !== '');
  if (!isList || value.length < 1 || value.length > 256) {
    throw optionError(`option 'workers' must be a list of 1 to 256 addresses, not ${show(value)}`);
  }
  if (new Set(value).size !== value.length) throw optionError(`option 'workers' names an address twice: ${value.join(', ')}`);
  return [...(value as string[])];
}

function optionError(text: string): CoordinatorError {
  return new CoordinatorError('COORDINATOR_OPTION', `coordinator: ${text}`);
}
