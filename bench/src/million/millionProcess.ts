import { startHost } from '@tidegate/host';
import { answerOnce } from '../harness/answerOnce.js';
import { VerificationError } from '../harness/errors.js';
import { untilReplicating } from '../quiet/quietHost.js';
import { Command, makeControl, Word } from './control.js';
import { Barriers, type Phase, type PhaseName, timed } from './phases.js';
import type { MillionSourceOptions } from './source.js';

export interface MillionQuestion {
  readonly tables: number;
  readonly workers: number;
  /** Runs of each barrier after the first, which warms up. */
  readonly repeats: number;
  /** Tables that the one wide DDL names. */
  readonly wide: number;
}

/** By name of the phase; of repeated ones the runs after the first. */
export type MillionAnswer = Readonly<Record<PhaseName, readonly Phase[]>>;

const DEADLINE = 300_000;
const PAIRS = 1_000;

answerOnce(million);

async function million({ tables, workers, repeats, wide }: MillionQuestion): Promise<MillionAnswer> {
  const control = makeControl();
  const words = new Int32Array(control);
  const source: MillionSourceOptions = { tables, inFirstSchema: tables >>> 1, control };
  let starting: ReturnType<typeof startHost> | undefined;
  const start = await timed(async () => {
    starting = startHost({
      source: { module: new URL('./source.js', import.meta.url), options: source },
      sink: { module: new URL('./sink.js', import.meta.url), options: { control } },
      workers,
      startDeadline: DEADLINE,
    });
    const begun = await starting;
    await untilReplicating(async () => (await begun.inspect()).maintainer, tables);
  });
  if (starting === undefined) throw new VerificationError('million', 'there is no host');
  const host = await starting;
  const barriers = new Barriers(host, words);
  const pairs = Math.min(PAIRS, tables >>> 1);
  const again = async (run: () => Promise<Phase>): Promise<Phase[]> => {
    await run();
    const phases: Phase[] = [];
    for (let round = 0; round < repeats; round++) phases.push(await run());
    return phases;
  };
  const all = await again(() => barriers.run(Command.SYNC_POINT, 0));
  const db = await again(() => barriers.run(Command.ALTER_SCHEMA, 1));
  const ofPairs = await again(() => barriers.run(Command.PAIRS, pairs, pairs));
  const ofMany = await again(() => barriers.run(Command.WIDE, wide));
  const drop = await barriers.run(Command.DROP_SCHEMA, 1);
  const executed = (1 + repeats) * (2 + pairs) + 1;
  const counted = [words[Word.STREAMS], words[Word.SYNC_POINTS], words[Word.EXECUTED]];
  if (counted.join() !== [tables, 1 + repeats, executed].join())
    throw new VerificationError('million', `streams, sync points and DDLs are ${counted.join()}`);
  const stop = await timed(async () => {
    const { finished, unfinished } = await host.stop({ deadline: DEADLINE });
    if (!finished) throw new VerificationError('million', unfinished.join('; '));
  });
  return {
    start: [start],
    All: all,
    'DB, half of the tables': db,
    '1 000 pairs': ofPairs,
    'one DDL of many tables': ofMany,
    'drop of half': [drop],
    stop: [stop],
  };
}
