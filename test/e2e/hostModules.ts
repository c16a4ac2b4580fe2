import type { ModuleReference } from '@tidegate/host';

/** An ES module given as text. */
function moduleOf(text: string): string {
  return `data:text/javascript,${encodeURIComponent(text)}`;
}

/**
 * A source of five tables: `chunks` times ten rows of `bytes` bytes, then a sync point and a mark. `fields` are methods that
 * replace its own; they see `n`, the number of the read, `startTs`, and `next()`, which gives the next chunk.
 */
export function sourceOf(chunks: number, fields = '', bytes = 20): ModuleReference {
  return {
    module: moduleOf(`
      export const createSource = () => {
        let n = 0, ts = 0n, startTs = 0n;
        const next = () => {
          if (n > ${chunks}) return null;
          const events = Array.from({ length: 10 }, () => {
            ts += 1n;
            return { type: 'rows', tableId: 1 + Number(ts % 5n), commitTs: ts, count: 1, bytes: new Uint8Array(${bytes}) };
          });
          events.push({ type: 'sync-point', commitTs: ts += 1n }, { type: 'resolved', ts });
          return events;
        };
        const table = (tableId) => ({ tableId, schemaId: 1, schema: 's', table: 't' + tableId, columns: [], version: 1n, splittable: false });
        const open = async (given) => {
          ts = startTs = given.startTs;
          return { startTs, tables: [1, 2, 3, 4, 5].map(table) };
        };
        const own = { open, read: async () => next(), close: async () => {}, ${fields} };
        return { ...own, read: () => { n++; return own.read(); } };
      };`),
  };
}

/**
 * A sink that forgets everything. `fields` replace its methods, on the first worker only; they see `writes`, the number of
 * the write, and `begun()`, which sets the first word of the shared memory `options.begun`.
 */
export function sinkOf(fields = '', creating = ''): ModuleReference {
  return {
    module: moduleOf(`
      const busy = (milliseconds) => { for (const end = performance.now() + milliseconds; performance.now() < end; ); };
      export const createSink = async (options, { worker }) => {
        let writes = 0;
        const begun = () => {
          Atomics.store(new Int32Array(options.begun), 0, 1);
          Atomics.notify(new Int32Array(options.begun), 0);
        };
        const plain = { write() {}, flush() {}, execute() {}, syncPoint() {}, close() {} };
        if (worker !== 'worker-0') return plain;
        ${creating};
        const own = { ...plain, ${fields} };
        return { ...own, write: (rows) => { writes++; return own.write(rows); } };
      };`),
  };
}

/** For a promise that must never settle. */
export const NEVER = 'new Promise(() => {})';
