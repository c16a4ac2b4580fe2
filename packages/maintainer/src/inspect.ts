import type { HostId, Watermark } from '@tidegate/protocol';
import type { BarrierSnapshot } from './barrier/barrier.js';
import type { Changefeed } from './changefeed.js';
import type { StatusBuffer } from './intake/statusBuffer.js';
import type { Operators } from './operator/operators.js';
import { TaskState } from './span/taskState.js';

/** What `inspect` of a maintainer shows: plain data. */
export interface MaintainerSnapshot {
  readonly phase: string;
  readonly fault?: { readonly code: string; readonly message: string };
  readonly buffered: { readonly statuses: number; readonly suppressed: number; readonly refused: number };
  readonly changefeed?: {
    readonly epoch: number;
    readonly startTs: bigint;
    readonly committedTs: bigint;
    readonly resolvedTs: bigint;
    readonly lastSyncedTs: bigint;
    /** Hosts whose bootstrap answer is missing. */
    readonly bootstrapWaits: readonly HostId[];
    readonly postBootstrapOwed: boolean;
    /** Dispatchers by state, the table trigger among the replicating ones. */
    readonly tasks: Readonly<Record<'absent' | 'scheduling' | 'replicating' | 'removing', number>>;
    readonly tasksPerHost: Readonly<Record<HostId, number>>;
    readonly operators: ReturnType<Operators['inspect']>;
    readonly watermarks: Readonly<Record<HostId, Watermark>>;
    readonly barrier: BarrierSnapshot;
  };
}

/** Takes the snapshot. */
export function inspectMaintainer(parts: {
  readonly phase: string;
  readonly fault: { readonly code: string; readonly message: string } | undefined;
  readonly changefeed: Changefeed | undefined;
  readonly buffer: StatusBuffer;
  readonly postBootstrapOwed: boolean;
  readonly now: number;
}): MaintainerSnapshot {
  const { phase, fault, changefeed, buffer } = parts;
  const buffered = { statuses: buffer.size, suppressed: buffer.suppressed, refused: buffer.refused };
  if (changefeed === undefined) return { phase, ...(fault && { fault }), buffered };
  const { hosts, pipeline, committed } = changefeed;
  const { table } = pipeline;
  const nameOf = (index: number): HostId => hosts.name(index);
  const tasksPerHost: Record<HostId, number> = {};
  for (let host = 0; host < hosts.size; host++) tasksPerHost[nameOf(host)] = table.countOfHost(host);
  return {
    phase,
    ...(fault && { fault }),
    buffered,
    changefeed: {
      epoch: changefeed.epoch,
      startTs: changefeed.startTs,
      committedTs: committed.committedTs,
      resolvedTs: committed.current?.resolvedTs ?? changefeed.startTs,
      lastSyncedTs: pipeline.lastSyncedTs,
      bootstrapWaits: changefeed.bootstrapper.waiting.map(nameOf),
      postBootstrapOwed: parts.postBootstrapOwed,
      tasks: {
        absent: table.count(TaskState.ABSENT),
        scheduling: table.count(TaskState.SCHEDULING),
        replicating: table.count(TaskState.REPLICATING),
        removing: table.count(TaskState.REMOVING),
      },
      tasksPerHost,
      operators: pipeline.operators.inspect(nameOf),
      watermarks: pipeline.watermarks.inspect(nameOf),
      barrier: pipeline.barrier.inspect(parts.now),
    },
  };
}
