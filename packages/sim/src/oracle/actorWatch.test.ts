import { beforeEach, describe, expect, it } from 'vitest';
import { ActorWatch } from './actorWatch.js';
import { Violations } from './violation.js';

const FROM = 'h1/way';

/** Keeps the last message; obeys what is of its epoch, and, if told to, everything. */
function coordinator(obeysAll: boolean) {
  let last = 'nothing';
  return {
    receive(message: unknown, _from: string) {
      const { epoch, type } = message as { epoch: number; type: string };
      if (obeysAll || epoch >= 5) last = type;
    },
    inspect: () => ({ epoch: 5, last }),
  };
}

describe('looks into actors', () => {
  let violations: Violations;
  let watch: ActorWatch;
  const rules = (): string[] => violations.found.map(({ rule }) => rule);

  beforeEach(() => {
    violations = new Violations(() => 0);
    watch = new ActorWatch(violations, { worker: {}, coordinator: { 'workers.*.waiting': 2 }, maintainer: { events: 3 } });
  });

  it.each([
    [false, []],
    [true, ['I-11']],
  ])('I-11: a message of an older epoch changes something: %s', (obeysAll, expected) => {
    const actor = coordinator(obeysAll);
    watch.made('h1/coordinator', actor);
    actor.receive({ type: 'schedule', epoch: 5 }, FROM);
    actor.receive({ type: 'answers', epoch: 4 }, FROM);
    expect(rules()).toEqual(expected);
    expect(watch.looks).toBe(1);
  });

  it('BOUND: a queue is longer than its option, or than the bound that its actor shows', () => {
    const waiting = [1, 2];
    watch.made('h1/coordinator', { receive: () => {}, inspect: () => ({ workers: waiting.map((each) => ({ waiting: each })) }) });
    const shown = { pending: 4, pendingCapacity: 4 };
    watch.made('maintainer', { receive: () => {}, inspect: () => ({ events: 3, statuses: shown }) });
    watch.checkBounds();
    expect(rules()).toEqual([]);
    waiting.push(3);
    shown.pending = 5;
    watch.checkBounds();
    expect(violations.found.map(({ text }) => text)).toEqual([
      'h1/coordinator.workers.*.waiting is 3, and its bound is 2',
      'maintainer.statuses.pending is 5, and its bound pendingCapacity is 4',
    ]);
    watch.died('maintainer');
  });
});
