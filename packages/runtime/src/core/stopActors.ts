import type { Address } from '../actor.js';
import type { InFlight } from '../errors.js';
import type { ActorStop } from '../system.js';
import type { ActorCell } from './actorCell.js';
import type { Scheduler } from './scheduler.js';
import { cutOff } from './unfinished.js';

/** How the stop of one actor went, and what was cut off. */
export interface StopOutcome {
  readonly stop: ActorStop;
  readonly unfinished: readonly InFlight[];
}

/**
 * Stops actors of one thread, one after the other in the order given: handle what was delivered before, call `stop`, wait
 * for it (posts, timers and replies still arrive), let the outboxes go out. `until` is a time of the scheduler's clock.
 */
export async function stopActors(scheduler: Scheduler, addresses: readonly Address[], until: number): Promise<StopOutcome[]> {
  const stops: StopOutcome[] = [];
  for (const address of addresses) {
    const cell = scheduler.cell(address);
    if (cell !== undefined) stops.push(await stopActor(scheduler, cell, until));
  }
  return stops;
}

async function stopActor(scheduler: Scheduler, cell: ActorCell, until: number): Promise<StopOutcome> {
  const { address } = cell;
  if (cell.state === 'stopped') return { stop: { address, outcome: 'stopped' }, unfinished: [] };
  if (cell.state === 'dead') return { stop: { address, outcome: 'lost', why: 'it has died' }, unfinished: [] };
  for (const inbound of cell.inbound) inbound.beginDrain();
  const dead = () => cell.state === 'dead';
  const gone = () => cell.state === 'failed' || dead();
  const drained = () => gone() || (!cell.selfReady && cell.inbound.every((inbound) => inbound.drained));
  const late: string[] = [];
  if (!(await scheduler.until(drained, until))) late.push(`draining ${waitingLinks(cell).join(', ') || 'its own posts'}`);

  if (!(await stopItself(scheduler, cell, until))) late.push('its own stop()');
  const flushed = () => gone() || (!cell.selfReady && backlog(cell).length === 0);
  if (!(await scheduler.until(flushed, until))) late.push(`sending ${backlog(cell).join(', ') || 'its last posts'}`);

  if (dead()) return { stop: { address, outcome: 'lost', why: 'it has died' }, unfinished: [] };
  if (gone()) return { stop: { address, outcome: 'failed' }, unfinished: [] };
  if (late.length > 0) void cell.abort();
  cell.close();
  if (late.length === 0) return { stop: { address, outcome: 'stopped' }, unfinished: [] };
  const why = `the deadline passed during ${late.join(' and ')}`;
  return { stop: { address, outcome: 'deadline', why }, unfinished: cutOff(cell) };
}

async function stopItself(scheduler: Scheduler, cell: ActorCell, until: number): Promise<boolean> {
  const promise = cell.stopTurn();
  if (promise === undefined) return true;
  let settled = false;
  promise
    .catch((error: unknown) => cell.fault('stop', error, false))
    .finally(() => {
      settled = true;
      scheduler.wake();
    });
  return await scheduler.until(() => settled || cell.gone, until);
}

function waitingLinks(cell: ActorCell): string[] {
  return cell.inbound
    .filter((inbound) => !inbound.drained)
    .map((inbound) => `${inbound.from}${inbound.paused ? ' (paused)' : ''}`);
}

function backlog(cell: ActorCell): string[] {
  return [...cell.outbound.values()]
    .filter((outbound) => outbound.backlog > 0)
    .map((outbound) => `${outbound.backlog} messages to ${outbound.to}`);
}
