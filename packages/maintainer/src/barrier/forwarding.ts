import { compareEventKeys } from '@tidegate/protocol';
import type { BarrierCore } from './barrierCore.js';
import type { BarrierEvent } from './barrierEvent.js';

/** Events over more tasks than this look for a proof no more often than they resend. */
const LARGE = 4096;

/**
 * B-60, B-61: true when one of the tasks that the event concerns proves that it is over, or this maintainer has dealt with it
 * before. Mostly answered without looking at any: no position in the table lies beyond the event, or none moved since the last
 * look.
 */
export function isProvenOver(core: BarrierCore, event: BarrierEvent): boolean {
  const { table } = core;
  const { positions } = table;
  const { high, low, isSync, influence } = event;
  if (core.isDealtWith(event) || isBehindDrop(core, event)) return true;
  if (influence.type !== 'normal' && !knowsMembers(core, event)) return false;
  if (event.forwardVersion === positions.version || !positions.mayProveOver(high, low, isSync)) return false;
  const candidates = influence.type === 'normal' ? influence.tableIds.length : table.size;
  if (candidates > LARGE && core.time - event.forwardTried < core.options.barrierResend) return false;
  event.forwardVersion = positions.version;
  event.forwardTried = core.time;
  let proven = false;
  const look = (handle: number): boolean => {
    proven = positions.provesOver(handle, high, low, isSync);
    return !proven;
  };
  if (influence.type === 'all') table.forEachTask(look);
  else if (influence.type === 'db') {
    table.tables.forEachOfSchema(influence.schemaId, (slot) => {
      table.forEachOfSlot(slot, look);
      return !proven;
    });
  } else {
    for (const tableId of influence.tableIds) {
      table.forEachOfSlot(table.tables.slotOf(tableId), look);
      if (proven) break;
    }
  }
  return proven;
}

/**
 * A listed table has no task although the table trigger is beyond the event and everything that it added up to there is
 * scheduled: a later event dropped it. All its dispatchers stood at that one, so they had this one behind them. Whoever meets
 * it was created again below it after a restart, when nobody remembered it (as {@link BarrierCore.isDealtWith} would).
 */
function isBehindDrop({ events, scheduled, triggerReported }: BarrierCore, { coverage, key }: BarrierEvent): boolean {
  if (coverage.taskless === 0 || triggerReported < key.commitTs) return false;
  // Unlike an add by itself, one by a block event does not hold back the trigger's checkpoint (D-40).
  for (const other of events.values()) {
    if (other.needsSchedule && compareEventKeys(other.key, key) < 0 && !scheduled.has(other.key)) return false;
  }
  return true;
}

/**
 * Whom a DB or All event concerns is known when the table trigger has come to it, or is beyond. Before that, dispatchers that
 * lived when this maintainer began may be of tables that were dropped below the event: one whose removal was lost with the
 * last maintainer goes on without meeting the event, and proves nothing.
 */
function knowsMembers({ table, restored, startTs }: BarrierCore, event: BarrierEvent): boolean {
  if (!restored || event.triggerRelated || event.key.commitTs <= startTs) return true;
  return table.positions.provesOver(table.trigger, event.high, event.low, event.isSync);
}
