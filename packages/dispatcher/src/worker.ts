import type { ActorContext, ActorFactory } from '@tidegate/runtime';
import type { Sink, SinkFactory } from './contracts.js';
import { DispatcherError, messageOf, OptionError, SinkModuleError } from './errors.js';
import { GroupActor } from './groupActor.js';
import { type GroupOptions, resolveGroupOptions } from './options.js';

/** Where a sink comes from. */
export interface SinkOptions {
  /** URL of an ES module that exports `createSink` (SinkFactory). */
  readonly module: string;
  /** Handed to `createSink` as it is. */
  readonly options?: unknown;
}

/** Options of {@link createDispatcherGroup}: those of the group, and where its sinks come from. Structured-cloneable. */
export interface WorkerOptions extends Partial<GroupOptions> {
  readonly sink: SinkOptions;
  /** The redo log (D-45): a sink with `meta`, without which the first redo metadata is an error. With it redo is on, and default dispatchers wait for the gate (D-46). */
  readonly redoSink?: SinkOptions;
}

/**
 * Makes the dispatchers of one worker, with the user's sinks. Throws OptionError for an option out of range, and
 * SinkModuleError where a module cannot be imported, exports no `createSink`, or its sink lacks a method.
 */
export const createDispatcherGroup: ActorFactory<WorkerOptions> = async (context, options) => {
  const { sink: from, redoSink: redoFrom, ...rest } = checkShape(options);
  const group = resolveGroupOptions(rest);
  const aborter = new AbortController();
  const sink = await makeSink(context, from, aborter.signal);
  try {
    const redoSink = redoFrom && (await makeSink(context, redoFrom, aborter.signal));
    return new GroupActor(context, { sink, redoSink, aborter }, group);
  } catch (error) {
    aborter.abort();
    await closeQuietly(sink);
    throw error;
  }
};

// Why another failed says more than how this one closes.
async function closeQuietly(sink: Sink): Promise<void> {
  try {
    await sink.close();
  } catch {
    // Nothing can be done about it.
  }
}

function checkShape(options: unknown): WorkerOptions {
  if (typeof options !== 'object' || options === null) throw new OptionError('options', 'must be an object with a "sink"');
  const { sink, redoSink } = options as Partial<WorkerOptions>;
  checkSink('sink', sink);
  if (redoSink !== undefined) checkSink('redoSink', redoSink);
  return options as WorkerOptions;
}

function checkSink(option: string, sink: SinkOptions | undefined): void {
  if (typeof sink !== 'object' || sink === null) throw new OptionError(option, 'must be an object with the "module" of the sink');
  if (typeof sink.module !== 'string' || !URL.canParse(sink.module)) {
    throw new OptionError(`${option}.module`, `must be the URL of a module, not ${JSON.stringify(sink.module)}`);
  }
}

const METHODS: readonly string[] = ['write', 'flush', 'execute', 'close'];

async function makeSink(context: ActorContext, from: SinkOptions, signal: AbortSignal): Promise<Sink> {
  const createSink = await importFactory(from.module);
  let sink: unknown;
  try {
    sink = await createSink(from.options, { worker: context.self, signal });
  } catch (error) {
    // The sink's own typed errors say more than we could.
    if (error instanceof DispatcherError || (error instanceof Error && 'code' in error)) throw error;
    throw new SinkModuleError(from.module, `createSink failed: ${messageOf(error)}`, error);
  }
  const missing = METHODS.filter((name) => typeof (sink as Record<string, unknown>)?.[name] !== 'function');
  if (missing.length > 0)
    throw new SinkModuleError(from.module, `the sink that createSink made has no method ${missing.join(', ')}`);
  const { wakeOn } = sink as Sink;
  if (wakeOn !== undefined && wakeOn !== 'enqueue' && wakeOn !== 'flush') {
    throw new SinkModuleError(from.module, `wakeOn of the sink must be "enqueue" or "flush", not ${JSON.stringify(wakeOn)}`);
  }
  return sink as Sink;
}

async function importFactory(url: string): Promise<SinkFactory> {
  let module: Record<string, unknown>;
  try {
    module = (await import(url)) as Record<string, unknown>;
  } catch (error) {
    throw new SinkModuleError(url, `cannot be imported: ${messageOf(error)}`, error);
  }
  if (typeof module.createSink === 'function') return module.createSink as SinkFactory;
  const names = Object.keys(module).join(', ') || 'nothing';
  throw new SinkModuleError(url, `must export a function createSink; it exports ${names}`);
}
