import type {
  AddedTable,
  Answer,
  EventKey,
  HostId,
  Influence,
  MaintainerEvent,
  SchemaChange,
  SchemaId,
  TableId,
} from '@tidegate/protocol';
import type { DescribedTask } from '../span/describeTask.js';

/** What the barrier wants said to one host. */
export interface BarrierMessage {
  readonly to: HostId;
  readonly answers: readonly Answer[];
  /** The request that this is the reply to (T-I); absent on everything else. */
  readonly inReplyTo?: number;
}

/** The side of the scheduler that barriers use (B-33). Each call takes effect at once in the span table. */
export interface Scheduling {
  dropSchema(schemaId: SchemaId): void;
  dropTables(tableIds: readonly TableId[]): void;
  /** New absent tasks from `startTs`; a table that exists is left as it is. */
  addTables(adds: readonly AddedTable[], startTs: bigint): void;
  changeSchemas(changes: readonly SchemaChange[]): void;
}

/** A barrier that was completed, for people (T-F). */
export interface CompletedBarrier {
  readonly key: EventKey;
  readonly influence: Influence['type'];
  /** Dispatchers that reported DONE. */
  readonly participants: number;
  readonly openedAt: number;
  /** Milliseconds from the first report to the Write: how long the others waited for the slowest. */
  readonly alignment: number;
  /** Milliseconds from the Write to the writer's DONE. */
  readonly writing: number;
  /** Milliseconds from the writer's DONE to the last DONE. */
  readonly passing: number;
  /** It was open for longer than the deadline. */
  readonly overdue: boolean;
}

/** An open barrier, for people (T-F). */
export interface OpenBarrier {
  readonly key: EventKey;
  readonly influence: Influence['type'];
  readonly phase: 'waiting' | 'writing' | 'passing';
  readonly age: number;
  /** It is open for longer than the deadline. */
  readonly overdue: boolean;
  readonly reported: number;
  readonly writer: number | undefined;
  readonly missing: readonly DescribedTask[];
  readonly missingCount: number;
  readonly text: string;
}

/** Told what happens in a pipeline, as it happens. */
export interface BarrierObserver {
  event(event: Extract<MaintainerEvent, { type: 'barrier' | 'barrier-stuck' | 'route-conflict' | 'topology' }>): void;
  count(name: string, by?: number): void;
}
