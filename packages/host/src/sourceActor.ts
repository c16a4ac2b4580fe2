import type { SourceFactory } from '@tidegate/dispatcher';
import type { Mode } from '@tidegate/protocol';
import type { Actor, ActorContext } from '@tidegate/runtime';
import { errorMessage, HostError } from './errors.js';
import { failed, SourceInstance, type SourceModule } from './sourceInstance.js';
import {
  type RouterInput,
  type SnapshotQuestion,
  type SourceHostEvent,
  type StartSnapshot,
  startSnapshotOf,
} from './sourceMessages.js';
import { SourceReplays } from './sourceReplays.js';
import { SourceRouter } from './sourceRouter.js';
import type { LaneBounds } from './wideDdl.js';
import type { WorkerOutletsOptions } from './workerOutlets.js';

/** Options of {@link createSourceActor}, as the placement carries them. */
export interface SourceActorOptions extends WorkerOutletsOptions, SourceModule {
  readonly startTs: bigint;
  readonly heldBytes: number;
  readonly modes?: readonly Mode[];
  readonly shared?: boolean;
  readonly markBytes?: number;
  readonly lanes?: LaneBounds;
}

/**
 * Loads the user's source, opens it, and returns the router that reads it. This is where the pure router meets I/O.
 *
 * @throws HostError `HOST_MODULE` when the module cannot be loaded or makes no source, `HOST_SOURCE_EVENT` when it opens
 * with what is no snapshot, `HOST_SOURCE` when it throws; an error that has a `code` of its own is passed on.
 */
export async function createSourceActor(context: ActorContext, options: SourceActorOptions): Promise<Actor> {
  const create = await loadFactory(options.module);
  const main = await SourceInstance.open(create, options, options.startTs, new AbortController());
  const replays = new SourceReplays(create, options, (message) => context.post(message));
  const snapshot = main.takeSnapshot();
  let start: StartSnapshot | undefined = startSnapshotOf(snapshot);
  const router = new SourceRouter(context as ActorContext<never>, {
    ...options,
    snapshot,
    pump: {
      pull: () => void main.read().then((message) => context.post(message)),
      ...(main.replayable && { replays }),
    },
  });
  return {
    receive(message: RouterInput | SnapshotQuestion) {
      if (message.type !== 'source-snapshot') router.receive(message);
      else if (message.at !== undefined) void tellSnapshot(context, replays, message.at);
      else {
        context.reply(start);
        // A host alone asks once, when it begins.
        if (options.shared !== true) start = undefined;
      }
    },
    room: () => router.room(),
    inspect: () => router.inspect(),
    async stop() {
      await Promise.all([main.close(), replays.end()]);
    },
  } as Actor;
}

/** What exists at an earlier ts, for a maintainer that takes over: the source is opened once more for it, so it is told, not answered. */
async function tellSnapshot(context: ActorContext, replays: SourceReplays, at: bigint): Promise<void> {
  let told: SourceHostEvent;
  try {
    told = { type: 'source-snapshot', at, snapshot: startSnapshotOf(await replays.snapshotAt(at)) };
  } catch (error) {
    const { code, message } = failed(error);
    told = { type: 'source-snapshot', at, code, message };
  }
  context.emit(told);
}

/** Loads a user's module. Throws {@link HostError} `HOST_MODULE`. */
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
