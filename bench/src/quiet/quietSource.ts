import type { Source, SourceSnapshot } from '@tidegate/dispatcher';

/** Options of the quiet source. */
export interface QuietOptions {
  readonly tables: number;
}

const SCHEMA = 1;
const FIRST_TS = 100n;

/** A source with many tables in which nothing ever happens. */
export function createSource(options: unknown): Source {
  const { tables } = options as QuietOptions;
  let end = (): void => {};
  const ended = new Promise<null>((resolve) => {
    end = () => resolve(null);
  });
  let isFirst = true;
  return {
    replayable: true,
    async open({ startTs, signal }): Promise<SourceSnapshot> {
      signal.addEventListener('abort', end);
      return { startTs: startTs > 0n ? startTs : 1n, tables: Array.from({ length: tables }, (_, i) => tableOf(i + 1)) };
    },
    read: async () => {
      if (!isFirst) return await ended;
      isFirst = false;
      return [{ type: 'resolved', ts: FIRST_TS }];
    },
    close: async () => end(),
  };
}

function tableOf(tableId: number) {
  return { tableId, schemaId: SCHEMA, schema: 'quiet', table: `t${tableId}`, columns: [], version: 1n, splittable: false };
}
