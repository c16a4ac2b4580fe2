import { MESSAGE_STRUCTURES, Mode } from '@tidegate/protocol';
import type { ActorPlacement, LinkDeclaration, ThreadPlacement, Topology } from '@tidegate/runtime';
import type { DrilledMaintainerOptions } from './drilledMaintainer.js';
import type { CheckedHostOptions } from './options.js';

export const SOURCE = 'source';
export const COORDINATOR = 'coordinator';
export const MAINTAINER = 'maintainer';

/**
 * Messages to a worker that may wait before its lane. The lane's size is what bounds what is read ahead: the router keeps
 * what a full lane refuses, and reads no further.
 */
const SOURCE_OUTBOX = 0;

/** Row bytes gathered for one worker before they are sent. */
const BATCH_BYTES = 128 * 1024;

/** With redo: row bytes behind which the source's marks do not lie further apart, unless the dispatchers' low mark is less. */
const MARK_BYTES = 256 * 1024;

const MINUTE = 60_000;

/** Address of the dispatchers of one worker thread. */
function workerAddress(index: number): string {
  return `worker-${index}`;
}

/**
 * Where the actors of one host live and which lanes run between them.
 *
 * ```
 *  source ═══▶ worker-0 … worker-(W-1) ═══▶ coordinator ═══▶ maintainer
 *    ▲                   ▲                    ║   ▲              ║
 *    ╚═══════════════════╩═══════════════════╝   ╚══════════════╝
 * ```
 */
export function hostTopology(options: CheckedHostOptions): Topology {
  const workers = Array.from({ length: options.workers }, (_, index) => workerAddress(index));
  const restart: ThreadPlacement['restart'] = options.restarts === 0 ? 'never' : { limit: options.restarts, within: MINUTE };
  // Pure actors: no code of a user's is on these threads.
  const parking: ThreadPlacement['parking'] = 'blocking';
  const control: ThreadPlacement[] =
    options.control === 'shared'
      ? [{ name: 'control', actors: [coordinator(options, workers), maintainer(options)], restart, parking }]
      : [
          { name: COORDINATOR, actors: [coordinator(options, workers)], restart, parking },
          { name: MAINTAINER, actors: [maintainer(options)], restart, parking },
        ];
  return {
    threads: [
      { name: SOURCE, actors: [source(options, workers)] },
      ...workers.map((address) => ({
        name: address,
        actors: [dispatchers(options, address)],
        restart,
        ...(options.workerHeapMb !== undefined && { resourceLimits: { maxOldGenerationSizeMb: options.workerHeapMb } }),
      })),
      ...control,
    ],
    links: links(options, workers),
    structures: MESSAGE_STRUCTURES,
    // The checkpoint that the sinks persist last comes from the control side, so that stops before the workers.
    stopOrder: [SOURCE, MAINTAINER, COORDINATOR, workers],
    limits: { start: options.startDeadline },
  };
}

function links(options: CheckedHostOptions, workers: readonly string[]): LinkDeclaration[] {
  const status = options.statusLaneBytes;
  return [
    { from: COORDINATOR, to: SOURCE, capacityBytes: status },
    { from: COORDINATOR, to: MAINTAINER, capacityBytes: status },
    { from: MAINTAINER, to: COORDINATOR, capacityBytes: status },
    ...workers.flatMap((worker) => [
      { from: SOURCE, to: worker, capacityBytes: options.laneBytes, outbox: SOURCE_OUTBOX },
      { from: worker, to: COORDINATOR, capacityBytes: status },
      { from: COORDINATOR, to: worker, capacityBytes: status },
    ]),
  ];
}

function source(options: CheckedHostOptions, workers: readonly string[]): ActorPlacement {
  return {
    address: SOURCE,
    module: new URL('./sourceActor.js', import.meta.url),
    factory: 'createSourceActor',
    options: {
      ...options.source,
      startTs: options.startTs,
      workers,
      batchBytes: Math.min(BATCH_BYTES, options.laneBytes / 8),
      maxMessageBytes: options.laneBytes / 4,
      heldBytes: options.heldBytes,
      // A lane takes a message of half its size.
      lanes: { source: options.laneBytes / 2, status: options.statusLaneBytes / 2 },
      ...(options.redo === undefined
        ? { modes: [Mode.DEFAULT] }
        : { modes: [Mode.DEFAULT, Mode.REDO], markBytes: markBytes(options) }),
    },
  };
}

function markBytes({ dispatcher: { lowWater } }: CheckedHostOptions): number {
  return typeof lowWater === 'number' ? Math.min(lowWater, MARK_BYTES) : MARK_BYTES;
}

function dispatchers(options: CheckedHostOptions, address: string): ActorPlacement {
  return {
    address,
    module: import.meta.resolve('@tidegate/dispatcher/worker'),
    factory: 'createDispatcherGroup',
    options: {
      ...options.dispatcher,
      coordinator: COORDINATOR,
      source: SOURCE,
      sink: options.sink,
      ...(options.redo && { redoSink: options.redo }),
    },
  };
}

function coordinator(options: CheckedHostOptions, workers: readonly string[]): ActorPlacement {
  const own = { ...options.coordinator, host: options.name, workers, source: SOURCE, maintainer: MAINTAINER };
  return {
    address: COORDINATOR,
    module: import.meta.resolve('@tidegate/coordinator/actor'),
    factory: 'createCoordinator',
    options: own,
    restartOptions: { ...own, recover: true },
  };
}

function maintainer({ drill, maintainer: own }: CheckedHostOptions): ActorPlacement {
  if (drill !== undefined) {
    return {
      address: MAINTAINER,
      module: new URL('./drilledMaintainer.js', import.meta.url),
      factory: 'createDrilledMaintainer',
      options: { ...drill, maintainer: { ...own } } satisfies DrilledMaintainerOptions,
    };
  }
  return {
    address: MAINTAINER,
    module: import.meta.resolve('@tidegate/maintainer/actor'),
    factory: 'createMaintainer',
    options: { ...own },
  };
}
