import type { Case, Figure, Measurement, PlotSpec } from '../harness/measurement.js';
import { askProcess } from '../harness/ownProcess.js';
import { median } from '../harness/statistics.js';
import type { MillionAnswer, MillionQuestion } from '../million/millionProcess.js';
import { PHASES, type Phase, type PhaseName } from '../million/phases.js';
import { storm } from '../storm/storm.js';

const MODULE = new URL('../million/millionProcess.js', import.meta.url);
const WIDE = 100_000;
/** Milliseconds that the storm holds everybody, and lets them report again. */
const HELD = 5_000;
const RESEND = 1_000;

const plot: PlotSpec = {
  title: 'A host from start to stop',
  x: { label: 'tables', scale: 'log' },
  y: { label: 'seconds', scale: 'log' },
  of: 'time',
};

/** One life of a real host, from start to stop, at several sizes: a process each, in which every phase follows the one before. */
export const million: Measurement = {
  name: 'million',
  title: 'start, barriers and stop of a real host on its threads, with 10 000 to a million tables',
  unit: 'dispatchers',
  plot,
  onlyByName: true,
  repeat: () => ({ runs: 1, warmups: 0 }),
  open: async ({ quick, tables }) => {
    const sizes = tables !== undefined ? [tables] : quick ? [10_000] : [10_000, 100_000, 1_000_000];
    const repeats = quick ? 2 : 5;
    return {
      cases: sizes.flatMap((size) => [
        ...casesOf({ tables: size, workers: 1, repeats, wide: Math.min(size, WIDE) }),
        stormOf(size),
      ]),
      close: async () => {},
    };
  },
};

/** A case for each phase; the first that runs has the whole life lived. */
function casesOf(question: MillionQuestion): Case[] {
  let life: Promise<MillionAnswer> | undefined;
  return PHASES.map((phase) => ({
    name: `${question.tables.toLocaleString('en-US')} tables, ${phase}`,
    point: { line: phase, x: question.tables },
    run: async () => {
      life ??= askProcess<MillionAnswer>(MODULE, question, ['--max-old-space-size=8192']);
      return { figures: figuresOf(phase, (await life)[phase]) };
    },
  }));
}

/** Everybody at a sync point, nobody answered, everybody reporting again each second; then it goes on. A life of its own. */
function stormOf(tables: number): Case {
  const name = `${tables.toLocaleString('en-US')} tables, storm held for ${HELD / 1e3} s`;
  const weather = {
    cause: 'stalled-maintainer',
    dispatchers: tables,
    hold: HELD,
    resend: RESEND,
    rest: 2_000,
    workers: 1,
  } as const;
  return { name, run: () => storm(name, weather) };
}

function figuresOf(name: PhaseName, phases: readonly Phase[]): Record<string, Figure> {
  const of = (value: (phase: Phase) => number): number => median(phases.map(value));
  const isBarrier = name !== 'start' && name !== 'stop';
  return {
    time: { value: of(({ seconds }) => seconds), unit: 'seconds' },
    ...(isBarrier && { open: { value: of(({ open }) => open), unit: 'seconds' } }),
    processor: { value: of(({ cpuSeconds }) => cpuSeconds), unit: 'seconds' },
    'above before': { value: of(({ aboveBytes }) => aboveBytes), unit: 'bytes' },
  };
}
