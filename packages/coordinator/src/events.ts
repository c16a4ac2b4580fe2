import type { EventKey, HostId, Mode } from '@tidegate/protocol';

/** What a coordinator tells the outside (the host facade). */
export type CoordinatorEvent = {
  /** T-D: the maintainer has no task for these dispatchers, which reported a block event. */
  readonly type: 'unknown-dispatchers';
  readonly host: HostId;
  readonly mode: Mode;
  readonly key: EventKey;
  /** How many, and the first of them. */
  readonly count: number;
  readonly dispatchers: readonly { readonly handle: number; readonly generation: number }[];
};
