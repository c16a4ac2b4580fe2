import { expose } from 'comlink';
import { raise } from './core/listeners.js';
import { portEndpoint } from './threads/portEndpoint.js';
import { ThreadRuntime } from './threads/threadRuntime.js';
import { errorData, type ThreadEnd, type ThreadMessage, type ThreadSpec } from './threads/threadSpec.js';

/** The one task of a thread: brings its actors up, runs them, and ends when told to. */
export async function run(spec: ThreadSpec): Promise<ThreadEnd> {
  spec.reportPort.postMessage({ type: 'entered' } satisfies ThreadMessage);
  let runtime: ThreadRuntime;
  try {
    runtime = await ThreadRuntime.create(spec);
  } catch (error) {
    spec.reportPort.close();
    return { type: 'not-started', error: errorData(error) };
  }
  expose(runtime.control, portEndpoint(spec.controlPort));
  try {
    await runtime.run();
  } catch (error) {
    // The loop itself failed: the thread must die of it, for a task that merely ends would leave a thread that does nothing.
    raise(error);
    return await new Promise(() => {});
  }
  spec.controlPort.close();
  return { type: 'finished' };
}
