import { DEFAULTS } from '@tidegate/protocol';
import type { InitialSplit } from './bootstrap/initialSplit.js';
import { compareKeys } from './coverage/keyOrder.js';
import { MaintainerOptionError } from './errors.js';

/** Options of a maintainer. Times in milliseconds. */
export interface MaintainerOptions {
  /** How often barriers are looked at and the checkpoint is computed. Default 100. */
  readonly tick?: number;
  /** Shortest pause between two sends of Write, or of Pass, for one event. Default 1 000. */
  readonly barrierResend?: number;
  /** Longest such pause, once nothing was reported for several sends (T-E, W-13). Default 30 000. */
  readonly barrierResendMax?: number;
  /** While DONEs flow in, Pass to all is not repeated until they pause this long (B-40). Default 1 000. */
  readonly quietWindow?: number;
  /** How far the writer's DONE backdates the last send, so that the first Pass is due at once (B-17). Default 20 000. */
  readonly passBackdate?: number;
  /** An event that stays open explains itself this often (B-45, T-F). Default 10 000. */
  readonly unresolvedWarning?: number;
  /** Age at which an open event is overdue; 0 (the default) for no deadline. */
  readonly barrierDeadline?: number;
  /** What an overdue event does: tell (`report`, the default) or end the changefeed (`fail`). */
  readonly onBarrierDeadline?: 'report' | 'fail';
  /** Bootstrap is asked for again after this time. Default 500. */
  readonly bootstrapResend?: number;
  /** How long a host may refuse the bootstrap because an earlier trigger or a silent worker is in its way. Default 30 000. */
  readonly bootstrapPatience?: number;
  /** Shortest pause between two writes of the redo log's own file, which lets the default pipeline go on (K-11). Default 50. */
  readonly redoMetaInterval?: number;
  /** Redo messages that nothing answers are sent again after this time. Default 1 000. */
  readonly redoResend?: number;
  /** An unanswered create or remove is sent again after this time. Default 10 000. */
  readonly operatorResend?: number;
  /** A request to a host that stays unanswered for so long is told of, again and again (section 28). Default 30 000. */
  readonly operatorWarning?: number;
  /** Creates in one message at most. Default 4 096. */
  readonly scheduleBatch?: number;
  /** Creates that may be under way at a time. Default 16 384. */
  readonly maxScheduling?: number;
  /** Open events of one mode; further ones, unless before all of them, are answered "ignored" until one completes. Default 65 536. */
  readonly maxEvents?: number;
  /** Completed barriers that `inspect` shows. Default 64. */
  readonly history?: number;
  /**
   * As many block statuses that wait for the maintainer to be ready, and further requests are refused whole and come again. A
   * request is taken whole as well: at most this many less one, and the rows of one request, which coordinators bound by their
   * `batchStatuses`. Component statuses of one host that wait: at most this many, or those of one heartbeat. Default 4 194 304.
   */
  readonly statusCapacity?: number;
  /** Tables may be split over several dispatchers: coverage is counted in key ranges (V-5). Default false. */
  readonly splitTables?: boolean;
  /** Whether a host that joins takes dispatchers over from the others (`on-join`, the default), or only new ones. */
  readonly balance?: 'off' | 'on-join';
  /** Dispatchers of one mode that balancing moves at a time. Default 1 024. */
  readonly maxMoves?: number;
  /**
   * Splittable tables that begin in parts when nobody serves them yet at bootstrap, with the keys at which they are cut,
   * strictly ascending. Needs `splitTables`. Default none.
   */
  readonly initialSplit?: readonly InitialSplit[];
}

/** Options with every default filled in. */
export type ResolvedOptions = Required<MaintainerOptions>;

