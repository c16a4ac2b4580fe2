import { describe, expect, test } from 'vitest';
import { COUNTS, stormSample } from '../testing/storms.js';
import type { StormCommandOptions } from './commandOptions.js';
import { LiveView } from './liveView.js';

const OPTIONS: StormCommandOptions = {
  ...{ dispatchers: 100, hold: 10_000, workers: 2, cause: 'stalled-maintainer', resend: 1_000, json: false, quiet: false },
};
const MIB = 1024 ** 2;

describe('the lines that show a storm', () => {
  test('before the event: how far it is, and what rest costs', () => {
    const view = new LiveView(OPTIONS);
    const threads = [{ name: 'control', cpu: 40, heap: 1 }];
    expect(view.lines(stormSample({ phase: 'starting', working: 31, elapsed: 4_000, threads }), 79)).toEqual([
      'starting on 2 workers, 31 work · 100 dispatchers',
      '  memory           100 MiB',
      '  processor          0.0 %  control 0.0 %',
    ]);
    expect(view.lines(stormSample({ phase: 'resting', elapsed: 5_000 }), 79)).toEqual([
      'at rest on 2 workers · 100 dispatchers',
      '  memory           100 MiB  0 B above rest',
      '  processor          1.0 %  control 1.0 %',
    ]);
  });

  test('while nobody can go on: every stage, with rates of the last seconds', () => {
    const view = new LiveView(OPTIONS);
    view.lines(stormSample({ phase: 'resting', elapsed: 4_000, counts: { ...COUNTS, offered: 232 } }), 79);
    const lines = view.lines(stormSample({ elapsed: 5_000, rss: 103 * MIB }), 79);
    expect(lines).toEqual([
      'held 1.5 s of 10.0 s, the maintainer is stalled · 100 dispatchers',
      '  offered            1,232  1,000 a second',
      '  suppressed           923  worker 20, pending 1, queue 2, outstanding 900',
      '  sent                 509  200 of them again; 7 messages in its inbox',
      '  handled              409',
      '  memory           103 MiB  3.0 MiB above rest',
      '  processor          0.0 %  control 0.0 %',
    ]);
  });

  test('never wider than the terminal', () => {
    const lines = new LiveView(OPTIONS).lines(stormSample(), 30);
    expect(Math.max(...lines.map((line) => line.length))).toBe(30);
  });
});
