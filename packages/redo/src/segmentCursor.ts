import { open } from 'node:fs/promises';
import type { DdlEvent } from '@tidegate/protocol';
import type { SegmentFile } from './directory.js';
import { redoError } from './errors.js';
import { Pieces } from './pieces.js';
import { parseDdl } from './records.js';
import type { RedoRow } from './redoEvent.js';
import { scanSegment } from './scanSegment.js';
import { SegmentIndex } from './segmentIndex.js';

/** Neighbours in a segment's order with the same ts, rank and table. */
export interface Run {
  readonly cursor: SegmentCursor;
  readonly from: number;
  readonly to: number;
}

/** An open segment at its next record. */
export class SegmentCursor {
  readonly segment: SegmentFile;
  readonly index: SegmentIndex;
  /** Number of the first segment of the life that wrote it. */
  readonly session: number;
  /** Bytes of the segment that it may hold in memory. */
  readonly heldBytes: number;
  readonly #pieces: Pieces;
  #position = 0;
  ts = 0n;
  rank = 0;
  /** -1 at a DDL or a sync point. */
  tableId = -1;

  private constructor(segment: SegmentFile, index: SegmentIndex, session: number, pieces: Pieces, heldBytes: number) {
    this.heldBytes = heldBytes;
    this.segment = segment;
    this.index = index;
    this.session = session;
    this.#pieces = pieces;
    this.#arrive();
  }

  /** Reads a segment through, and checks all of it. Holds it in memory if it has at most `room` bytes. Throws `REDO_CORRUPT`, `REDO_UNREADABLE`. */
  static async open(segment: SegmentFile, from: bigint, upTo: bigint, room: number): Promise<SegmentCursor> {
    const { path } = segment;
    const index = new SegmentIndex();
    const { session, end } = await scanSegment(path, segment.sealed !== undefined, (_, offset) =>
      index.visitor(from, upTo, offset),
    );
    index.sort();
    try {
      const held = end <= room ? end : 0;
      return new SegmentCursor(segment, index, session, new Pieces(await open(path, 'r'), path, held), held);
    } catch (error) {
      throw redoError('REDO_UNREADABLE', 'cannot read', path, error);
    }
  }

  get ended(): boolean {
    return this.#position === this.index.length;
  }

  /** Whether both are at the same ts, rank and table. */
  level(other: SegmentCursor): boolean {
    return this.ts === other.ts && this.rank === other.rank && this.tableId === other.tableId;
  }

  /** The records at hand that belong together; moves behind them. */
  takeRun(): Run {
    const from = this.#position;
    let to = from + 1;
    while (to < this.index.length && this.index.together(from, to)) to++;
    this.#position = to;
    this.#arrive();
    return { cursor: this, from, to };
  }

  /** Bytes of a record. They stay valid. */
  bytes(position: number): Buffer | Promise<Buffer> {
    return this.#pieces.get(this.index.at(position), this.index.size(position));
  }

  async row(position: number): Promise<RedoRow> {
    const table = this.index.table(position)?.info;
    if (table === undefined) throw redoError('REDO_CORRUPT', 'a row without its table in', this.segment.path, 'no table record');
    const bytes = await this.bytes(position);
    return { type: 'row', commitTs: this.index.ts(position), table, rows: this.index.rows(position), bytes };
  }

  async ddl(position: number): Promise<DdlEvent> {
    return parseDdl((await this.bytes(position)).toString('utf8'), this.segment.path, this.index.at(position));
  }

  async close(): Promise<void> {
    await this.#pieces.close();
  }

  #arrive(): void {
    if (this.ended) return;
    this.ts = this.index.ts(this.#position);
    this.rank = this.index.rank(this.#position);
    this.tableId = this.index.table(this.#position)?.info.tableId ?? -1;
  }
}

/** The order in which cursors are at hand. */
export function earlier(a: SegmentCursor, b: SegmentCursor): boolean {
  if (a.ts !== b.ts) return a.ts < b.ts;
  if (a.rank !== b.rank) return a.rank < b.rank;
  if (a.tableId !== b.tableId) return a.tableId < b.tableId;
  const { worker, number } = a.segment;
  return worker === b.segment.worker ? number < b.segment.number : worker < b.segment.worker;
}
