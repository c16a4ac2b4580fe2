import type { ActorCell } from './actorCell.js';
import type { Inbound } from './inbound.js';

const RECORD_WORDS = 8;

/**
 * Hands `count` records side by side to an actor, at once if it takes runs. `inbound.taken` counts what it took. False:
 * nothing more from this link at present.
 */
export function deliverRecords(cell: ActorCell, words: Uint32Array, at: number, count: number, inbound: Inbound): boolean {
  const { actor } = cell;
  // An observer is told of one delivery at a time, before it happens.
  if (cell.state === 'running' && actor?.receiveRecords !== undefined && cell.host.observer === undefined) {
    try {
      inbound.taken = Math.min(actor.receiveRecords(words, at, count, inbound.from), count);
    } catch (error) {
      // Nobody will ask for the rest of them.
      inbound.taken = count;
      cell.fault('record', error, true);
    }
    return cell.state === 'running' && !inbound.paused;
  }
  for (let next = at; inbound.taken < count; next += RECORD_WORDS) {
    inbound.taken++;
    if (!deliverRecord(cell, words, next, inbound)) return false;
  }
  return true;
}

function deliverRecord(cell: ActorCell, words: Uint32Array, at: number, inbound: Inbound): boolean {
  const { actor, host, address } = cell;
  const { from } = inbound;
  if (cell.state !== 'running' || actor === undefined) {
    host.reports.deadRecord(from, address, cell.deadReason);
    return true;
  }
  host.observer?.({ time: host.clock.now(), from, to: address, kind: 'record', content: words.subarray(at, at + RECORD_WORDS) });
  try {
    if (actor.receiveRecords !== undefined) actor.receiveRecords(words, at, 1, from);
    else if (actor.receiveRecord !== undefined) actor.receiveRecord(words, at, from);
    else throw new Error(`record from ${from} to an actor without receiveRecord`);
  } catch (error) {
    cell.fault('record', error, true);
  }
  return !cell.gone && !inbound.paused;
}
