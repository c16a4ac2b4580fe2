import type { InFlight } from '../errors.js';
import type { ActorCell } from './actorCell.js';
import type { LinkHandler, LinkReceiver } from './link.js';

/** Counts what is on a link and takes it off. */
export class ContentCounter implements LinkHandler {
  records = 0;
  messages = 0;

  record(): boolean {
    this.records++;
    return true;
  }

  message(): boolean {
    this.messages++;
    return true;
  }

  undecodable(): boolean {
    return this.message();
  }
}

/** Empties a link whose receiver is gone for good, and counts. */
export function emptyLink(receiver: LinkReceiver): ContentCounter {
  const counter = new ContentCounter();
  receiver.drain(receiver.capacity, counter);
  return counter;
}

/** What was sent to and by an actor that has been stopped, and reached nobody: on its inbound links and in its outboxes. */
export function unfinishedOf(cell: ActorCell): InFlight[] {
  const inbound = cell.inbound.map(({ from, receiver }) => {
    const { records, messages } = emptyLink(receiver);
    return { from, to: cell.address, records, messages };
  });
  const outbound = [...cell.outbound.values()].map(({ to, backlog }) => ({
    from: cell.address,
    to,
    records: 0,
    messages: backlog,
  }));
  return [...inbound, ...outbound].filter(({ records, messages }) => records + messages > 0);
}
