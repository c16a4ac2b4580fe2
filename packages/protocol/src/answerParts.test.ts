import { expect, test } from 'vitest';
import { ANSWER_PART_TARGETS, answerParts, countTargets } from './answerParts.js';
import type { Answer } from './maintainerMessages.js';

const key = { commitTs: 5n, isSyncPoint: false };

function normal(count: number): Answer {
  const handle = Uint32Array.from({ length: count }, (_, row) => row + 2);
  return { target: { type: 'normal', handle, generation: handle.map((one) => one * 3) }, ack: key };
}

test('a part has as many targets as a message takes; together they are the answer', () => {
  const answer = normal(100_000);
  const parts = answerParts(answer);
  expect(Math.max(...parts.map(countTargets))).toBe(ANSWER_PART_TARGETS);
  const told = parts.flatMap(({ target, ack }) => (target.type === 'normal' && ack === key ? [...target.handle] : []));
  expect(told).toEqual([...(answer.target as { handle: Uint32Array }).handle]);
  const generations = parts.flatMap(({ target }) => (target.type === 'normal' ? [...target.generation] : []));
  expect(generations).toEqual(told.map((handle) => handle * 3));
});

test('what fits is not touched', () => {
  const answers: Answer[] = [normal(ANSWER_PART_TARGETS), { target: { type: 'all' }, ack: key }];
  for (const answer of answers) expect(answerParts(answer)[0]).toBe(answer);
  expect(answers.map(countTargets)).toEqual([ANSWER_PART_TARGETS, 0]);
});
