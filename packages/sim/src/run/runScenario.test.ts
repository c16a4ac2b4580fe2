import { describe, expect, it } from 'vitest';
import { PROFILE_NAMES, scenarioOf } from '../profiles.js';
import { runScenario } from './runScenario.js';

describe('a run of a scenario', () => {
  it.each(PROFILE_NAMES)('is the same run again, step for step, and so is its recording (%s)', async (profile) => {
    const scenario = scenarioOf(7, profile);
    const first = await runScenario(scenario, { record: true, story: 100_000 });
    const again = await runScenario(scenario, { story: 100_000 });
    const replayed = await runScenario(JSON.parse(JSON.stringify(scenario)), { replay: first.choices, story: 100_000 });
    expect(first.violations).toEqual([]);
    expect(first.story.lines().length).toBeGreaterThan(20);
    for (const other of [again, replayed]) {
      expect(other.digest).toBe(first.digest);
      expect(other.story.lines({ routine: true })).toEqual(first.story.lines({ routine: true }));
    }
  });

  it('differs from that of another seed', async () => {
    const [one, other] = [await runScenario(scenarioOf(7, 'calm')), await runScenario(scenarioOf(8, 'calm'))];
    expect(one.digest).not.toBe(other.digest);
  });

  it('refuses the recording of another run, and says where it leaves it', async () => {
    const replay = Array.from({ length: 100 }, () => 50);
    await expect(runScenario(scenarioOf(7, 'calm'), { replay })).rejects.toThrow(/choice 0 of the recording is 50/);
  });

  it('begins again at the checkpoint after a death of the process, and loses nothing', async () => {
    const calm = scenarioOf(7, 'calm');
    const crash = {
      do: 'crash',
      what: 'process',
      host: 1,
      worker: 0,
      back: 0,
      when: { point: 'after-execute', nth: 2 },
    } as const;
    const result = await runScenario({ ...calm, faults: [crash] });
    expect(result.violations).toEqual([]);
    expect(result.lives).toBe(2);
    // The DDL took effect and nobody knew: it is executed again, and the sink has it on record.
    expect(result.repeats.blocks).toBeGreaterThan(0);
  });

  it('takes a failing sink for the end of the changefeed (D-33), and begins again', async () => {
    const fail = { do: 'fail', when: { point: 'before-execute', nth: 2 } } as const;
    const result = await runScenario({ ...scenarioOf(7, 'calm'), faults: [fail] });
    expect(result.violations).toEqual([]);
    expect(result.lives).toBe(2);
  });
});
