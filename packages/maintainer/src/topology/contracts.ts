import type { MaintainerEvent, TopologyReply } from '@tidegate/protocol';
import type { Hosts } from '../hosts.js';
import type { Operators } from '../operator/operators.js';
import type { Scheduler } from '../operator/scheduler.js';
import type { ResolvedOptions } from '../options.js';
import type { SpanTable } from '../span/spanTable.js';

/** What a topology is made with. */
export interface TopologyParts {
  readonly table: SpanTable;
  readonly hosts: Hosts;
  readonly operators: Operators;
  readonly scheduler: Scheduler;
  readonly options: Pick<ResolvedOptions, 'splitTables' | 'balance' | 'maxMoves'>;
  /** 32 random bits of the actor's seeded source, for the ids of new tasks. */
  readonly random: () => number;
  /** Told of each change that is over. */
  readonly tell: (event: Extract<MaintainerEvent, { type: 'topology' }>) => void;
}

export type Change = Extract<MaintainerEvent, { type: 'topology' }>['change'];

export type Refusal = Extract<TopologyReply, { accepted: false }>;

export function refuse(code: string, reason: string): Refusal {
  return { accepted: false, code, reason };
}
