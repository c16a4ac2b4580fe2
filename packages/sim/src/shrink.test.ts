import type { Actor, ActorContext } from '@tidegate/runtime';
import { expect, it } from 'vitest';
import type { WrapActor } from './cluster/cluster.js';
import { scenarioOf } from './profiles.js';
import { runScenario } from './run/runScenario.js';
import { shrink } from './shrink.js';

/** A planted bug: workers take every WRITE for a PASS, so nothing that blocks is ever written. */
const wrap: WrapActor = (address, context: ActorContext, make) => {
  const actor: Actor = make(context);
  if (!address.includes('/worker-')) return actor;
  const receive = actor.receive.bind(actor);
  actor.receive = (message, from) => {
    const { type, answer } = message as { type: string; answer?: { action?: { action: number } } };
    const changed =
      type === 'answer' && answer?.action?.action === 0
        ? { ...(message as object), answer: { ...answer, action: { ...answer.action, action: 1 } } }
        : message;
    receive(changed, from);
  };
  return actor;
};

it('a failing scenario becomes a small one that breaks the same rule, and its story shows where', async () => {
  const failing = await runScenario(scenarioOf(2, 'network'), { wrap });
  const rule = failing.violations[0]?.rule;
  expect(rule).toBe('I-2');
  const { result, runs } = await shrink(failing, { runs: 150, run: { wrap } });
  expect(runs).toBeLessThanOrEqual(150);
  expect(result.violations[0]?.rule).toBe(rule);
  expect(result.scenario.workers).toBe(1);
  expect(result.scenario.workload.length).toBeLessThan(failing.scenario.workload.length);
  expect(result.steps).toBeLessThan(failing.steps);
  // What is printed reproduces it.
  const again = await runScenario(JSON.parse(JSON.stringify(result.scenario)), { wrap, story: 1_000 });
  expect(again.violations).toEqual(result.violations);
  expect(again.digest).toBe(result.digest);
  const lines = again.story.lines();
  expect(lines.join('\n')).toContain('WRITE');
  expect(lines.at(-1)).toContain(`** ${rule}`);
});

it('a scenario in which nothing is wrong without the bug shrinks to nothing else', async () => {
  const sound = await runScenario(scenarioOf(2, 'network'));
  expect(sound.violations).toEqual([]);
});
