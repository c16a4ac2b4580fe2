/** Base of every error of this package. `code` is stable; the message says what was wrong, where, and what to do. */
export class DispatcherError extends Error {
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
  }
}

/** An option has a value outside its range. */
export class OptionError extends DispatcherError {
  /** Path of the option, such as `sink.module`. */
  readonly option: string;

  constructor(option: string, problem: string) {
    super('DISPATCHER_OPTION', `option "${option}" ${problem}`);
    this.option = option;
  }
}

/** The module named as sink cannot be imported, or does not export a usable `createSink`. */
export class SinkModuleError extends DispatcherError {
  constructor(module: string, problem: string, cause?: unknown) {
    super('DISPATCHER_SINK_MODULE', `sink module ${module}: ${problem}`, cause);
  }
}

/** The sink rejected rows, a flush, a DDL, a sync point or a pass (D-22, D-33). The dispatcher stays stopped. */
export class SinkFailure extends DispatcherError {
  constructor(where: string, cause: unknown) {
    super('DISPATCHER_SINK', `sink failed at ${where}: ${messageOf(cause)}`, cause);
  }
}

/** The source delivered an event that it could not take itself (D-11). */
export class SourceEventError extends DispatcherError {
  constructor(where: string, problem: string) {
    super('DISPATCHER_SOURCE_EVENT', `source delivered ${where} with an error: ${problem}`);
  }
}

/** Work of the redo pipeline came to a worker that has no redo sink. */
export class NoRedoSinkError extends DispatcherError {
  /** `handle`: the dispatcher that was placed there, if it is one. */
  constructor(handle?: number) {
    const what = handle === undefined ? 'redo metadata came' : `dispatcher ${handle} is of the redo pipeline`;
    super('DISPATCHER_NO_REDO_SINK', `${what}, but this worker was given no redo sink; name one in "redoSink"`);
  }
}

/** The redo sink cannot write down how far it is (K-11). */
export class NoRedoMetaError extends DispatcherError {
  constructor() {
    super('DISPATCHER_NO_REDO_META', 'the sink of the redo pipeline has no method "meta": use a sink that is made for it');
  }
}

/** D-11: after a DDL a table may no longer be served by several dispatchers, but it is. */
export class NotSplittableError extends DispatcherError {
  constructor(handle: number, table: string, query: string, commitTs: bigint) {
    super(
      'DISPATCHER_NOT_SPLITTABLE',
      `after the DDL at ${commitTs} (${query}) table ${table} cannot be split any more, but dispatcher ${handle} serves a part of it; merge its spans before such a DDL`,
    );
  }
}

/** Something that the rules exclude has happened (T-G): the changefeed cannot go on. */
export class InvariantError extends DispatcherError {
  constructor(what: string) {
    super('DISPATCHER_INVARIANT', `broken invariant: ${what}; please report this with the dump of inspect()`);
  }
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The stable code of whatever was thrown: its own where it has one. */
export function codeOf(thrown: unknown): string {
  if (thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string') return thrown.code;
  return 'DISPATCHER_UNKNOWN';
}
