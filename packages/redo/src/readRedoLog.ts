import { isTs, MAX_TS } from '@tidegate/protocol';
import { listSegments, type SegmentFile } from './directory.js';
import { hasSystemCode, RedoError } from './errors.js';
import { MinHeap } from './minHeap.js';
import { describe } from './options.js';
import type { RedoEvent } from './redoEvent.js';
import { withoutRepeats } from './repeats.js';
import { measureSegment } from './scanSegment.js';
import { earlier, type Run, SegmentCursor } from './segmentCursor.js';
import { RANK } from './segmentIndex.js';
import { readTruncatedTs } from './truncate.js';

export interface ReadOptions {
  /** Leaves out what is at or below this ts. Default: nothing, or what a truncation left out. */
  readonly from?: bigint;
  /** Leaves out what is above this ts. Default: nothing. Above the meta file's resolved ts a table may lack what another has. */
  readonly upTo?: bigint;
  /** Memory for the indexes of segments that overlap, in bytes: 28 a change. Default 512 MiB. */
  readonly maxIndexBytes?: number;
}

/** Bytes of segments that are held in memory; others are read piece by piece. */
const HELD = 256 * 1024 * 1024;

type Ranged = SegmentFile & { readonly first: bigint; readonly last: bigint };

/**
 * Everything in a log above `from` and up to `upTo`, of all workers, in commit order: each change, DDL and sync point once,
 * however often a restart repeated it. At one ts rows of versions that end there come first, then the DDL, rows
 * of versions that begin there, sync points; within a transaction the order is that of each table.
 *
 * Streams: it holds an index of the segments whose ranges of ts overlap where it is, and up to 256 MiB of their content; one
 * whose range is used up is let go. What is written meanwhile may or may not be seen.
 *
 * Throws `REDO_OPTION`, `REDO_UNREADABLE`, `REDO_CORRUPT`, `REDO_META`, `REDO_TRUNCATED`, `REDO_OVERLAP`.
 */
export async function* readRedoLog(dir: string, options: ReadOptions = {}): AsyncGenerator<RedoEvent, void, void> {
  const { upTo = MAX_TS, maxIndexBytes = 512 * 1024 * 1024 } = options;
  for (const name of ['from', 'upTo'] as const) {
    const value = options[name];
    if (value === undefined || isTs(value)) continue;
    throw new RedoError(
      'REDO_OPTION',
      `redo: option '${name}' must be a timestamp (a bigint of 64 bits), not ${describe(value)}`,
    );
  }
  const truncatedTs = await readTruncatedTs(dir);
  const from = options.from ?? truncatedTs;
  if (from < truncatedTs) {
    throw new RedoError(
      'REDO_TRUNCATED',
      `the redo log in ${dir} was truncated: it no longer has what lies at or below ${truncatedTs}, so it cannot be read from ${from}; ` +
        'start from there, on a sink that holds everything up to there',
      { path: dir },
    );
  }
  const merge = new Merge(dir, from, upTo, maxIndexBytes);
  try {
    await merge.plan();
    for (let runs = await merge.next(); runs !== undefined; runs = await merge.next()) yield* eventsOf(runs);
  } finally {
    await merge.close();
  }
}

/** The events of runs at one ts, rank and table. */
async function* eventsOf(runs: readonly Run[]): AsyncGenerator<RedoEvent, void, void> {
  const [first] = runs;
  if (first === undefined) return;
  const { index } = first.cursor;
  const rank = index.rank(first.from);
  if (rank === RANK.syncPoint) {
    yield { type: 'sync-point', commitTs: index.ts(first.from) };
  } else if (rank === RANK.ddl) {
    const queries = new Set<string>();
    for (const { cursor, from, to } of runs) {
      for (let position = from; position < to; position++) {
        const ddl = await cursor.ddl(position);
        if (!queries.has(ddl.query)) yield ddl;
        queries.add(ddl.query);
      }
    }
  } else if (runs.length === 1 && sameGeneration(first)) {
    // Nearly always: nobody repeated anything.
    for (let position = first.from; position < first.to; position++) yield await first.cursor.row(position);
  } else {
    for await (const { cursor, position } of withoutRepeats(runs)) yield await cursor.row(position);
  }
}

/** Generations of a table stand in order, so the ends tell. */
function sameGeneration({ cursor, from, to }: Run): boolean {
  return cursor.index.table(from)?.generation === cursor.index.table(to - 1)?.generation;
}

