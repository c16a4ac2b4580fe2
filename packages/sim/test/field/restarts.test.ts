import { expect, it } from 'vitest';
import { Field, FULL, fieldLog, figures, manyTables, row } from './field.js';

const SYNC = 200n;
const END = 300n;

interface Open {
  readonly barrier: {
    readonly open: readonly { readonly text: string; readonly missingCount: number; readonly phase: string }[];
  };
}

/** What the maintainer says of the events that are open. */
async function openEvents(field: Field): Promise<Open['barrier']['open']> {
  const { changefeed } = (await field.detail('maintainer')) as { changefeed: Open };
  return changefeed.barrier.open;
}

it('3713: one sync point over 200 000 tables is told to the sink once, and nothing is written for it (I-1, B-29)', {
  timeout: 600_000,
}, async () => {
  const tables = FULL ? 200_000 : 5_000;
  const field = await Field.create({
    workload: fieldLog(tables, [
      { type: 'sync-point', commitTs: SYNC },
      { type: 'resolved', ts: END },
    ]),
  });
  await field.run(() => field.checkpointTs >= END, 40_000_000);
  field.oracle.finish();
  expect(field.violations.found).toEqual([]);
  figures('3713', { tables, ...field.told, ...field.arrived, clock: field.cluster.system.now, steps: field.steps });
  expect(field.told).toEqual({ blocks: 1, writes: 0 });
  // The writer is asked to pass as well, and says once more that it is done (B-43).
  expect(field.arrived.statuses).toBeLessThanOrEqual(2 * (tables + 1) + 1);
});

it('4006: the host restarts while 200 000 tables stand at a sync point: it gets going, and says what it waits for meanwhile (T-F, S-5, I-12)', {
  timeout: 600_000,
}, async () => {
  const tables = FULL ? 200_000 : 5_000;
  const before = await Field.create({
    workload: fieldLog(tables, [
      row(1, 150n),
      { type: 'sync-point', commitTs: SYNC },
      row(1, 250n),
      { type: 'resolved', ts: END },
    ]),
  });
  await before.run(() => before.arrived.statuses > tables / 2, 40_000_000);
  expect(before.checkpointTs).toBeLessThan(SYNC);
  const after = await before.restart();
  await after.run(() => after.arrived.statuses > 0, 40_000_000);
  // A worker is busy with something else: those that live on it are missing, and named.
  after.asleep.add('h1/worker-3');
  await after.pass(25_000, 40_000_000);
  const [open] = await openEvents(after);
  figures('4006', { text: open?.text });
  expect(open).toMatchObject({ phase: 'waiting' });
  expect(open?.text).toMatch(/^Block event 200\/sync \(all\) is open for \d+ ms: .*\./);
  // Who has not begun to work has not been told of (H-2): then its operator is named instead of its worker.
  expect(open?.text).toMatch(/on (worker 3 of host h1 \(|host h1 \(scheduling, operator add; )/);
  expect(after.events.some(({ type }) => type === 'barrier-stuck')).toBe(true);
  after.asleep.clear();
  await after.run(() => after.checkpointTs >= END, 40_000_000);
  after.oracle.finish();
  expect(after.violations.found).toEqual([]);
  figures('4006', { tables, ...after.told, ...after.arrived, clock: after.cluster.system.now, steps: after.steps });
});

for (const outcome of ['report', 'fail'] as const) {
  it(`4365: 69 of 70 dispatchers arrive: the one that is missing is named with its worker, and the deadline ends in "${outcome}" (T-F, B-45)`, async () => {
    const tables = 70;
    const field = await Field.create({
      workload: fieldLog(tables, [row(42, 150n), { type: 'sync-point', commitTs: SYNC }, { type: 'resolved', ts: END }]),
      maintainer: { barrierDeadline: 30_000, onBarrierDeadline: outcome },
    });
    // The write of table 42 takes an hour.
    field.slowSinks(3_600_000);
    await field.run(() => field.told.writes > 0, 1_000_000);
    field.slowSinks(0);
    await field.pass(45_000, 5_000_000);
    const late = field.events.find((event) => event.type === 'barrier-stuck' && event.age >= 30_000);
    const fault = field.events.find(({ type }) => type === 'fault');
    const { text, worker } = outcome === 'report' ? missingIn(late) : missingIn((fault as { dump?: unknown } | undefined)?.dump);
    figures('4365', { outcome, text });
    expect(text).toMatch(/Block event 200\/sync \(all\) is open for \d+ ms: 70 of 71 tables reported/);
    // The worker that it names is the one that waits for its sink.
    const [culprit, ...others] = await waitingWorkers(field);
    expect(others).toEqual([]);
    expect(text).toMatch(/dispatcher \d+ of table 42 on worker \d of host h1 \(replicating.*\)/);
    expect(`h1/worker-${worker}`).toBe(culprit);
    expect(text).toContain(`on worker ${worker} of host h1 `);
    if (outcome === 'report') {
      expect(fault).toBeUndefined();
      await field.run(() => field.checkpointTs >= END, 5_000_000);
      expect(field.told.blocks).toBe(1);
    } else expect(fault).toMatchObject({ code: 'BARRIER_DEADLINE' });
  });
}

/** The words of an explanation that names one dispatcher. */
function missingIn(event: unknown): { readonly text: string; readonly worker: number | undefined } {
  const explanation = event as {
    readonly missing: readonly { readonly worker?: number }[];
    readonly missingCount: number;
    readonly text: string;
  };
  expect([explanation.missingCount, explanation.missing.length]).toEqual([1, 1]);
  return { text: explanation.text, worker: explanation.missing[0]?.worker };
}

/** The worker whose sink has not come back: with the host and the dispatcher, what a person needs to find the culprit. */
async function waitingWorkers(field: Field): Promise<string[]> {
  const waiting: string[] = [];
  for (const worker of field.cluster.host(1).workers) {
    const { withSink } = (await field.detail(worker)) as { readonly withSink: number };
    if (withSink > 0) waiting.push(worker);
  }
  return waiting;
}

it('4957: dispatchers that the maintainer does not know stand at a sync point: each is told so, and says it no more (T-D, W-8)', {
  timeout: 600_000,
}, async () => {
  const tables = FULL ? 60_000 : 4_000;
  let deaf = false;
  const field = await Field.create({
    workload: fieldLog(tables, [
      { type: 'resolved', ts: 150n },
      { type: 'sync-point', commitTs: SYNC },
      { type: 'resolved', ts: END },
    ]),
    // Nobody can remove them either: every order is lost.
    atPoint: (point) => (deaf && point === 'before-schedule' ? 'drop' : undefined),
  });
  await field.run(() => field.arrived.statuses > tables / 2, 10_000_000);
  deaf = true;
  const known = manyTables(tables / 2);
  await field.replaceMaintainer(known);
  field.statusesOf.clear();
  const seen = { ...field.arrived };
  await field.pass(3_600_000, 20_000_000);
  const { statuses } = field.arrived;
  const told = field.events.filter((event) => (event as { readonly type: string }).type === 'unknown-dispatcher').length;
  const worst = Math.max(...field.statusesOf.values());
  figures('4957', { tables, statuses: statuses - seen.statuses, worst, told, peak: field.peak, checkpoint: field.checkpointTs });
  // WAITING and DONE of those it knows, one WAITING or two of each that it does not.
  expect(worst).toBeLessThanOrEqual(4);
  expect(told).toBeGreaterThanOrEqual(tables / 2);
  expect(told).toBeLessThanOrEqual(tables);
  expect(field.checkpointTs).toBe(END);
});
