import { type HostId, NO_WORKER, type TableId } from '@tidegate/protocol';
import type { SpanTable } from './spanTable.js';
import { taskStateName } from './taskState.js';

/** A task, for people (T-F). */
export interface DescribedTask {
  readonly handle: number;
  readonly tableId: TableId;
  readonly host: HostId;
  /** Index in the host's list of workers. Absent: not known, or it has none. */
  readonly worker?: number;
  readonly state: string;
}

/** What is known of a task, and where its dispatcher lives. */
export function describeTask(table: SpanTable, handle: number, hostName: (index: number) => HostId): DescribedTask {
  return {
    handle,
    tableId: table.tableIdOf(handle),
    ...placeOf(table, handle, hostName),
    state: `${taskStateName(table.state[handle]!)}${table.positions.describe(handle)}`,
  };
}

/** Where the dispatcher of a task lives, as far as it is known; host `''` for none. */
export function placeOf(
  table: SpanTable,
  handle: number,
  hostName: (index: number) => HostId,
): Pick<DescribedTask, 'host' | 'worker'> {
  const worker = table.worker[handle]!;
  return { host: hostName(table.host[handle]!), ...(worker !== NO_WORKER && { worker }) };
}

/** In words. */
export function placeText({ host, worker }: Pick<DescribedTask, 'host' | 'worker'>): string {
  if (host === '') return 'no host';
  return worker === undefined ? `host ${host}` : `worker ${worker} of host ${host}`;
}
