import type { SourceEvent, SourceSnapshot } from '@tidegate/dispatcher';
import { type CoordinatorToSource, type TableColumns, tableColumnsOf } from '@tidegate/protocol';

/** From the pump (the effect that reads the source) to the router. */
export type PumpMessage =
  | { readonly type: 'chunk'; readonly events: readonly SourceEvent[] }
  | { readonly type: 'end' }
  | { readonly type: 'failed'; readonly code: string; readonly message: string };

/** From a reading that serves those who are behind; `id` is the number that it was opened with. */
export type ReplayMessage =
  | { readonly type: 'replay-open'; readonly id: number; readonly snapshot: SourceSnapshot }
  | { readonly type: 'replay-chunk'; readonly id: number; readonly events: readonly SourceEvent[] }
  | { readonly type: 'replay-end'; readonly id: number }
  | { readonly type: 'replay-failed'; readonly id: number; readonly code: string; readonly message: string };

/** What a changefeed is started with: where a source opened, and what existed there. */
export interface StartSnapshot extends Pick<SourceSnapshot, 'startTs' | 'routes'> {
  readonly tables: TableColumns;
}

export function startSnapshotOf({ startTs, tables, routes }: SourceSnapshot): StartSnapshot {
  return { startTs, tables: tableColumnsOf(tables), ...(routes && { routes }) };
}

/** From the host facade to the source actor, which answers it in place of the router. */
export interface SnapshotQuestion {
  readonly type: 'source-snapshot';
  /**
   * Absent: the answer is the {@link StartSnapshot} of where the source opened. Else: what exists at that ts, told as an event
   * `source-snapshot`, for the source is opened once more.
   */
  readonly at?: bigint;
}

/** From the host facade to the router. */
type SourceControl =
  /** Asked: whether the source can be read again. */
  | { readonly type: 'can-replay' }
  /** Asked: route nothing more. The answer is the ts up to which everything was routed: the checkpoint will reach it. */
  | { readonly type: 'hold' }
  /** Told when everybody waits for the checkpoint to reach what was routed: nothing is to be kept back to gather more. */
  | { readonly type: 'hurry' };

/** What the source thread tells the host facade. */
export type SourceHostEvent =
  /** What exists at a ts that was asked for, or why that cannot be told. */
  | { readonly type: 'source-snapshot'; readonly at: bigint; readonly snapshot: StartSnapshot }
  | { readonly type: 'source-snapshot'; readonly at: bigint; readonly code: string; readonly message: string }
  /** Everything was routed; the changefeed is finished once the checkpoint reaches `endTs`. */
  | { readonly type: 'source-end'; readonly endTs: bigint }
  /**
   * The source failed. What it delivered before is valid and will be replicated; not so when `lost`: then dispatchers wait
   * for what cannot be read again, and the changefeed is at its end.
   */
  | { readonly type: 'source-failed'; readonly code: string; readonly message: string; readonly lost?: true };

/** The router's own timer. */
interface RoomNet {
  readonly type: 'room-net';
}

export type RouterInput = CoordinatorToSource | PumpMessage | ReplayMessage | SourceControl | RoomNet;

/** Reads the source on request; results come back to the router as {@link PumpMessage}s. */
export interface Pump {
  /** Asks for the next chunk. At most one request is open at a time. */
  pull(): void;
  /** Absent: the source cannot be read again (`Source.replayable`). */
  readonly replays?: Replays;
}

/**
 * Opens further instances of the source, one at a time; results come back as {@link ReplayMessage}s. What a closed instance
 * still gives may be delivered or not: the router knows it by its number.
 */
export interface Replays {
  /** Opens an instance behind `startTs`; `replay-open` or `replay-failed` follows. Ids grow. */
  open(id: number, startTs: bigint): void;
  /** Asks an open instance for its next chunk. At most one request is open at a time. */
  pull(id: number): void;
  /** Nothing more is wanted of it. */
  close(id: number): void;
}

export type { SourceSnapshot };