const DEFAULT_OPTIONS: ResolvedOptions = {
  tick: DEFAULTS.maintainerTick,
  barrierResend: DEFAULTS.barrierResend,
  barrierResendMax: DEFAULTS.retryIntervalMax,
  quietWindow: DEFAULTS.quietWindow,
  passBackdate: DEFAULTS.passBackdate,
  unresolvedWarning: DEFAULTS.unresolvedWarning,
  barrierDeadline: 0,
  onBarrierDeadline: 'report',
  bootstrapResend: DEFAULTS.bootstrapResend,
  bootstrapPatience: 30_000,
  redoMetaInterval: 50,
  redoResend: 1_000,
  operatorResend: DEFAULTS.operatorResend,
  operatorWarning: DEFAULTS.operatorWarning,
  scheduleBatch: 4096,
  maxScheduling: 16_384,
  maxEvents: 65_536,
  history: 64,
  statusCapacity: 4_194_304,
  splitTables: false,
  initialSplit: [],
  balance: 'on-join',
  maxMoves: 1024,
};

/** Smallest and largest value of each numeric option. */
const RANGES: { readonly [Name in keyof ResolvedOptions]?: readonly [number, number] } = {
  tick: [1, 60_000],
  barrierResend: [1, 600_000],
  barrierResendMax: [1, 3_600_000],
  quietWindow: [0, 600_000],
  passBackdate: [0, 3_600_000],
  unresolvedWarning: [1, 3_600_000],
  barrierDeadline: [0, Number.MAX_SAFE_INTEGER],
  bootstrapResend: [1, 600_000],
  bootstrapPatience: [0, 3_600_000],
  redoMetaInterval: [0, 600_000],
  redoResend: [1, 600_000],
  operatorResend: [1, 3_600_000],
  operatorWarning: [1, 3_600_000],
  scheduleBatch: [1, 65_536],
  maxScheduling: [1, 0xff_ffff],
  maxEvents: [1, 0xff_ffff],
  history: [0, 65_536],
  statusCapacity: [1, 0x7fff_ffff],
  maxMoves: [1, 0xff_ffff],
};

/** Fills in defaults. Throws {@link MaintainerOptionError}, which names the option, for a value that cannot be used. */
export function resolveOptions(options: MaintainerOptions = {}): ResolvedOptions {
  for (const name of Object.keys(options)) {
    if (!(name in DEFAULT_OPTIONS)) {
      throw new MaintainerOptionError(name, `is not known; known are ${Object.keys(DEFAULT_OPTIONS).join(', ')}`);
    }
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const resolved: ResolvedOptions = { ...DEFAULT_OPTIONS, ...given };
  for (const [name, range] of Object.entries(RANGES)) {
    const value: unknown = resolved[name as keyof ResolvedOptions];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < range[0] || value > range[1]) {
      throw new MaintainerOptionError(name, `must be a whole number from ${range[0]} to ${range[1]}, not ${String(value)}`);
    }
  }
  if (resolved.onBarrierDeadline !== 'report' && resolved.onBarrierDeadline !== 'fail') {
    throw new MaintainerOptionError('onBarrierDeadline', `must be "report" or "fail", not ${String(resolved.onBarrierDeadline)}`);
  }
  if (resolved.balance !== 'off' && resolved.balance !== 'on-join') {
    throw new MaintainerOptionError('balance', `must be "off" or "on-join", not ${String(resolved.balance)}`);
  }
  if (typeof resolved.splitTables !== 'boolean') throw new MaintainerOptionError('splitTables', 'must be true or false');
  checkInitialSplit(resolved);
  if (resolved.barrierResendMax < resolved.barrierResend) {
    throw new MaintainerOptionError('barrierResendMax', 'must not be smaller than barrierResend');
  }
  return resolved;
}

function checkInitialSplit({ initialSplit, splitTables }: ResolvedOptions): void {
  const fail = (problem: string): never => {
    throw new MaintainerOptionError('initialSplit', problem);
  };
  if (!Array.isArray(initialSplit)) fail('must be a list of { tableId, keys }');
  if (initialSplit.length > 0 && !splitTables) fail('needs the option "splitTables"');
  for (const { tableId, keys } of initialSplit) {
    const isAscending = keys.every((key, index) => key.length > 0 && (index === 0 || compareKeys(keys[index - 1]!, key) < 0));
    if (!isAscending) fail(`must have keys in strictly ascending order, none empty; those of table ${tableId} are not`);
  }
}
