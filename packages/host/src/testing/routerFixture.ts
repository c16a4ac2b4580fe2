import type { SourceEvent } from '@tidegate/dispatcher';
import type { DdlEvent, SourceToWorker, TableInfo } from '@tidegate/protocol';
import { ManualContext } from '@tidegate/runtime/testing';
import { SourceRouter, type SourceRouterOptions } from '../sourceRouter.js';

export const WORKERS: readonly string[] = ['worker-0', 'worker-1'];

export function info(tableId: number, version = 1n): TableInfo {
  return { tableId, schemaId: 1, schema: 'db', table: `t${tableId}`, version };
}

export function ddl(commitTs: bigint, fields: Partial<DdlEvent>): DdlEvent {
  return {
    type: 'ddl',
    commitTs,
    query: `ddl ${commitTs}`,
    kind: 'test',
    schema: 'db',
    table: '',
    adds: [],
    schemaChanges: [],
    admissions: [],
    tables: [],
    ...fields,
  };
}

export function row(tableId: number, commitTs: bigint, text = 'row'): SourceEvent {
  return { type: 'rows', tableId, commitTs, count: 1, bytes: new TextEncoder().encode(text) };
}

export interface Fixture {
  readonly context: ManualContext;
  readonly router: SourceRouter;
  pulls(): number;
  subscribe(tableId: number, handle: number, worker: string, startTs?: bigint): void;
  feed(...events: SourceEvent[]): void;
  taken(worker?: string): SourceToWorker[];
}

export function fixture(tables: number[], options: Partial<SourceRouterOptions> = {}): Fixture {
  const context = new ManualContext({ self: 'source' });
  let pulls = 0;
  const router = new SourceRouter(context as never, {
    workers: WORKERS,
    snapshot: { startTs: 0n, tables: tables.map((id) => ({ ...info(id), splittable: false })) },
    pump: { pull: () => pulls++ },
    batchBytes: 1 << 16,
    maxMessageBytes: 1 << 18,
    heldBytes: 1 << 20,
    ...options,
  });
  return {
    context,
    router,
    pulls: () => pulls,
    subscribe: (tableId, handle, worker, startTs = 0n) =>
      router.receive({ type: 'subscribe', handle, generation: 1, mode: 0, tableId, startTs, worker }),
    feed: (...events) => router.receive({ type: 'chunk', events }),
    taken: (worker) => context.take(worker).map((entry) => entry.message as SourceToWorker),
  };
}