/** Segments in the order of their first ts, each open from then until it is used up. */
class Merge {
  readonly #dir: string;
  readonly #from: bigint;
  readonly #upTo: bigint;
  readonly #maxIndexBytes: number;
  #planned: Ranged[] = [];
  #at = 0;
  readonly #heap = new MinHeap<SegmentCursor>(earlier);
  readonly #open = new Set<SegmentCursor>();
  /** Used up, and still needed by the runs that were answered last. */
  #spent: SegmentCursor[] = [];

  constructor(dir: string, from: bigint, upTo: bigint, maxIndexBytes: number) {
    this.#dir = dir;
    this.#from = from;
    this.#upTo = upTo;
    this.#maxIndexBytes = maxIndexBytes;
  }

  async plan(): Promise<void> {
    const planned: Ranged[] = [];
    for (const segment of await listSegments(this.#dir)) {
      const range = segment.sealed ?? (await this.#whileThere(segment, (path) => measureSegment(path, false)))?.range;
      if (range === undefined || range.last <= this.#from || range.first > this.#upTo) continue;
      planned.push({ ...segment, ...range });
    }
    this.#planned = planned.sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  }

  /** Everything of the earliest ts, rank and table, in the order of its segments; undefined at the end. */
  async next(): Promise<Run[] | undefined> {
    await this.#closeSpent();
    await this.#openDue();
    const first = this.#heap.pop();
    if (first === undefined) return undefined;
    const level = [first];
    for (let other = this.#heap.peek(); other?.level(first); other = this.#heap.peek()) {
      level.push(other);
      this.#heap.pop();
    }
    return level.map((cursor) => {
      const run = cursor.takeRun();
      if (cursor.ended) this.#spent.push(cursor);
      else this.#heap.push(cursor);
      return run;
    });
  }

  async close(): Promise<void> {
    this.#spent = [];
    for (const cursor of this.#open) await cursor.close();
    this.#open.clear();
  }

  async #openDue(): Promise<void> {
    for (let next = this.#planned[this.#at]; next !== undefined; next = this.#planned[this.#at]) {
      const earliest = this.#heap.peek();
      if (earliest !== undefined && next.first > earliest.ts) return;
      this.#at++;
      const segment = next;
      const cursor = await this.#whileThere(segment, (path) =>
        SegmentCursor.open({ ...segment, path }, this.#from, this.#upTo, HELD - this.#heldBytes()),
      );
      if (cursor === undefined) continue;
      this.#open.add(cursor);
      if (cursor.ended) this.#spent.push(cursor);
      else this.#heap.push(cursor);
      await this.#closeSpent();
      this.#checkMemory(segment.first);
    }
  }

  async #closeSpent(): Promise<void> {
    for (const cursor of this.#spent) {
      this.#open.delete(cursor);
      await cursor.close();
    }
    this.#spent = [];
  }

  #heldBytes(): number {
    let bytes = 0;
    for (const cursor of this.#open) bytes += cursor.heldBytes;
    return bytes;
  }

  #checkMemory(ts: bigint): void {
    let bytes = 0;
    for (const { index } of this.#open) bytes += index.bytes;
    if (bytes <= this.#maxIndexBytes) return;
    throw new RedoError(
      'REDO_OVERLAP',
      `${this.#open.size} segments of ${this.#dir} overlap at ${ts}; their indexes need ${bytes} bytes, allowed are ${this.#maxIndexBytes}: ` +
        `raise option 'maxIndexBytes', or read a shorter range`,
      { path: this.#dir },
    );
  }

  /** A segment that is being written may be sealed at any moment, and is then found under its new name. */
  async #whileThere<Value>(segment: SegmentFile, use: (path: string) => Promise<Value>): Promise<Value | undefined> {
    try {
      return await use(segment.path);
    } catch (error) {
      if (!(error instanceof RedoError && hasSystemCode(error.cause, 'ENOENT'))) throw error;
      const renamed = (await listSegments(this.#dir)).find(
        ({ worker, number, sealed }) => worker === segment.worker && number === segment.number && sealed !== undefined,
      );
      if (renamed !== undefined && renamed.path !== segment.path) return await use(renamed.path);
      if (segment.sealed === undefined) return undefined;
      throw error;
    }
  }
}
