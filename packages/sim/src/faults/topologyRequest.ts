import type { HostId, TopologyRequest } from '@tidegate/protocol';
import type { Random } from '../random.js';
import { keyBytes, snapshotAt, type Workload } from '../workload/workload.js';

interface Drawn {
  readonly hosts: readonly HostId[];
  readonly keys: number;
  readonly random: Random;
}

/** A change of topology to ask for: of a table that exists at `ts`. Undefined: there is none that it could be asked for. */
export function topologyRequest(
  change: 'split' | 'merge' | 'move' | 'balance',
  workload: Workload,
  ts: bigint,
  { hosts, keys, random }: Drawn,
): TopologyRequest | undefined {
  if (change === 'balance') return { type: 'topology', change };
  const tables = snapshotAt(workload, ts).tables.filter(({ splittable }) => change === 'move' || splittable);
  if (tables.length === 0) return undefined;
  const { tableId } = random.pick(tables);
  if (change === 'move') return { type: 'topology', change, tableId, to: random.pick(hosts) };
  if (change === 'merge') return { type: 'topology', change, tableId };
  const cuts = new Set(Array.from({ length: random.between(1, 3) }, () => random.between(1, Math.max(1, keys - 1))));
  return { type: 'topology', change, tableId, keys: [...cuts].sort((one, other) => one - other).map(keyBytes) };
}
