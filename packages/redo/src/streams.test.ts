import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import type { RedoSink } from './redoSink.js';
import { quietSink, readShort, rowsOf, sinkContext, tableInfo, temporaryDirs } from './testing/rows.js';

const newDir = temporaryDirs(afterEach);
const a = tableInfo(1, 'a', 10n);
const PARTS = 3;
const LAST = 10;

/** What each transaction changes in each part: the same change more than once, too. */
function truth(part: number, ts: number): string[] {
  return ['x', 'y', 'x'].slice(0, (ts + part) % 4).map((value) => `p${part}.${value}`);
}

/** A table in parts, each with a dispatcher on one of two workers. */
class Parts {
  readonly #dir: string;
  readonly #sinks: RedoSink[] = [];
  readonly #aborts: AbortController[] = [];
  readonly #parts = Array.from({ length: PARTS }, () => ({ worker: 0, next: 0, durable: 0 }));

  constructor(dir: string) {
    this.#dir = dir;
  }

  async open(worker: number): Promise<void> {
    const abort = new AbortController();
    this.#aborts[worker] = abort;
    const options = { commitBytes: 4096, segmentBytes: 4096 };
    this.#sinks[worker] = await quietSink(this.#dir, options, sinkContext(`worker-${worker}`, abort.signal));
  }

  begin(part: number, worker: number, next: number): void {
    this.#parts[part] = { ...this.#at(part), worker, next };
    this.#sinks[worker]?.restart(a, BigInt(10 + next));
  }

  advance(part: number, by: number): void {
    const state = this.#at(part);
    for (let left = by; left > 0 && state.next < LAST; left--) this.#write(part, state.next++, 3);
  }

  async flush(worker: number): Promise<void> {
    await this.#sinks[worker]?.flush(a);
    for (const part of this.#parts) if (part.worker === worker) part.durable = Math.max(part.durable, part.next);
  }

  /** The part begins again elsewhere or here, with `cut` changes of the transaction it stands at written already. */
  async move(part: number, worker: number, back: number, cut: number): Promise<void> {
    const { next, worker: from } = this.#at(part);
    if (next < LAST) this.#write(part, next, cut);
    await this.flush(from);
    this.begin(part, worker, Math.max(0, this.#at(part).durable - back));
  }

  async kill(worker: number): Promise<void> {
    this.#aborts[worker]?.abort();
    await this.#sinks[worker]?.close();
    await this.open(worker);
    for (const [part, state] of this.#parts.entries())
      if (state.worker === worker) this.begin(part, (worker + part) % 2, state.durable);
  }

  async finish(): Promise<void> {
    for (let part = 0; part < PARTS; part++) this.advance(part, LAST);
    for (const sink of this.#sinks) await sink.close();
  }

  #at(part: number): { worker: number; next: number; durable: number } {
    const state = this.#parts[part];
    if (state === undefined) throw new RangeError(`there is no part ${part}`);
    return state;
  }

  #write(part: number, ts: number, count: number): void {
    const changes = truth(part, ts).slice(0, count);
    const rows = changes.map((value) => [BigInt(11 + ts), value] as const);
    this.#sinks[this.#at(part).worker]?.write(rowsOf(a, rows)).catch(() => undefined);
  }
}

const part = fc.nat(PARTS - 1);
const worker = fc.nat(1);
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('write' as const), part, by: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('move' as const), part, worker, back: fc.nat(5), cut: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('flush' as const), worker }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const), worker }) },
);

test('any splits, moves, deaths and lives: each part has its changes once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const dir = await newDir();
      const parts = new Parts(dir);
      for (const each of [0, 1]) await parts.open(each);
      for (let each = 0; each < PARTS; each++) parts.begin(each, 0, 0);
      for (const now of steps) {
        if (now.do === 'write') parts.advance(now.part, now.by);
        else if (now.do === 'flush') await parts.flush(now.worker);
        else if (now.do === 'kill') await parts.kill(now.worker);
        else await parts.move(now.part, now.worker, now.back, now.cut);
      }
      await parts.finish();
      const all = await readShort(dir);
      for (let each = 0; each < PARTS; each++) {
        const expected = Array.from({ length: LAST }, (_, ts) => truth(each, ts).map((value) => `${11 + ts} a=${value}`));
        expect(all.filter((text) => text.includes(`=p${each}.`))).toEqual(expected.flat());
      }
    }),
    { numRuns: Number(process.env.TIDEGATE_SEEDS ?? 25) },
  );
}, 60_000);
