import type { Source, SourceFactory, SourceSnapshot } from '@tidegate/dispatcher';
import type { Actor, ActorContext } from '@tidegate/runtime';
import { errorCode, errorMessage, HostError } from './errors.js';
import { checkEvents, checkSnapshot, checkSource, sourceError } from './sourceEvents.js';
import type { PumpMessage } from './sourceMessages.js';
import { SourceRouter } from './sourceRouter.js';
import type { WorkerOutletsOptions } from './workerOutlets.js';

/** Options of {@link createSourceActor}, as the placement carries them. */
export interface SourceActorOptions extends WorkerOutletsOptions {
  readonly module: string;
  readonly options: unknown;
  readonly startTs: bigint;
  readonly heldBytes: number;
}

/**
 * Loads the user's source, opens it, and returns the router that reads it. This is where the pure router meets I/O.
 *
 * @throws HostError `HOST_MODULE` when the module cannot be loaded or makes no source, `HOST_SOURCE_EVENT` when it opens
 * with what is no snapshot, `HOST_SOURCE` when it throws; an error that has a `code` of its own is passed on.
 */
export async function createSourceActor(context: ActorContext, options: SourceActorOptions): Promise<Actor> {
  const createSource = await loadFactory(options.module);
  const abort = new AbortController();
  const { source, snapshot } = await open(createSource, options, abort.signal);
  const pump = { pull: () => void read(source).then((message) => context.post(message)) };
  const router = new SourceRouter(context as ActorContext<never>, { ...options, snapshot, pump });
  return {
    receive: (message, from) => router.receive(message as never, from),
    room: () => router.room(),
    inspect: () => router.inspect(),
    async stop() {
      abort.abort();
      await source.close();
    },
  } as Actor;
}

async function open(
  createSource: SourceFactory,
  { module, options, startTs }: SourceActorOptions,
  signal: AbortSignal,
): Promise<{ source: Source; snapshot: SourceSnapshot }> {
  try {
    const source = checkSource(module, await createSource(options));
    return { source, snapshot: checkSnapshot(await source.open({ startTs, signal })) };
  } catch (error) {
    throw sourceError('to open', error);
  }
}

async function read(source: Source): Promise<PumpMessage> {
  try {
    const events: unknown = await source.read();
    return events === null ? { type: 'end' } : { type: 'chunk', events: checkEvents(events) };
  } catch (error) {
    return { type: 'failed', code: errorCode(error, 'HOST_SOURCE'), message: errorMessage(error) };
  }
}

async function loadFactory(module: string): Promise<SourceFactory> {
  let loaded: Record<string, unknown>;
  try {
    loaded = (await import(module)) as Record<string, unknown>;
  } catch (error) {
    throw new HostError('HOST_MODULE', `source module ${module} could not be loaded: ${errorMessage(error)}`, { cause: error });
  }
  if (typeof loaded.createSource !== 'function') {
    const names = Object.keys(loaded).join(', ') || 'nothing';
    throw new HostError('HOST_MODULE', `source module ${module} exports no function createSource; it exports ${names}`);
  }
  return loaded.createSource as SourceFactory;
}
