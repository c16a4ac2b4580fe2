import { setTimeout as delay } from 'node:timers/promises';
import type { HostOptions } from '@tidegate/host';
import type { QuietOptions } from './quietSource.js';

const LOOK = 50;
const PATIENCE = 300_000;

/** Options of a host with so many tables, in which nothing happens. */
export function quietHost(tables: number, workers: number): HostOptions {
  return {
    source: { module: new URL('./quietSource.js', import.meta.url), options: { tables } satisfies QuietOptions },
    sink: { module: new URL('./quietSink.js', import.meta.url) },
    workers,
    startDeadline: PATIENCE,
  };
}

interface TaskCounts {
  readonly changefeed?: { readonly tasks?: { readonly replicating?: number } };
}

/** Waits until the maintainer, as it describes itself, has all tables and the table trigger replicating. */
export async function untilReplicating(maintainer: () => Promise<unknown>, tables: number): Promise<void> {
  for (const end = performance.now() + PATIENCE; performance.now() < end; await delay(LOOK)) {
    const { changefeed } = ((await maintainer()) ?? {}) as TaskCounts;
    if (changefeed?.tasks?.replicating === tables + 1) return;
  }
  throw new Error(`not all of ${tables} tables replicate after ${PATIENCE / 1e3} s`);
}
