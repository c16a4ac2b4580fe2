import type { Sink } from '@tidegate/dispatcher';
import type { DdlEvent, SyncPointEvent } from '@tidegate/protocol';
import { RedoError } from './errors.js';
import { readRedoMeta } from './meta.js';
import { readRedoLog } from './readRedoLog.js';
import { RowWriter } from './rowWriter.js';

export interface ApplyOptions {
  /** Directory of the log. */
  readonly dir: string;
  /** The sink holds everything at or below this ts already. Default: 0, nothing. */
  readonly from?: bigint;
  /** Goes no further than this ts. Default, and without a reason the most that makes sense: the meta file's resolved ts. */
  readonly upTo?: bigint;
  /** Where to. Stays open. */
  readonly sink: Sink;
}

/** What was applied. */
export interface ApplyReport {
  readonly rows: number;
  readonly changes: number;
  readonly ddls: number;
  readonly syncPoints: number;
  /** Everything in the log up to here is durable in the sink, which was told so. */
  readonly checkpointTs: bigint;
}

/**
 * Replays a log into a sink as a host would: rows grouped by table and in commit order; everything flushed before a DDL or a sync point;
 * checkpoints told on the way and at the end. Done again from the last checkpoint told, it goes on from there.
 *
 * Throws `REDO_META` when neither `upTo` nor a meta file says how far to go, what {@link readRedoLog} throws, and
 * whatever the sink fails with.
 */
export async function applyRedoLog({ dir, from, upTo, sink }: ApplyOptions): Promise<ApplyReport> {
  const end = upTo ?? (await readRedoMeta(dir))?.resolvedTs;
  if (end === undefined) {
    throw new RedoError(
      'REDO_META',
      `${dir} has no meta file, so it is unknown up to where the log is complete; give upTo, at most the checkpoint of what wrote it`,
      { path: dir },
    );
  }
  const rows = new RowWriter(sink, from ?? 0n);
  let ddls = 0;
  let syncPoints = 0;
  let told = from ?? 0n;
  const tell = async (ts: bigint): Promise<void> => {
    if (ts <= told) return;
    told = ts;
    await sink.checkpoint?.(ts);
  };
  for await (const event of readRedoLog(dir, { from: from ?? 0n, upTo: end })) {
    if (event.type === 'row') {
      // Of this ts more may follow.
      if (await rows.add(event)) await tell(event.commitTs - 1n);
      continue;
    }
    await rows.flush();
    if (event.commitTs > 0n) await tell(event.commitTs - 1n);
    if (event.type === 'ddl') {
      await executeDdl(sink, event);
      ddls++;
    } else {
      await tellSyncPoint(sink, event);
      syncPoints++;
    }
  }
  await rows.flush();
  await tell(end);
  return { rows: rows.rows, changes: rows.changes, ddls, syncPoints, checkpointTs: told };
}

/** All tables are here, so those that did not ask for the DDL pass it here too. */
async function executeDdl(sink: Sink, ddl: DdlEvent): Promise<void> {
  await sink.execute(ddl);
  await sink.pass?.(ddl);
}

async function tellSyncPoint(sink: Sink, event: SyncPointEvent): Promise<void> {
  await sink.syncPoint?.(event);
}
