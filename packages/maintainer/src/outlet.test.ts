import type { Answer, AnswerRequest } from '@tidegate/protocol';
import { ManualContext } from '@tidegate/runtime/testing';
import { expect, test } from 'vitest';
import { Hosts } from './hosts.js';
import { Outlet } from './outlet.js';

const key = { commitTs: 5n, isSyncPoint: false };

function normal(count: number, content: Omit<Answer, 'target'>): Answer {
  const handle = Uint32Array.from({ length: count }, (_, row) => row + 2);
  return { target: { type: 'normal', handle, generation: handle }, ...content };
}

function sent(answers: readonly Answer[]): AnswerRequest[] {
  const context = new ManualContext({ self: 'maintainer' });
  const hosts = new Hosts([{ host: 'h', coordinator: 'coordinator' }]);
  new Outlet(context, hosts, 3).answer({ to: 'h', answers, inReplyTo: 9 }, 0);
  return context.take('coordinator').map(({ message }) => message as AnswerRequest);
}

test('answers to a hundred thousand go in order, in messages that fit a lane, of which the last is the reply', () => {
  const messages = sent([normal(100_000, { ack: key }), normal(3, { action: { action: 0, key } })]);
  const told = messages.flatMap(({ answers }) => answers);
  const handles = told.flatMap(({ target, ack }) => (target.type === 'normal' && ack !== undefined ? [...target.handle] : []));
  expect(handles).toEqual(Array.from({ length: 100_000 }, (_, row) => row + 2));
  expect(told.at(-1)?.action).toEqual({ action: 0, key });
  expect(messages.map(({ inReplyTo }) => inReplyTo).filter((reply) => reply !== undefined)).toEqual([9]);
  expect(messages.at(-1)?.inReplyTo).toBe(9);
  const targets = (answer: Answer): number => (answer.target.type === 'normal' ? answer.target.handle.length : 0);
  expect(Math.max(...messages.map(({ answers }) => answers.reduce((sum, answer) => sum + targets(answer), 0)))).toBe(2_560);
});

test('what fits is one message', () => {
  expect(sent([normal(2, { ack: key }), { target: { type: 'all' }, action: { action: 1, key } }])).toHaveLength(1);
  expect(sent([])).toMatchObject([{ answers: [], inReplyTo: 9 }]);
});
