import type { InFlight } from '../errors.js';
import type { ActorCell } from './actorCell.js';
import type { LinkHandler, LinkReceiver } from './link.js';

/** Counts what is on a link and takes it off. */
class ContentCounter implements LinkHandler {
  counted = 0;
  messages = 0;
  taken = 0;

  records(_words: Uint32Array, _at: number, count: number): boolean {
    this.taken = count;
    this.counted += count;
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

/** Empties a link and counts. */
export function emptyLink(receiver: LinkReceiver): { readonly records: number; readonly messages: number } {
  const counter = new ContentCounter();
  receiver.drain(receiver.capacity, counter);
  return { records: counter.counted, messages: counter.messages };
}

/** Takes away, and counts, what a closed actor can neither receive nor send any more: its inbound links and its outboxes. */
export function cutOff(cell: ActorCell): InFlight[] {
  const inbound = cell.inbound.map(({ from, receiver }) => {
    const { records, messages } = emptyLink(receiver);
    return { from, to: cell.address, records, messages };
  });
  const outbound = [...cell.outbound.values()].map((way) => {
    let messages = 0;
    way.drop(() => messages++);
    return { from: cell.address, to: way.to, records: 0, messages };
  });
  return [...inbound, ...outbound].filter(({ records, messages }) => records + messages > 0);
}
