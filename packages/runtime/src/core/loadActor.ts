import type { Actor, ActorContext, ActorFactory } from '../actor.js';
import { RuntimeError, StartError } from '../errors.js';
import type { ActorPlacement } from '../topology.js';

const DEFAULT_FACTORY = 'createActor';

/**
 * Makes an actor from its placement: by its `create`, or by the factory that its module exports.
 *
 * @throws StartError that names the actor, the module and what is wrong.
 */
export async function loadActor(placement: ActorPlacement, context: ActorContext): Promise<Actor<unknown>> {
  const where = `actor ${placement.address}`;
  const factory = placement.create ?? (await importFactory(placement, where));
  let actor: unknown;
  try {
    actor = await (factory as ActorFactory<unknown>)(context, placement.options);
  } catch (error) {
    if (error instanceof RuntimeError) throw new StartError(where, error.message, { cause: error });
    throw new StartError(where, `its factory threw ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  if (!isActor(actor)) throw new StartError(where, 'its factory returned no object with a receive method');
  return actor;
}

async function importFactory(placement: ActorPlacement, where: string): Promise<unknown> {
  const url = String(placement.module);
  const name = placement.factory ?? DEFAULT_FACTORY;
  let exports: Record<string, unknown>;
  try {
    exports = (await import(url)) as Record<string, unknown>;
  } catch (error) {
    throw new StartError(where, `module ${url} cannot be imported: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  const factory = exports[name];
  if (typeof factory !== 'function') throw new StartError(where, `module ${url} exports no function '${name}'`);
  return factory;
}

function isActor(value: unknown): value is Actor<unknown> {
  return typeof value === 'object' && value !== null && 'receive' in value && typeof value.receive === 'function';
}
