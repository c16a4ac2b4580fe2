import type { EventKey, Influence } from './blockEvent.js';
import type { DispatcherId, HostId, Mode, TableId } from './ids.js';
import type { RouteAdmit } from './routing.js';
import type { Tables } from './tableColumns.js';

/** Starts the changefeed. Sent once, by the host facade. */
export interface StartChangefeed {
  readonly type: 'start';
  /** Strictly larger than that of any earlier maintainer (F-1); 1 … 2^32 - 1. */
  readonly epoch: number;
  readonly startTs: bigint;
  /** Every table that exists at `startTs`. */
  readonly tables: Tables;
  /** The hosts that take dispatchers; the first is the maintainer's own and gets the table trigger. */
  readonly hosts: readonly { readonly host: HostId; readonly coordinator: string }[];
  /** Who owns which target at `startTs`, an entry a table. Absent: names are not routed, and nothing is admitted (section 23). */
  readonly routes?: readonly RouteAdmit[];
  /** Run a redo pipeline beside the default one (D-45 to D-47). Absent: no. */
  readonly redo?: boolean;
}

/** Stops the changefeed: nothing is scheduled or resent any more (F-11). */
export interface StopChangefeed {
  readonly type: 'stop';
  /**
   * `hand-over`: the table triggers are removed and everything else goes on, for the next maintainer. `remove`: every host
   * is closed. Either ends with a `stopped` event. Absent: just be quiet.
   */
  readonly how?: 'hand-over' | 'remove';
}

/**
 * The hosts that are alive now, all of them (T-9, T-10). One that is missing is lost, one that is new is asked what it has.
 * The first stays the maintainer's own; a host that was lost comes back as a new one.
 */
export interface HostsChanged {
  readonly type: 'hosts';
  readonly hosts: readonly { readonly host: HostId; readonly coordinator: string }[];
}

/** Which spans of a table are meant: all of them, or the one whose range begins at `start`. */
export interface SpanSelector {
  readonly tableId: TableId;
  readonly start?: Uint8Array;
  /** Both pipelines when absent. */
  readonly mode?: Mode;
}

/**
 * A change of topology, asked by the host's owner; the answer is a {@link TopologyReply}. `move`: the selected span goes to
 * another host. `split`: it is cut at the given keys (strictly inside of it, ascending). `merge`: the selected table's
 * neighbouring spans become one; those on other hosts are moved first. `balance`: moves until hosts differ by at most one span.
 */
export type TopologyRequest =
  | ({ readonly type: 'topology'; readonly change: 'move'; readonly to: HostId } & SpanSelector)
  | ({ readonly type: 'topology'; readonly change: 'split'; readonly keys: readonly Uint8Array[] } & SpanSelector)
  | ({ readonly type: 'topology'; readonly change: 'merge' } & SpanSelector)
  | { readonly type: 'topology'; readonly change: 'balance' };

/** Whether a {@link TopologyRequest} was begun; `spans` are those it works on. A refusal changes nothing and says why. */
export type TopologyReply =
  | { readonly accepted: true; readonly spans: readonly DispatcherId[] }
  | { readonly accepted: false; readonly code: string; readonly reason: string };

export type HostToMaintainer = StartChangefeed | StopChangefeed | HostsChanged | TopologyRequest;

/** What the owner of a host tells its coordinator. */
export type HostToCoordinator =
  /** A worker thread has died; what it had committed was delivered. Its dispatchers are gone. */
  | { readonly type: 'worker-lost'; readonly worker: string }
  /** Its replacement runs, empty. */
  | { readonly type: 'worker-replaced'; readonly worker: string }
  /**
   * The maintainer of `epoch` is gone for certain, and closed nothing: its triggers are removed, everything else goes on, and
   * nothing of that epoch is obeyed any more. A bootstrap of a later one is refused until the triggers are gone (S-2).
   */
  | { readonly type: 'owner-lost'; readonly epoch: number }
  /** F-12: this host has lost its lease: the write path stops at once. */
  | { readonly type: 'fence' };

/** What a maintainer tells the outside. */
export type MaintainerEvent =
  | { readonly type: 'bootstrapped'; readonly epoch: number; readonly tables: number }
  /** F-11: the stop that was asked for is complete. */
  | { readonly type: 'stopped'; readonly epoch: number; readonly how: 'hand-over' | 'remove' }
  /** F-13: a `start` was not obeyed: the maintainer of `currentEpoch` still runs, or its epoch is not smaller. */
  | { readonly type: 'start-refused'; readonly epoch: number; readonly currentEpoch: number; readonly text: string }
  | { readonly type: 'host-joined' | 'host-lost'; readonly host: HostId }
  | {
      /** A change of topology is over. `aborted`: the spans are as before, or are being rescheduled; `text` says why. */
      readonly type: 'topology';
      readonly change: 'move' | 'split' | 'merge';
      readonly phase: 'finished' | 'aborted';
      readonly tableId: TableId;
      readonly mode: Mode;
      readonly text: string;
    }
  /** K-11: the global redo ts. */
  | { readonly type: 'redo'; readonly resolvedTs: bigint }
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
        /** Index of its worker in the host's list of workers. Absent: not known, or it has none. */
        readonly worker?: number;
        readonly state: string;
      }[];
      readonly missingCount: number;
      readonly text: string;
    }
  | {
      /** Requests to hosts that stay unanswered: creates, removes, moves, splits, merges. Told again while that lasts. */
      readonly type: 'operators-stuck';
      readonly mode: Mode;
      /** How many are late, and the oldest of them. Ages in milliseconds since the request was sent first. */
      readonly count: number;
      readonly operators: readonly {
        readonly kind: string;
        readonly handle: number;
        /** Absent: the table is gone already. */
        readonly tableId?: TableId;
        readonly host: HostId;
        readonly age: number;
      }[];
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
