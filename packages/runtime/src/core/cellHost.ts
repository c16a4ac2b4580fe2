import type { Address } from '../actor.js';
import type { Limits } from '../topology.js';
import type { ActorCell } from './actorCell.js';
import type { Clock } from './clock.js';
import type { DeliveryObserver } from './observation.js';
import type { Reports } from './reports.js';
import type { SelfItem } from './selfItem.js';
import type { TimerQueue } from './timerQueue.js';

/** What the scheduler gives to the actors on it. */
export interface CellHost {
  readonly thread: string;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly timers: TimerQueue<{ readonly cell: ActorCell; readonly item: SelfItem }>;
  readonly reports: Reports;
  /** Sees every delivery before its receiver does. */
  readonly observer: DeliveryObserver | undefined;
  /** Whether the topology places an actor of that address, on any thread. */
  knows(address: Address): boolean;
  /** Something is to be done outside a turn: whoever sleeps looks again. */
  wake(): void;
}
