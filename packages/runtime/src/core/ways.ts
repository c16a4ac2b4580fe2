import type { Address, Delivery } from '../actor.js';
import { AskError } from '../errors.js';
import type { ActorCell } from './actorCell.js';
import type { AskOutcome } from './asks.js';
import { MessageKind } from './link.js';
import type { Outbound } from './outbound.js';
import type { DeadLetterReason } from './reports.js';

/** Why nothing can go from `cell` to `to`, if so. */
export function deadEnd(cell: ActorCell, to: Address): DeadLetterReason | undefined {
  if (cell.gone) return 'sender-stopped';
  const outbound = cell.outbound.get(to);
  if (outbound === undefined) return cell.host.knows(to) ? 'no-link' : 'unknown-address';
  return outbound.severed ? 'thread-dead' : undefined;
}

/** The actors at `addresses` have died: what waits for them is buried, asks to them end, who was refused is told. */
export function sever(cell: ActorCell, addresses: ReadonlySet<Address>): void {
  for (const outbound of cell.outbound.values()) {
    if (!addresses.has(outbound.to)) continue;
    outbound.sever((message) => cell.host.reports.deadLetter(cell.address, outbound.to, message, 'thread-dead'));
  }
  for (const id of cell.asks.waitingFor(addresses)) cell.enqueue({ type: 'ask-dead', id, reason: 'thread-dead' });
  cell.host.wake();
}

/** The actors at `addresses` have successors, which take over what comes from now on. */
export function reconnect(cell: ActorCell, addresses: ReadonlySet<Address>): void {
  for (const outbound of cell.outbound.values()) if (addresses.has(outbound.to)) outbound.reconnect();
  cell.host.wake();
}

/** The actors at `addresses` are forgotten, and what lies on the links from them. */
export function forget(cell: ActorCell, addresses: ReadonlySet<Address>): void {
  for (const address of addresses) cell.outbound.delete(address);
  const kept = cell.inbound.filter(({ from }) => !addresses.has(from));
  cell.inbound.splice(0, cell.inbound.length, ...kept);
}

/** Sends a message on the actor's way to `to`. False: refused. What can reach nobody is a dead letter, and counts as sent. */
export function send(cell: ActorCell, to: Address, message: unknown, delivery: Delivery): boolean {
  const reason = deadEnd(cell, to);
  if (reason !== undefined) {
    cell.host.reports.deadLetter(cell.address, to, message, reason);
    return true;
  }
  const outbound = cell.outbound.get(to) as Outbound;
  const sent = outbound.send(MessageKind.TELL, 0, message, delivery);
  if (!cell.inTurn) {
    outbound.publish();
    cell.host.wake();
  }
  return sent;
}

/** Sends the outcome of an ask back to the asker. */
export function answer(cell: ActorCell, to: Address, id: number, outcome: AskOutcome): void {
  const isReply = 'reply' in outcome;
  const value = isReply ? outcome.reply : outcome.error instanceof AskError ? outcome.error.reason : 'receiver-failed';
  const sent = cell.outbound.get(to)?.send(isReply ? MessageKind.REPLY : MessageKind.REFUSAL, id, value, 'control');
  if (sent !== true) cell.host.reports.deadLetter(cell.address, to, value, 'reply-refused');
}
