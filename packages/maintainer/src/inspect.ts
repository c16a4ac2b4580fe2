import type { HostId, Watermark } from '@tidegate/protocol';
import type { BarrierSnapshot } from './barrier/barrier.js';
import type { Bootstrapper } from './bootstrap/bootstrapper.js';
import type { Changefeed } from './changefeed.js';
import type { StatusBuffer } from './intake/statusBuffer.js';
import type { Departure } from './lifecycle/departure.js';
import type { Operators } from './operator/operators.js';
import type { Pipeline } from './pipeline.js';
import { TaskState } from './span/taskState.js';

/** What `inspect` shows of one pipeline. */
export interface PipelineSnapshot {
  /** How far it is committed. Of the default pipeline this is the changefeed's checkpoint. */
  readonly committedTs: bigint;
  readonly resolvedTs: bigint;
  readonly lastSyncedTs: bigint;
  /** Dispatchers by state, the table trigger among the replicating ones. */
  readonly tasks: Readonly<Record<'absent' | 'scheduling' | 'replicating' | 'removing', number>>;
  readonly tasksPerHost: Readonly<Record<HostId, number>>;
  readonly operators: ReturnType<Operators['inspect']>;
  readonly watermarks: Readonly<Record<HostId, Watermark>>;
  readonly barrier: BarrierSnapshot;
}

/** What `inspect` of a maintainer shows: plain data. */
export interface MaintainerSnapshot {
  readonly phase: string;
  readonly fault?: { readonly code: string; readonly message: string };
  /** `most`: the most statuses that were held at a time. */
  readonly buffered: { readonly statuses: number; readonly most: number; readonly suppressed: number; readonly refused: number };
  /** The default pipeline, and what the whole changefeed has. */
  readonly changefeed?: PipelineSnapshot & {
    readonly epoch: number;
    readonly startTs: bigint;
    /** Hosts whose bootstrap answer is missing, and what they say instead. */
    readonly bootstrapWaits: Bootstrapper['waiting'];
    readonly postBootstrapOwed: boolean;
    /** Absent: it was not told to stop. */
    readonly departure?: ReturnType<Departure['inspect']>;
    /** The redo pipeline, with the global redo ts and the one that was asked for. Absent: there is none. */
    readonly redo?: PipelineSnapshot & { readonly globalTs: bigint; readonly askedTs: bigint };
  };
}

/** Takes the snapshot. */
export function inspectMaintainer(parts: {
  readonly phase: string;
  readonly fault: { readonly code: string; readonly message: string } | undefined;
  readonly changefeed: Changefeed | undefined;
  readonly departure: Departure | undefined;
  readonly buffer: StatusBuffer;
  readonly postBootstrapOwed: boolean;
  readonly now: number;
}): MaintainerSnapshot {
  const { phase, fault, changefeed, departure, buffer, postBootstrapOwed, now } = parts;
  const buffered = { statuses: buffer.size, most: buffer.most, suppressed: buffer.suppressed, refused: buffer.refused };
  if (changefeed === undefined) return { phase, ...(fault && { fault }), buffered };
  const { epoch, startTs, bootstrapper, pipeline, redo } = changefeed;
  const log = changefeed.pipelines.find((one) => one !== pipeline);
  return {
    phase,
    ...(fault && { fault }),
    buffered,
    changefeed: {
      epoch,
      startTs,
      bootstrapWaits: bootstrapper.waiting,
      postBootstrapOwed,
      ...(departure && { departure: departure.inspect() }),
      ...inspectPipeline(changefeed, pipeline, now),
      ...(log && redo && { redo: { ...inspectPipeline(changefeed, log, now), ...redo.inspect() } }),
    },
  };
}

function inspectPipeline({ hosts, startTs }: Changefeed, pipeline: Pipeline, now: number): PipelineSnapshot {
  const { table, committed } = pipeline;
  const nameOf = (index: number): HostId => hosts.name(index);
  const tasksPerHost: Record<HostId, number> = {};
  for (const host of hosts.alive()) tasksPerHost[nameOf(host)] = table.countOfHost(host);
  return {
    committedTs: committed.committedTs,
    resolvedTs: committed.current?.resolvedTs ?? startTs,
    lastSyncedTs: pipeline.lastSyncedTs,
    tasks: {
      absent: table.count(TaskState.ABSENT),
      scheduling: table.count(TaskState.SCHEDULING),
      replicating: table.count(TaskState.REPLICATING),
      removing: table.count(TaskState.REMOVING),
    },
    tasksPerHost,
    operators: pipeline.operators.inspect(nameOf),
    watermarks: pipeline.watermarks.inspect(nameOf),
    barrier: pipeline.barrier.inspect(now),
  };
}
