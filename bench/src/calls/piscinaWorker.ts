import type { StatusObject } from '../transport/status.js';
import type { Received } from '../transport/transport.js';
import { Receiver } from './receiver.js';

const receiver = new Receiver();

/** A task: one status. */
export function take(status: StatusObject): void {
  receiver.take(status);
}

/** A task: what came. */
export function report(): Received {
  return receiver.report();
}
