import type { SourceEvent, SourceSnapshot } from '@tidegate/dispatcher';
import type { CoordinatorToSource } from '@tidegate/protocol';

/** From the pump (the effect that reads the source) to the router. */
export type PumpMessage =
  | { readonly type: 'chunk'; readonly events: readonly SourceEvent[] }
  | { readonly type: 'end' }
  | { readonly type: 'failed'; readonly code: string; readonly message: string };

/** From the host facade to the router. */
type SourceControl =
  /** Asked: the answer is a {@link SourceSnapshot}. */
  | { readonly type: 'source-snapshot' }
  /** Asked: route nothing more. The answer is the ts up to which everything was routed: the checkpoint will reach it. */
  | { readonly type: 'hold' };

/** What the source thread tells the host facade. */
export type SourceHostEvent =
  /** Everything was routed; the changefeed is finished once the checkpoint reaches `endTs`. */
  | { readonly type: 'source-end'; readonly endTs: bigint }
  /** The source failed. What it delivered before is valid and will be replicated. */
  | { readonly type: 'source-failed'; readonly code: string; readonly message: string };

/** The router's own timer. */
interface RoomNet {
  readonly type: 'room-net';
}

export type RouterInput = CoordinatorToSource | PumpMessage | SourceControl | RoomNet;

/** Reads the source on request; results come back to the router as {@link PumpMessage}s. */
export interface Pump {
  /** Asks for the next chunk. At most one request is open at a time. */
  pull(): void;
}

export type { SourceSnapshot };
