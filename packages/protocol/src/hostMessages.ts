import type { AddedTable, EventKey, Influence } from './blockEvent.js';
import type { HostId, Mode, TableId } from './ids.js';
import type { RouteAdmit } from './routing.js';

/** Starts the changefeed. Sent once, by the host facade. */
export interface StartChangefeed {
  readonly type: 'start';
  /** Strictly larger than that of any earlier maintainer (F-1); 1 … 2^32 - 1. */
  readonly epoch: number;
  readonly startTs: bigint;
  /** Every table that exists at `startTs`. */
  readonly tables: readonly AddedTable[];
  /** The hosts that take dispatchers; the first is the maintainer's own and gets the table trigger. */
  readonly hosts: readonly { readonly host: HostId; readonly coordinator: string }[];
  /** Who owns which target at `startTs`, an entry a table. Absent: names are not routed, and nothing is admitted (section 23). */
  readonly routes?: readonly RouteAdmit[];
}

/** Stops the changefeed: nothing is scheduled or resent any more (F-11). */
export interface StopChangefeed {
  readonly type: 'stop';
}

export type HostToMaintainer = StartChangefeed | StopChangefeed;

/** What a maintainer tells the outside. */
export type MaintainerEvent =
  | { readonly type: 'bootstrapped'; readonly epoch: number; readonly tables: number }
  | { readonly type: 'checkpoint'; readonly checkpointTs: bigint; readonly resolvedTs: bigint }
  | {
      readonly type: 'barrier';
      readonly phase: 'opened' | 'selected' | 'written' | 'completed';
      readonly key: EventKey;
      readonly mode: Mode;
      readonly influence: Influence['type'];
      /** Milliseconds of the maintainer's clock. */
      readonly at: number;
      /** Milliseconds since it was opened. */
      readonly age: number;
    }
  | {
      /** T-F: an event that stays open explains itself. */
      readonly type: 'barrier-stuck';
      readonly key: EventKey;
      readonly mode: Mode;
      readonly age: number;
      /** Some of those that are missing, with their number. */
      readonly missing: readonly {
        readonly handle: number;
        readonly tableId: TableId;
        readonly host: HostId;
        readonly state: string;
      }[];
      readonly missingCount: number;
      readonly text: string;
    }
  | {
      /**
       * N-2: a DDL would route two tables to one target. Told once for each DDL; it waits until the target is free, which
       * only an earlier DDL can bring about.
       */
      readonly type: 'route-conflict';
      readonly key: EventKey;
      readonly mode: Mode;
      /** The table that is refused, the one that has the target, and the target, as `` `schema`.`table` ``. */
      readonly source: string;
      readonly owner: string;
      readonly target: string;
      readonly text: string;
    }
  | { readonly type: 'fault'; readonly code: string; readonly message: string; readonly dump?: unknown };
