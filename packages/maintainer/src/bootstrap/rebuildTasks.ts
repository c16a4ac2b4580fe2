import { type AddedTable, type BootstrapResponse, type BootstrapSpan, ComponentState, type TableId } from '@tidegate/protocol';
import type { RebuiltState } from '../barrier/rebuild.js';
import { WHOLE_TABLE } from '../coverage/keyOrder.js';
import { RangeCoverage } from '../coverage/rangeCoverage.js';
import { BootstrapError } from '../errors.js';
import type { Hosts } from '../hosts.js';
import type { Operators } from '../operator/operators.js';
import type { Scheduler } from '../operator/scheduler.js';
import type { SpanTable } from '../span/spanTable.js';

/** What a bootstrap is built into. */
export interface RebuildTarget {
  readonly table: SpanTable;
  readonly operators: Operators;
  readonly scheduler: Scheduler;
  readonly hosts: Hosts;
}

/** S-5: where the changefeed starts. A start at 0 is one from the very beginning; otherwise somebody must name a checkpoint. */
export function startTsOf(responses: readonly BootstrapResponse[], asked: bigint): bigint {
  const largest = responses.reduce((max, { checkpointTs }) => (checkpointTs > max ? checkpointTs : max), 0n);
  if (largest === 0n && asked !== 0n) {
    throw new BootstrapError(`no host names a checkpoint, all ${responses.length} are empty; the table trigger was not created`);
  }
  return largest;
}

/**
 * S-6 in its simple form: dispatchers of known tables that together serve the whole table are kept, all others are
 * removed, and tables that nobody serves become absent at `startTs`. Returns where the kept ones are blocked (S-7).
 */
export function rebuildTasks(
  target: RebuildTarget,
  responses: readonly BootstrapResponse[],
  tables: readonly AddedTable[],
  startTs: bigint,
): RebuiltState[] {
  const { table, scheduler } = target;
  table.reserve(tables.length);
  const states: RebuiltState[] = [];
  const spans = responses.flatMap(({ from, spans: reported }) => {
    const host = target.hosts.indexOf(from);
    return reported.filter((span) => isOurs(span, table)).map((span) => ({ span, host }));
  });
  if (spans.length > 0) {
    const known = new Map<TableId, AddedTable>(tables.map((added) => [added.tableId, added]));
    const taken = new Set(
      table.adopt(
        spans.map(({ span: { config, checkpointTs }, host }) => ({
          ...config,
          host,
          startTs: checkpointTs,
          splittable: known.get(config.tableId)?.splittable ?? false,
        })),
      ),
    );
    removeUnfit(target, known);
    for (const { span } of spans) {
      const { handle, generation } = span.config;
      if (span.blockState === undefined || !taken.has(handle) || !table.isTask(handle, generation)) continue;
      states.push({ handle, blockState: span.blockState });
    }
  }
  scheduler.addTables(tables, startTs);
  return states;
}

/** Live dispatchers of this mode; the trigger is not rebuilt, it is new for each maintainer (S-3). */
function isOurs({ config, state }: BootstrapSpan, table: SpanTable): boolean {
  return (
    config.mode === table.mode &&
    config.handle !== table.trigger &&
    state !== ComponentState.STOPPED &&
    state !== ComponentState.REMOVED
  );
}

/** Removes dispatchers of unknown tables, second ones of a table, and parts that do not make up a whole. */
function removeUnfit({ table, operators }: RebuildTarget, known: ReadonlyMap<TableId, AddedTable>): void {
  const byTable = new Map<number, number[]>();
  table.forEachTask((handle) => {
    if (handle === table.trigger) return;
    const slot = table.table[handle]!;
    const handles = byTable.get(slot);
    if (handles === undefined) byTable.set(slot, [handle]);
    else handles.push(handle);
  });
  for (const [slot, handles] of byTable) {
    const kept = known.has(table.tables.tableId[slot]!) ? keptOf(table, handles) : [];
    for (const handle of handles) if (!kept.includes(handle)) operators.remove(handle);
  }
}

function keptOf(table: SpanTable, handles: readonly number[]): readonly number[] {
  const whole = handles.find((handle) => table.rangeOf(handle) === undefined);
  if (whole !== undefined) return [whole];
  const coverage = new RangeCoverage();
  for (const handle of handles) coverage.add(table.rangeOf(handle) ?? WHOLE_TABLE);
  return coverage.covered ? handles : [];
}
