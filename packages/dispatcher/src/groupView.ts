import { PHASE_NAMES, Place } from './rowLayout.js';
import type { RowTable } from './rows.js';

/** A group as plain data. */
export interface GroupView {
  readonly dispatchers: number;
  readonly phases: Readonly<Record<string, number>>;
  readonly removing: number;
  /** Frozen dispatchers that still have something with the sink. */
  readonly freezing: number;
  /** The redo gate, and how many dispatchers wait for it; absent without redo. */
  readonly gate?: { readonly resolvedTs: bigint; readonly waiting: number };
  readonly fenced: boolean;
  readonly resolvedTs: bigint;
  readonly lastSyncedTs: bigint;
  readonly created: number;
  /** Block events in hand, with how many dispatchers have not been acknowledged there. */
  readonly events: readonly {
    readonly mode: number;
    readonly commitTs: bigint;
    readonly isSyncPoint: boolean;
    readonly unacked: number;
  }[];
  readonly reports: number;
  readonly heldBytes: number;
  readonly paused: boolean;
  readonly executor: { readonly running: number; readonly queued: number };
  readonly withSink: number;
  /** Statuses put onto the lane. */
  readonly posted: number;
  /** Repetitions merged into one that waited for room on the lane. */
  readonly suppressed: number;
  readonly wakes: number;
  readonly error?: { readonly code: string; readonly message: string };
}

/** How many dispatchers are in each phase. */
export function countPhases(rows: RowTable): Record<string, number> {
  const phases: Record<string, number> = {};
  for (let row = 0; row < rows.used; row++) {
    if (rows.place[row] === Place.NOWHERE) continue;
    const name = PHASE_NAMES[rows.phase[row]!] as string;
    phases[name] = (phases[name] ?? 0) + 1;
  }
  return phases;
}
