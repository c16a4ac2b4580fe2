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
  if (core.isDealtWith(event)) return true;
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
 * Whom a DB or All event concerns is known when the table trigger has come to it, or is beyond. Before that, dispatchers that
 * lived when this maintainer began may be of tables that were dropped below the event: one whose removal was lost with the
 * last maintainer goes on without meeting the event, and proves nothing.
 */
function knowsMembers({ table, restored, startTs }: BarrierCore, event: BarrierEvent): boolean {
  if (!restored || event.triggerRelated || event.key.commitTs <= startTs) return true;
  return table.positions.provesOver(table.trigger, event.high, event.low, event.isSync);
}
