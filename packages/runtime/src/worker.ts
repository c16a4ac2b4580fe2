import { expose } from 'comlink';
import { portEndpoint } from './threads/portEndpoint.js';
import { ThreadRuntime } from './threads/threadRuntime.js';
import { errorData, type ThreadEnd, type ThreadSpec } from './threads/threadSpec.js';

/** The one task of a thread: brings its actors up, runs them, and ends when told to. */
export async function run(spec: ThreadSpec): Promise<ThreadEnd> {
  let runtime: ThreadRuntime;
  try {
    runtime = await ThreadRuntime.create(spec);
  } catch (error) {
    spec.reportPort.close();
    return { type: 'not-started', error: errorData(error) };
  }
  expose(runtime.control, portEndpoint(spec.controlPort));
  await runtime.run();
  spec.controlPort.close();
  return { type: 'finished' };
}
