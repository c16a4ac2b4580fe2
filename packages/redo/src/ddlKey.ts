import { createHash } from 'node:crypto';
import type { DdlEvent } from '@tidegate/protocol';

/** What makes two DDLs the same: commit ts and query, the query as a hash so that many keys stay small. */
export function ddlKey({ commitTs, query }: Pick<DdlEvent, 'commitTs' | 'query'>): string {
  return `${commitTs}:${createHash('sha256').update(query).digest('base64url')}`;
}
