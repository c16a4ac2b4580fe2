import { MAX_TS, minTs, type Watermark } from '@tidegate/protocol';

/** What bounds the checkpoint of a changefeed at one moment. */
export interface CheckpointInputs {
  /** K-3a: the smallest checkpoint of absent and scheduling tasks. */
  readonly tasks: bigint | undefined;
  /** K-3b: the smallest open event that adds tables. */
  readonly barrier: bigint | undefined;
  /** K-4: of every host that has tasks, and of the maintainer's own; undefined where none has come. */
  readonly watermarks: Iterable<Watermark | undefined>;
}

/** Where the whole changefeed stands. */
export interface Progress {
  readonly checkpointTs: bigint;
  readonly resolvedTs: bigint;
}

/**
 * K-4 to K-6. Undefined when there is no answer this time: a host has said nothing yet, or nothing constrains the
 * checkpoint at all, which means "unknown" and not "infinitely far". The caller takes the bounds before it looks at any
 * watermark (K-3, K-9).
 */
export function calculateCheckpoint(inputs: CheckpointInputs): Progress | undefined {
  const bound = minTs(inputs.tasks ?? MAX_TS, inputs.barrier ?? MAX_TS);
  let checkpointTs = bound;
  let resolvedTs = bound;
  for (const watermark of inputs.watermarks) {
    if (watermark === undefined) return undefined;
    checkpointTs = minTs(checkpointTs, watermark.checkpointTs);
    resolvedTs = minTs(resolvedTs, watermark.resolvedTs);
  }
  return checkpointTs === MAX_TS ? undefined : { checkpointTs, resolvedTs };
}

/** A progress that is not beyond a ts. */
export function within({ checkpointTs, resolvedTs }: Progress, ts: bigint): Progress {
  return { checkpointTs: minTs(checkpointTs, ts), resolvedTs: minTs(resolvedTs, ts) };
}

/** The progress of a changefeed: as computed last, and as committed, which never goes back (K-7). */
export class CommittedProgress {
  #current: Progress | undefined;
  #committedTs: bigint;

  constructor(startTs: bigint) {
    this.#committedTs = startTs;
  }

  /** Lower bound of every new dispatcher's start; what is told upstream. */
  get committedTs(): bigint {
    return this.#committedTs;
  }

  get current(): Progress | undefined {
    return this.#current;
  }

  /** Takes a result. True when it differs from the last one. */
  set(progress: Progress): boolean {
    const changed = this.#current?.checkpointTs !== progress.checkpointTs || this.#current.resolvedTs !== progress.resolvedTs;
    this.#current = progress;
    if (progress.checkpointTs > this.#committedTs) this.#committedTs = progress.checkpointTs;
    return changed;
  }
}
