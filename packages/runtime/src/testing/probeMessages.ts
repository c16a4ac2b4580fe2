import type { Address, Delivery } from '../actor.js';

/** What a probe does when told, by a message from anybody. */
export type ProbeCommand =
  /** Sends items `first … first + count - 1` in order, as fast as the way allows; every `recordEvery`-th as a message, the others as records. */
  | {
      readonly type: 'pump';
      readonly to: Address;
      readonly count: number;
      readonly first?: number;
      readonly recordEvery?: number;
      /** Claims up to so many records at once. */
      readonly run?: number;
      readonly padding?: number;
    }
  /** Offers `count` items at once and takes what is refused for lost. Replies how many were accepted. */
  | {
      readonly type: 'offer';
      readonly to: Address;
      readonly count: number;
      readonly delivery?: Delivery;
      readonly padding?: number;
      /** With it item `n` gets the coalescing key `n % keys`. */
      readonly keys?: number;
    }
  /** Claims records until refused. Replies how many. */
  | { readonly type: 'fill'; readonly to: Address; readonly limit: number }
  | { readonly type: 'tell'; readonly to: Address; readonly message: unknown; readonly delivery?: Delivery }
  | { readonly type: 'pause'; readonly from: Address; readonly afterItem?: number }
  | { readonly type: 'resume'; readonly from: Address }
  | { readonly type: 'ask'; readonly to: Address; readonly message: unknown; readonly deadline: number }
  | { readonly type: 'schedule'; readonly delay: number; readonly label: string; readonly cancel?: boolean }
  | { readonly type: 'post'; readonly labels: readonly string[] }
  /** Posts from a promise, outside of any turn. */
  | { readonly type: 'effect'; readonly label: string }
  | { readonly type: 'emit'; readonly count: number; readonly keys?: number }
  | { readonly type: 'log'; readonly text: string }
  | { readonly type: 'random'; readonly count: number }
  | { readonly type: 'echo'; readonly value: unknown }
  | { readonly type: 'silence' }
  | { readonly type: 'throw'; readonly text: string }
  /** Claims a record, does not write it, throws. */
  | { readonly type: 'throw-in-record'; readonly to: Address }
  | { readonly type: 'fail'; readonly text: string; readonly tell?: Address }
  | { readonly type: 'crash'; readonly how: 'uncaught' | 'rejection' | 'exit' | 'memory' | 'hang'; readonly code?: number }
  | { readonly type: 'report' };

/** An item of a stream. */
export interface ProbeItem {
  readonly type: 'item';
  readonly n: number;
  readonly padding?: Uint8Array;
}

export interface ProbeNote {
  readonly type: 'note';
  readonly label: string;
}

/** What came from one sender. */
export interface ProbeStream {
  records: number;
  messages: number;
  /** The last item's number; items that were not its successor. */
  last: number;
  gaps: number;
  /** Items that came with a smaller number than one before. */
  backwards: number;
}

export interface ProbeReport {
  readonly streams: Readonly<Record<Address, ProbeStream>>;
  /** Timers, posts, ticks, rooms, ask outcomes and other messages, in order; the last 1 000. */
  readonly notes: readonly string[];
  readonly ticks: number;
  readonly backlog: Readonly<Record<Address, number>>;
  /** Highest backlog ever seen after a send. */
  readonly highBacklog: number;
  readonly turnEnds: number;
  /** Longest run of records taken at once. */
  readonly longestRun: number;
}

export interface ProbeOptions {
  /** `stop` takes this many milliseconds, waited for on a timer of the actor. */
  readonly stopDelay?: number;
  /** `stop` asks this actor, and ends with the outcome. */
  readonly stopAsks?: Address;
  /** `stop` never ends. */
  readonly stopHangs?: boolean;
  /** Counts the calls of `abort`. */
  readonly aborts?: Int32Array;
  /** It takes records in runs, and after a pause not the rest of one. */
  readonly takesRuns?: boolean;
  /** The factory throws. */
  readonly refuse?: string;
}
