import type { DdlEvent } from '@tidegate/protocol';
import { ddlKey } from './ddlKey.js';
import { listSegments, type SegmentFile } from './directory.js';
import { hasSystemCode, RedoError } from './errors.js';
import { parseDdl, type RecordVisitor } from './records.js';
import { scanSegment } from './scanSegment.js';

/**
 * Knows the DDLs that earlier lives recorded, whichever worker it was. It looks only at sealed segments whose range of ts holds
 * the DDL asked for, each once, so it reads nothing unless a restart repeats something.
 *
 * What another worker's unsealed segment holds it does not count, since that may not be durable: such a DDL is
 * recorded again, and the reader gives it once.
 */
export class RecordedDdls {
  readonly #dir: string;
  #unread: readonly SegmentFile[] | undefined;
  readonly #keys = new Set<string>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Throws `REDO_CORRUPT`, `REDO_UNREADABLE`. */
  async has(ddl: DdlEvent): Promise<boolean> {
    this.#unread ??= (await listSegments(this.#dir)).filter(({ sealed }) => sealed !== undefined);
    const unread: SegmentFile[] = [];
    for (const segment of this.#unread) {
      if (segment.sealed === undefined) continue;
      if (segment.sealed.first <= ddl.commitTs && ddl.commitTs <= segment.sealed.last) await this.#read(segment.path);
      else unread.push(segment);
    }
    this.#unread = unread;
    return this.#keys.has(ddlKey(ddl));
  }

  async #read(path: string): Promise<void> {
    const visit = (body: Buffer, offset: number): RecordVisitor => ({
      table: () => undefined,
      row: () => undefined,
      syncPoint: () => undefined,
      ddl: (_ts, at, length) => {
        this.#keys.add(ddlKey(parseDdl(body.toString('utf8', at, at + length), path, offset + at)));
      },
    });
    try {
      await scanSegment(path, true, visit);
    } catch (error) {
      // Truncated meanwhile: what it held is repeated by nobody.
      if (error instanceof RedoError && hasSystemCode(error.cause, 'ENOENT')) return;
      throw error;
    }
  }
}
