import { describe, expect, test } from 'vitest';
import { stormReport } from '../testing/storms.js';
import { stormText } from './stormText.js';

describe('the end of a storm, for people', () => {
  test('says what became of every status, how long it took, and what it cost', () => {
    const text = stormText(stormReport());
    expect(text.split('\n')).toEqual([
      'A storm: 100 dispatchers on 2 workers at a sync point,',
      'the maintainer is stalled for 10.0 s',
      '',
      'Statuses',
      '  offered            1,232  by dispatchers, repeated every 1.0 s if unanswered',
      '  suppressed           923  worker 20, pending 1, queue 2, outstanding 900',
      '  sent                 509  200 of them again, by the coordinator',
      '  received             509  by the maintainer, which has suppressed 100',
      '  handled              409  by its barrier; the protocol needs 202',
      '  ratio           2.42 : 1  offered to what reached the maintainer',
      '                  2.52 : 1  of those to what the protocol needs',
      '',
      'Time',
      '  start             900 ms  until every dispatcher worked',
      '  held              10.0 s  nothing was acknowledged',
      '  completion         42 ms  from then until everybody had gone on',
      '',
      'Memory and bounds',
      '  at rest          100 MiB  of the whole process',
      '  peak             112 MiB  12.0 MiB above',
      '  pending map           10  at most, of 16,384',
      '  request queue          3  at most, of 10,000',
      '  outstanding          101  at most; one a dispatcher and stage',
      '',
      'Thread           processor      at rest   while held heap at rest heap at most',
      '  control           650 ms        1.1 %        3.1 %     20.0 MiB     24.0 MiB',
      '  worker-0               -            -            -     10.0 MiB     11.0 MiB',
      '  everything         1.4 s',
      '',
    ]);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('of a slow table', () => {
    const text = stormText(stormReport({ cause: 'slow-table' }));
    expect(text).toContain('one table is being flushed for 10.0 s');
    expect(text).toContain('from the first WAITING to the last');
  });

  test('that was stopped, had refusals, or does not add up', () => {
    const { counts } = stormReport();
    expect(stormText(stormReport({ offeredToReceived: 0 }))).toMatch(/^ {2}ratio +- {2}offered/m);
    expect(stormText(stormReport({ outcome: 'stopped' }))).toMatch(/^Stopped early: 100 /);
    expect(stormText(stormReport({ counts: { ...counts, refused: 7 } }))).toMatch(/^ {2}refused +7 {2}at a bound/m);
    expect(stormText(stormReport({ faults: ['1 is not 2'] }))).toMatch(/\n\nThis does not add up:\n {2}1 is not 2\n$/);
    expect(stormText(stormReport({ times: { start: 1, held: undefined, completion: undefined, storm: 5 } }))).toMatch(
      /completion +- /,
    );
  });

  test('that was stopped before its sync point has no figures', () => {
    const text = (start: number | undefined) =>
      stormText(stormReport({ outcome: 'stopped', times: { start, held: undefined, completion: undefined, storm: 0 } }));
    expect(text(undefined)).toBe('Stopped early, before 100 dispatchers on 2 workers all worked\n');
    expect(text(1_000)).toBe('Stopped early, before the sync point of 100 dispatchers on 2 workers\n');
  });
});
