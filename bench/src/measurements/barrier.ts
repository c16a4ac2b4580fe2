import {
  type BarrierShape,
  LISTED_TABLES,
  ONE_SCHEMA,
  SPLIT_TABLE,
  SYNC_POINT,
  SYNC_POINT_SPANS,
} from '../barrier/barrierShape.js';
import { BarrierSystem } from '../barrier/barrierSystem.js';
import { bytesAlive, bytesInUse } from '../barrier/heapGauge.js';
import type { Case, Measurement, Scale } from '../harness/measurement.js';
import { median } from '../harness/statistics.js';
import { PARENT_BARRIERS } from '../plots/parentFigures.js';

const SHAPES: readonly BarrierShape[] = [SYNC_POINT, SYNC_POINT_SPANS, ONE_SCHEMA, LISTED_TABLES, SPLIT_TABLE];

/** Barriers before those that count: they bring columns to their size, and code to its speed. */
const WARM = 3;

/** From the first WAITING of an event to its completion, and the memory that it takes meanwhile. */
export const barrier: Measurement = {
  name: 'barrier',
  title: 'one block event from the first WAITING to its completion: coordinator and maintainer in one thread',
  unit: 'dispatchers',
  plot: {
    title: 'A barrier over N dispatchers',
    x: { label: 'dispatchers', scale: 'log' },
    y: { label: 'time', scale: 'log' },
    of: 'time',
    references: PARENT_BARRIERS,
  },
  repeat: ({ quick }) => ({ runs: quick ? 1 : 3, warmups: 0 }),
  open: async (scale) => ({
    cases: SHAPES.flatMap((shape) => sizesOf(scale).map((size) => caseOf(shape, size, scale))),
    close: async () => {},
  }),
};

function sizesOf({ quick }: Scale): readonly number[] {
  return quick ? [1_000, 10_000] : [1_000, 10_000, 100_000, 1_000_000];
}

/** A system of its own for each run: a million dispatchers beside those of all other cases would be measured, too. */
function caseOf(shape: BarrierShape, dispatchers: number, { quick }: Scale): Case {
  const isLarge = dispatchers > 100_000;
  const barriers = quick ? 3 : isLarge ? 5 : 7;
  return {
    ...(isLarge && { runs: 1 }),
    name: `${shape.name}, ${sizeText(dispatchers)}`,
    point: { line: shape.name, x: dispatchers },
    run: () => {
      const system = new BarrierSystem(shape, dispatchers);
      for (let i = 0; i < WARM; i++) once(system);
      const seconds = median(Array.from({ length: barriers }, () => once(system))) / 1e3;
      const rest = bytesAlive();
      let peak = rest;
      system.barrier(() => {
        peak = Math.max(peak, bytesInUse());
      });
      system.verify();
      const time = { value: seconds, unit: 'seconds' } as const;
      return { items: dispatchers, seconds, figures: { time, 'above rest': { value: peak - rest, unit: 'bytes' } } };
    },
  };
}

function once(system: BarrierSystem): number {
  const milliseconds = system.barrier();
  system.verify();
  return milliseconds;
}

function sizeText(dispatchers: number): string {
  return dispatchers < 1e6 ? `${dispatchers / 1e3} k` : `${dispatchers / 1e6} M`;
}
