import type { Actor, ActorContext } from '@tidegate/runtime';
import { Coordinator } from './coordinator.js';
import { resolveOptions } from './options.js';

/**
 * Makes the coordinator of a host on the thread where it will live. `options` are `CoordinatorOptions`.
 * Throws `COORDINATOR_OPTION`, naming the option.
 */
export function createCoordinator(context: ActorContext, options: unknown): Actor {
  return new Coordinator(context, resolveOptions(options)) as Actor;
}
