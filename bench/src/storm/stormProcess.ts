import { runStorm, type StormOptions, type StormReport, type StormSample } from '@tidegate/cli';
import { answerOnce } from '../harness/answerOnce.js';

/** What a storm looked like from time to time, and how it went. */
export interface StormAnswer {
  readonly looks: readonly StormSample[];
  readonly report: StormReport;
}

// A process of its own: its memory is the storm's alone, but for some looks a second.
answerOnce(async (options: StormOptions): Promise<StormAnswer> => {
  const looks: StormSample[] = [];
  const report = await runStorm({ ...options, onSample: (sample) => looks.push(sample) });
  return { looks, report };
});
