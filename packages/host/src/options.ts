import { availableParallelism } from 'node:os';
import { inspect } from 'node:util';
import { isTs } from '@tidegate/protocol';
import { HostError } from './errors.js';

/** A user module and what its factory is called with. */
export interface ModuleReference {
  /** URL (or `file:` string) of an ES module that exports `createSource` or `createSink`. It is loaded on the thread where it runs. */
  readonly module: string | URL;
  /** Handed to the factory; structured-cloneable. */
  readonly options?: unknown;
}

/** What a host is started with. */
export interface HostOptions {
  /** Where changes come from: exports `createSource` (see `@tidegate/dispatcher`). Runs on the source thread. */
  readonly source: ModuleReference;
  /** Where changes go: exports `createSink`. One instance on each worker thread. */
  readonly sink: ModuleReference;
  /**
   * A redo log beside the sink: exports `createSink`, of a sink with `meta`; one instance on each worker thread. Changes reach
   * the sink only once they are in the log everywhere (D-46). `@tidegate/redo` is one. Default: none.
   */
  readonly redo?: ModuleReference;
  /** Worker threads, 1 … 256. Default: the available cores less one for the control thread, at least 1. */
  readonly workers?: number;
  /** Start behind this ts; everything at or below it is taken as replicated. Default 0: from the beginning. */
  readonly startTs?: bigint;
  /** Epoch of the maintainer, 1 … 2^32 - 1; strictly larger than that of any earlier run that may still live (F-1). Default 1. */
  readonly epoch?: number;
  /** Name of this host in statuses and errors. Default `host-0`. */
  readonly name?: string;
  /** Whether coordinator and maintainer share one control thread or have one each. Default `shared`. */
  readonly control?: 'shared' | 'separate';
  /** Bytes of the lane from the source to each worker: a power of two, 64 KiB … 1 GiB. A quarter of it bounds one change. Default 4 MiB. */
  readonly laneBytes?: number;
  /** Bytes of the lanes that carry statuses and answers: a power of two, 64 KiB … 1 GiB. Default 1 MiB. */
  readonly statusLaneBytes?: number;
  /** Bytes of events held for tables whose dispatcher is being created, above which the source is read no further. Default 64 MiB. */
  readonly heldBytes?: number;
  /**
   * Heap limit of each worker thread in MiB, 16 … 1 048 576. Default: Node's own. A sink that exceeds it ends its thread; not always on
   * newer engines: where large arrays alone fill a heap, a bare worker thread of Node 24.21 aborts the process, and one of 26.10
   * neither ends nor can be terminated.
   */
  readonly workerHeapMb?: number;
  /** How often within a minute a worker or control thread that dies is replaced, 0 … 1000; one death more ends the host. Default 3. */
  readonly restarts?: number;
  /** Milliseconds that the threads, the source and the sinks have to come up. Default 60 000. */
  readonly startDeadline?: number;
  /** Let the maintainer stall on purpose, to see what comes of it. Default: no drill. */
  readonly drill?: MaintainerDrill;
  /** Further options of the dispatchers, named in `@tidegate/dispatcher`. */
  readonly dispatcher?: Readonly<Record<string, unknown>>;
  /** Further options of the coordinator, named in `@tidegate/coordinator`. */
  readonly coordinator?: Readonly<Record<string, unknown>>;
  /** Further options of the maintainer, named in `@tidegate/maintainer`. */
  readonly maintainer?: Readonly<Record<string, unknown>>;
}

/** A stall on purpose. */
export interface MaintainerDrill {
  /**
   * Milliseconds, 0 … 3 600 000, for which the maintainer reads nothing of what coordinators send: from the first block statuses
   * on, they stay in its inbox, as they would if it were busy elsewhere. 0: it goes on, and only counts what arrives.
   */
  readonly stall: number;
}

/** {@link HostOptions} with defaults filled in and every value checked. */
export interface CheckedHostOptions {
  readonly source: { readonly module: string; readonly options: unknown };
  readonly sink: { readonly module: string; readonly options: unknown };
  readonly redo: { readonly module: string; readonly options: unknown } | undefined;
  readonly workers: number;
  readonly startTs: bigint;
  readonly epoch: number;
  readonly name: string;
  readonly control: 'shared' | 'separate';
  readonly laneBytes: number;
  readonly statusLaneBytes: number;
  readonly heldBytes: number;
  readonly workerHeapMb: number | undefined;
  readonly restarts: number;
  readonly startDeadline: number;
  readonly drill: MaintainerDrill | undefined;
  readonly dispatcher: Readonly<Record<string, unknown>>;
  readonly coordinator: Readonly<Record<string, unknown>>;
  readonly maintainer: Readonly<Record<string, unknown>>;
}

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
/** Milliseconds. */
const LONGEST_STALL = 3_600_000;

