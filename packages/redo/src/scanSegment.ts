import { maxTs, minTs } from '@tidegate/protocol';
import { BatchReader } from './batchReader.js';
import { type RecordVisitor, visitRecords } from './records.js';

/** What a segment turned out to hold. */
export interface Scanned {
  /** Where its last whole batch ends, and whether something torn follows. */
  readonly end: number;
  readonly torn: boolean;
  readonly session: number;
}

/**
 * Shows every record of a segment; `body` of a call is the batch that it is in, and `offset` the place of that batch's body
 * in the file. Throws `REDO_CORRUPT`, `REDO_UNREADABLE`.
 */
export async function scanSegment(
  path: string,
  sealed: boolean,
  visit: (body: Buffer, offset: number) => RecordVisitor,
): Promise<Scanned> {
  const reader = await BatchReader.open(path, sealed);
  try {
    for (let batch = await reader.next(); batch !== undefined; batch = await reader.next()) {
      visitRecords(batch.body, visit(batch.body, batch.offset), path, batch.offset);
    }
    return { end: reader.end, torn: reader.torn, session: reader.session };
  } finally {
    await reader.close();
  }
}

/** The smallest and largest commit ts of a segment; undefined when it has none. */
export async function measureSegment(
  path: string,
  sealed: boolean,
): Promise<Scanned & { readonly range: { readonly first: bigint; readonly last: bigint } | undefined }> {
  let first: bigint | undefined;
  let last = 0n;
  const take = (ts: bigint): void => {
    first = first === undefined ? ts : minTs(first, ts);
    last = maxTs(last, ts);
  };
  const visitor: RecordVisitor = { table: () => undefined, row: take, ddl: take, syncPoint: take };
  const scanned = await scanSegment(path, sealed, () => visitor);
  return { ...scanned, range: first === undefined ? undefined : { first, last } };
}
