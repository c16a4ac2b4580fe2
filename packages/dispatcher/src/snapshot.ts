import { type BlockState, type BootstrapSpan, type ComponentState, type EventKey, Stage, stageName } from '@tidegate/protocol';
import { checkpointOf, resolvedOf } from './checkpoint.js';
import { Flag, PHASE_NAMES } from './rowLayout.js';
import type { GroupState } from './state.js';

/** Where the dispatcher of a row stands (D-51). Held, flushing and non-blocking events are not told. */
export function spanOf(state: GroupState, row: number): BootstrapSpan {
  const { rows } = state;
  const blockState = blockStateOf(state, row);
  const checkpointTs = checkpointOf(state, row);
  const lastDone = rows.lastDone(row);
  return {
    config: rows.configOf(row),
    state: rows.state[row]! as ComponentState,
    checkpointTs,
    ...(blockState && { blockState }),
    ...(lastDone && checkpointTs <= lastDone.commitTs && { passed: lastDone }),
    ...(rows.has(row, Flag.REMOVING) && { removing: true }),
  };
}

function blockStateOf(state: GroupState, row: number): BlockState | undefined {
  const stage = state.rows.stage(row);
  const entry = state.entryOf(row);
  if (stage === Stage.NONE || entry === undefined) return undefined;
  return { stage, facts: entry.facts(state.rows.has(row, Flag.TRIGGER)) };
}

/** One dispatcher as plain data, for people and tests. */
export interface DispatcherView {
  readonly handle: number;
  readonly generation: number;
  readonly mode: number;
  readonly tableId: number;
  readonly schemaId: number;
  readonly state: ComponentState;
  /** Why its stream is closed, or `open`. */
  readonly phase: string;
  /** Stage of the slot; NONE when it is empty. */
  readonly stage: string;
  /** The event in hand, in the slot or on the way there. */
  readonly event?: EventKey;
  readonly checkpointTs: bigint;
  readonly resolvedTs: bigint;
  /** Unflushed entries of progress. */
  readonly unflushed: number;
  /** Items that wait in the inbox. */
  readonly inbox: number;
  readonly removing: boolean;
  /** Retry tasks: a WAITING or NONE without an acknowledgement. */
  readonly retries: number;
  /** Only of the table trigger. */
  readonly trigger?: { readonly unacked: number; readonly blockers: readonly EventKey[] };
}

export function viewOf(state: GroupState, row: number, reports: number): DispatcherView {
  const { rows } = state;
  const entry = state.entryOf(row);
  const work = state.work(row);
  const trigger = state.triggers.get(row);
  return {
    handle: rows.handle[row]!,
    generation: rows.generation[row]!,
    mode: rows.mode[row]!,
    tableId: rows.tableId(row),
    schemaId: rows.schemaId(row),
    state: rows.state[row]! as ComponentState,
    phase: PHASE_NAMES[rows.phase[row]!] as string,
    stage: stageName(rows.stage(row)),
    ...(entry && { event: entry.key }),
    checkpointTs: checkpointOf(state, row),
    resolvedTs: resolvedOf(state, row),
    unflushed: work?.progress.length ?? 0,
    inbox: work?.inbox.length ?? 0,
    removing: rows.has(row, Flag.REMOVING),
    retries: Number(rows.has(row, Flag.UNACKED)) + reports,
    ...(trigger && { trigger: { unacked: trigger.unacked, blockers: [...trigger.blockers] } }),
  };
}
