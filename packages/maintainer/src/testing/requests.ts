import {
  type AddedTable,
  type Answer,
  type BlockFacts,
  type BlockStatusRequest,
  type EventKey,
  formatEventKey,
  type HostId,
  type Influence,
  type Mode,
  type RouteAdmission,
  STATUS_ALREADY_BIT,
  Stage,
  stretchesOf,
} from '@tidegate/protocol';

/** One status of a request, as a test writes it. */
export interface TestStatus {
  readonly handle: number;
  readonly generation: number;
  readonly stage: Stage;
  readonly facts: BlockFacts;
  readonly already?: boolean;
}

/** A dispatcher, as far as its statuses need it. */
export type TestDispatcher = Pick<TestStatus, 'handle' | 'generation'>;

/** Facts of a block event from what a test cares about. */
export function facts(
  key: bigint | EventKey,
  blockTables: Influence | undefined,
  changes: {
    readonly drops?: Influence;
    readonly adds?: readonly AddedTable[];
    readonly admissions?: readonly RouteAdmission[];
    readonly admissionsAfter?: bigint;
  } = {},
): BlockFacts {
  return {
    key: typeof key === 'bigint' ? { commitTs: key, isSyncPoint: false } : key,
    ...(blockTables && { blockTables }),
    ...(changes.drops && { drops: changes.drops }),
    adds: changes.adds ?? [],
    schemaChanges: [],
    admissions: changes.admissions ?? [],
    ...(changes.admissionsAfter !== undefined && { admissionsAfter: changes.admissionsAfter }),
  };
}

export const waiting = (to: TestDispatcher, of: BlockFacts): TestStatus => ({ ...to, stage: Stage.WAITING, facts: of });
export const done = (to: TestDispatcher, of: BlockFacts): TestStatus => ({ ...to, stage: Stage.DONE, facts: of });
export const none = (to: TestDispatcher, of: BlockFacts): TestStatus => ({ ...to, stage: Stage.NONE, facts: of });
export const unknown = (to: TestDispatcher, of: BlockFacts): TestStatus => ({ ...to, stage: Stage.UNKNOWN, facts: of });

/** The request that carries these statuses, in columns, as a coordinator makes it; facts travel only for WAITING and NONE. */
export function requestOf(
  from: HostId,
  statuses: readonly TestStatus[],
  options: { readonly mode?: Mode; readonly epoch?: number; readonly seq?: number } = {},
): BlockStatusRequest {
  const events: { key: EventKey; facts?: BlockFacts }[] = [];
  const indexes = new Map<string, number>();
  const event = statuses.map(({ facts: of, stage }) => {
    const name = formatEventKey(of.key);
    let index = indexes.get(name);
    if (index === undefined) {
      index = events.push({ key: of.key }) - 1;
      indexes.set(name, index);
    }
    if (stage === Stage.WAITING || stage === Stage.NONE) events[index] = { key: of.key, facts: of };
    return index;
  });
  const handle = Uint32Array.from(statuses, (status) => status.handle);
  const stage = Uint8Array.from(statuses, (status) => status.stage | (status.already ? STATUS_ALREADY_BIT : 0));
  const isUniform = events.length === 1 && stage.every((one) => one === stage[0]);
  const stretches = isUniform ? stretchesOf(handle) : undefined;
  return {
    type: 'block-statuses',
    from,
    mode: options.mode ?? 0,
    epoch: options.epoch ?? 1,
    seq: options.seq ?? 1,
    events,
    handle,
    generation: Uint32Array.from(statuses, ({ generation }) => generation),
    event: Uint32Array.from(event),
    stage,
    ...(stretches && { stretches }),
  };
}

/** An answer as a short line, for expectations: `ack 10 → 2,3`, `write 10/sync → 0`, `pass 10 → all`. */
export function show(answer: Answer): string {
  const { target, ack, ignored, unknown: nobody, action } = answer;
  const to = target.type === 'normal' ? [...target.handle].join(',') : target.type === 'db' ? `schema ${target.schemaId}` : 'all';
  if (ack) return `ack ${formatEventKey(ack)} → ${to}`;
  if (ignored) return `ignored ${formatEventKey(ignored)} → ${to}`;
  if (nobody) return `unknown ${formatEventKey(nobody)} → ${to}`;
  if (action) return `${action.action === 0 ? 'write' : 'pass'} ${formatEventKey(action.key)} → ${to}`;
  return 'nothing';
}