/** Checks options and fills in defaults. Throws a {@link HostError} `HOST_OPTION` that names the option. */
export function checkOptions(options: HostOptions): CheckedHostOptions {
  if (typeof options !== 'object' || options === null) throw refuse('options', options, 'an object');
  const known = new Set<string>(Object.keys(EXAMPLE));
  for (const name of Object.keys(options)) {
    if (!known.has(name)) throw new HostError('HOST_OPTION', `option '${name}' is not known; known are ${[...known].join(', ')}`);
  }
  const startTs = options.startTs ?? 0n;
  if (!isTs(startTs)) throw refuse('startTs', startTs, 'a bigint from 0 to 2^64 - 1');
  const control = options.control ?? 'shared';
  if (control !== 'shared' && control !== 'separate') throw refuse('control', control, "'shared' or 'separate'");
  const name = options.name ?? 'host-0';
  if (typeof name !== 'string' || name === '') throw refuse('name', name, 'a string that is not empty');
  return {
    source: moduleReference('source', options.source),
    sink: moduleReference('sink', options.sink),
    redo: options.redo === undefined ? undefined : moduleReference('redo', options.redo),
    workers: whole('workers', options.workers ?? Math.max(1, availableParallelism() - 1), 1, 256),
    startTs,
    epoch: whole('epoch', options.epoch ?? 1, 1, 0xffff_ffff),
    name,
    control,
    laneBytes: powerOfTwo('laneBytes', options.laneBytes ?? 4 * MIB),
    statusLaneBytes: powerOfTwo('statusLaneBytes', options.statusLaneBytes ?? MIB),
    heldBytes: whole('heldBytes', options.heldBytes ?? 64 * MIB, KIB, Number.MAX_SAFE_INTEGER),
    workerHeapMb: options.workerHeapMb === undefined ? undefined : whole('workerHeapMb', options.workerHeapMb, 16, 1 << 20),
    restarts: whole('restarts', options.restarts ?? 3, 0, 1000),
    startDeadline: whole('startDeadline', options.startDeadline ?? 60_000, 1, 0x7fff_ffff),
    drill: drill(options.drill),
    dispatcher: record('dispatcher', options.dispatcher),
    coordinator: record('coordinator', options.coordinator),
    maintainer: record('maintainer', options.maintainer),
  };
}

/** One of every option, so that the compiler keeps the list of known names complete. */
const EXAMPLE: Readonly<Record<keyof HostOptions, true>> = {
  source: true,
  sink: true,
  redo: true,
  workers: true,
  startTs: true,
  epoch: true,
  name: true,
  control: true,
  laneBytes: true,
  statusLaneBytes: true,
  heldBytes: true,
  workerHeapMb: true,
  restarts: true,
  startDeadline: true,
  drill: true,
  dispatcher: true,
  coordinator: true,
  maintainer: true,
};

/** Checks the deadline of a stop. */
export function checkDeadline(value: unknown): number {
  if (typeof value !== 'number' || !(value >= 0)) throw refuse('deadline', value, 'a number of milliseconds from 0');
  return value;
}

function moduleReference(name: string, value: ModuleReference | undefined): { module: string; options: unknown } {
  if (typeof value !== 'object' || value === null) throw refuse(name, value, '{ module, options }');
  const { module, options } = value;
  const text = module instanceof URL ? module.href : module;
  if (typeof text !== 'string' || !URL.canParse(text)) {
    throw refuse(
      `${name}.module`,
      module,
      "a URL, such as new URL('./sink.js', import.meta.url) or import.meta.resolve('a-package')",
    );
  }
  return { module: text, options };
}

function drill(value: MaintainerDrill | undefined): MaintainerDrill | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null) throw refuse('drill', value, '{ stall }, in milliseconds');
  return { stall: whole('drill.stall', value.stall, 0, LONGEST_STALL) };
}

function whole(name: string, value: unknown, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    throw refuse(name, value, `a whole number from ${least} to ${most}`);
  }
  return value;
}

function powerOfTwo(name: string, value: unknown): number {
  const bytes = whole(name, value, 64 * KIB, GIB);
  if ((bytes & (bytes - 1)) !== 0) throw refuse(name, value, 'a power of two');
  return bytes;
}

function record(name: string, value: unknown): Readonly<Record<string, unknown>> {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse(name, value, 'an object');
  return value as Readonly<Record<string, unknown>>;
}

function refuse(name: string, value: unknown, expected: string): HostError {
  const shown = typeof value === 'string' ? JSON.stringify(value) : inspect(value, { depth: 1, breakLength: 120 });
  return new HostError('HOST_OPTION', `option '${name}' is ${shown}; it must be ${expected}`);
}
