import { ComponentState, type TopologyReply, type TopologyRequest } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { MaintainerFixture } from '../testing/maintainerFixture.js';
import { obey, perNode } from '../testing/obey.js';
import { done, facts, waiting } from '../testing/requests.js';

const key = (text: string): Uint8Array => new TextEncoder().encode(text);
const splittable = (tableId: number) => ({ tableId, schemaId: 1, splittable: true });
const tables = (count: number) => Array.from({ length: count }, (_, at) => splittable(at + 1));

function ask(m: MaintainerFixture, request: TopologyRequest): TopologyReply {
  m.receive(request);
  return m.context.replies.at(-1) as TopologyReply;
}

/** A maintainer whose tables are all on node 1 while nodes 2, … have just joined and are not balanced. */
function started(nodes: number, count: number, options: { redo?: boolean } = {}): { m: MaintainerFixture; alive: number[] } {
  const m = new MaintainerFixture({ splitTables: true, balance: 'off', ...options });
  m.run(tables(count));
  const alive = Array.from({ length: nodes }, (_, at) => at + 1);
  m.hosts(...alive);
  for (const node of alive.slice(1)) m.answer(node);
  return { m, alive };
}

describe('hosts that come and go', () => {
  it('MaintainerSchedulesNodeChanges: 3 join: 1 each; 2 leave: 2 each; 2 dropped; 2 added: 4 (T-9, T-10)', () => {
    const m = new MaintainerFixture();
    m.run(tables(4));
    m.hosts(1, 2, 3, 4);
    expect(obey(m, [1])).toEqual([]);
    for (const node of [2, 3, 4]) m.answer(node);
    obey(m, [1, 2, 3, 4]);
    expect(perNode(m)).toEqual({ node1: 1, node2: 1, node3: 1, node4: 1 });
    m.hosts(1, 2);
    expect(m.tasks()).toBe('absent 0, scheduling 2, replicating 3, removing 0');
    obey(m, [1, 2]);
    expect([perNode(m).node1, perNode(m).node2]).toEqual([2, 2]);
    const drop = facts(110n, { type: 'normal', tableIds: [2, 3, 0] }, { drops: { type: 'normal', tableIds: [2, 3] } });
    const add = facts(120n, { type: 'normal', tableIds: [0] }, { adds: [splittable(5), splittable(6)] });
    const involved = [...m.created.values()].filter(({ tableId }) => tableId === 2 || tableId === 3);
    m.statuses(1, [...involved.map((config) => waiting(config, drop)), waiting(m.trigger, drop)]);
    m.statuses(1, [done(m.trigger, drop)]);
    obey(m, [1, 2]);
    expect((perNode(m).node1 ?? 0) + (perNode(m).node2 ?? 0)).toBe(2);
    m.statuses(1, [waiting(m.trigger, add)]);
    m.statuses(1, [done(m.trigger, add)]);
    obey(m, [1, 2]);
    expect([perNode(m).node1, perNode(m).node2]).toEqual([2, 2]);
  });

  it('T-10: balancing on join can be off: a host that joins takes new tables only', () => {
    const { m, alive } = started(2, 4);
    obey(m, alive);
    expect(perNode(m)).toEqual({ node1: 4, node2: 0 });
    const add = facts(120n, { type: 'normal', tableIds: [0] }, { adds: [splittable(9)] });
    m.statuses(1, [waiting(m.trigger, add)]);
    m.statuses(1, [done(m.trigger, add)]);
    obey(m, alive);
    expect(perNode(m)).toEqual({ node1: 4, node2: 1 });
  });

  it('T-9: a lost host’s watermark holds nothing back and its tasks bound the checkpoint until they work elsewhere (K-3)', () => {
    const { m, alive } = started(2, 1);
    ask(m, { type: 'topology', change: 'move', tableId: 1, to: 'node2' });
    obey(m, alive);
    m.watermark(1, 500n, 5);
    m.watermark(2, 300n, 5);
    m.advance(100);
    expect(m.actor.inspect().changefeed?.committedTs).toBe(300n);
    m.hosts(1);
    m.watermark(1, 600n, 5);
    m.advance(100);
    expect(m.actor.inspect().changefeed?.committedTs).toBe(300n);
    const config = m.schedules().at(-1)?.message.create[0];
    expect(config?.startTs).toBe(300n);
  });

  it('a host that comes back is asked anew; what it still has of a task that is elsewhere now is removed there (E-8)', () => {
    const { m } = started(2, 1);
    ask(m, { type: 'topology', change: 'move', tableId: 1, to: 'node2' });
    obey(m, [1, 2]);
    const there = [...m.created.values()].at(-1);
    m.hosts(1);
    obey(m, [1]);
    m.hosts(1, 2);
    m.answer(2);
    m.report(2, [[{ handle: there?.handle ?? 0, generation: there?.generation ?? 0 }, ComponentState.WORKING]]);
    expect(m.schedules()).toMatchObject([{ to: 'coordinator2', message: { create: [], remove: [{ handle: there?.handle }] } }]);
  });
});

describe('changes by request', () => {
  it('balance: moves until hosts differ by at most one span, so many at a time as is allowed', () => {
    const m = new MaintainerFixture({ balance: 'off', maxMoves: 2 });
    m.run(tables(9));
    m.hosts(1, 2);
    m.answer(2);
    const reply = ask(m, { type: 'topology', change: 'balance' });
    expect([reply.accepted, reply.accepted && reply.spans.length]).toEqual([true, 2]);
    expect(m.schedules().flatMap(({ message }) => message.remove)).toHaveLength(2);
    m.advance(20_000);
    const lines = obey(m, [1, 2]);
    expect(lines.filter((line) => line.startsWith('create'))).toHaveLength(4);
    expect(perNode(m)).toEqual({ node1: 5, node2: 4 });
    expect(m.events('topology')).toHaveLength(4);
    expect(ask(m, { type: 'topology', change: 'balance' })).toEqual({ accepted: true, spans: [] });
  });

  it('move: accepted, and told when it is over', () => {
    const { m, alive } = started(2, 2);
    const reply = ask(m, { type: 'topology', change: 'move', tableId: 2, to: 'node2' });
    expect(reply.accepted && reply.spans).toHaveLength(1);
    obey(m, alive);
    expect(perNode(m)).toEqual({ node1: 1, node2: 1 });
    expect(m.events('topology')).toMatchObject([{ change: 'move', phase: 'finished', tableId: 2, mode: 0 }]);
  });

  it('split, then merge of parts that live on several hosts: they are brought together first (T-7)', () => {
    const { m, alive } = started(2, 1);
    expect(ask(m, { type: 'topology', change: 'split', tableId: 1, keys: [key('g'), key('p')] }).accepted).toBe(true);
    const split = obey(m, alive);
    expect(split.filter((line) => line.startsWith('create'))).toHaveLength(3);
    expect(perNode(m)).toEqual({ node1: 1, node2: 2 });
    expect(m.tasks()).toBe('absent 0, scheduling 0, replicating 4, removing 0');
    expect(ask(m, { type: 'topology', change: 'merge', tableId: 1 }).accepted).toBe(true);
    const lines = obey(m, alive);
    expect(lines.some((line) => line.startsWith('merge') && line.endsWith('at 2'))).toBe(true);
    expect(m.tasks()).toBe('absent 0, scheduling 0, replicating 2, removing 0');
    expect(m.events('topology').map(({ change, phase }) => `${change} ${phase}`)).toEqual(['split finished', 'merge finished']);
  });

  it('merge of one part with the next one: by the key at which it begins', () => {
    const { m, alive } = started(1, 1);
    ask(m, { type: 'topology', change: 'split', tableId: 1, keys: [key('g'), key('p')] });
    obey(m, alive);
    expect(ask(m, { type: 'topology', change: 'merge', tableId: 1, start: key('p') })).toMatchObject({ code: 'NOTHING_TO_DO' });
    const reply = ask(m, { type: 'topology', change: 'merge', tableId: 1, start: key('g') });
    expect(reply.accepted && reply.spans).toHaveLength(2);
    obey(m, alive);
    expect(m.tasks()).toBe('absent 0, scheduling 0, replicating 3, removing 0');
  });

  it('a merge whose sources do not come together is given up and says why; the sources replicate on', () => {
    const { m, alive } = started(2, 1);
    ask(m, { type: 'topology', change: 'split', tableId: 1, keys: [key('g'), key('p')] });
    obey(m, alive);
    expect(perNode(m)).toEqual({ node1: 1, node2: 2 });
    ask(m, { type: 'topology', change: 'merge', tableId: 1 });
    m.hosts(1);
    obey(m, [1]);
    expect(m.events('topology').at(-1)).toMatchObject({ change: 'merge', phase: 'aborted' });
    expect(m.tasks()).toBe('absent 0, scheduling 0, replicating 4, removing 0');
    expect(ask(m, { type: 'topology', change: 'merge', tableId: 1 }).accepted).toBe(true);
    obey(m, [1]);
    expect(m.tasks()).toBe('absent 0, scheduling 0, replicating 2, removing 0');
  });

  it('both pipelines are meant unless a mode is named; handles are of one space', () => {
    const { m, alive } = started(2, 1, { redo: true });
    const reply = ask(m, { type: 'topology', change: 'split', tableId: 1, keys: [key('g')] });
    expect(reply.accepted && reply.spans).toHaveLength(2);
    obey(m, alive);
    expect([m.tasks(0), m.tasks(1)]).toEqual(Array(2).fill('absent 0, scheduling 0, replicating 3, removing 0'));
    ask(m, { type: 'topology', change: 'merge', tableId: 1, mode: 1 });
    obey(m, alive);
    expect([m.tasks(0), m.tasks(1)]).toEqual([
      'absent 0, scheduling 0, replicating 3, removing 0',
      'absent 0, scheduling 0, replicating 2, removing 0',
    ]);
    expect(new Set(m.created.keys()).size).toBe(m.created.size);
  });

  it('what the redo pipeline refuses the default one does not begin either; nothing to do in one of them is no refusal', () => {
    const { m, alive } = started(2, 1, { redo: true });
    const split = { type: 'topology', change: 'split', tableId: 1, keys: [key('g')] } as const;
    ask(m, { ...split, mode: 1 });
    expect(ask(m, split)).toMatchObject({ code: 'SPAN_BUSY', reason: expect.stringMatching(/^in the redo pipeline: /) });
    obey(m, alive);
    expect(ask(m, split)).toMatchObject({ code: 'BAD_KEYS', reason: expect.stringMatching(/^in the redo pipeline: /) });
    expect(obey(m, alive)).toEqual([]);
    expect([m.tasks(0), m.tasks(1)]).toEqual([
      'absent 0, scheduling 0, replicating 2, removing 0',
      'absent 0, scheduling 0, replicating 3, removing 0',
    ]);
    expect(ask(m, { type: 'topology', change: 'merge', tableId: 1 })).toMatchObject({ accepted: true, spans: { length: 2 } });
  });

  it.each<[string, TopologyRequest]>([
    ['NO_SUCH_TABLE', { type: 'topology', change: 'move', tableId: 9, to: 'node2' }],
    ['NO_SUCH_TABLE', { type: 'topology', change: 'move', tableId: 0, to: 'node2' }],
    ['NO_SUCH_HOST', { type: 'topology', change: 'move', tableId: 1, to: 'node7' }],
    ['NO_SUCH_SPAN', { type: 'topology', change: 'move', tableId: 1, start: key('x'), to: 'node2' }],
    ['NOTHING_TO_DO', { type: 'topology', change: 'move', tableId: 1, to: 'node1' }],
    ['NOTHING_TO_DO', { type: 'topology', change: 'merge', tableId: 1 }],
    ['BAD_KEYS', { type: 'topology', change: 'split', tableId: 1, keys: [] }],
    ['BAD_KEYS', { type: 'topology', change: 'split', tableId: 1, keys: [key('p'), key('g')] }],
    ['BAD_KEYS', { type: 'topology', change: 'split', tableId: 1, keys: [key('')] }],
    ['NOT_SPLITTABLE', { type: 'topology', change: 'split', tableId: 2, keys: [key('g')] }],
  ])('refuses with %s: %j', (code, request) => {
    const m = new MaintainerFixture({ splitTables: true });
    m.run([splittable(1), { tableId: 2, schemaId: 1, splittable: false }]);
    expect(ask(m, request)).toMatchObject({ accepted: false, code });
    expect([m.schedules(), m.events('topology')]).toEqual([[], []]);
  });

  it('refuses what is being scheduled, and a split where tables are not split (V-5)', () => {
    const { m } = started(2, 1);
    ask(m, { type: 'topology', change: 'move', tableId: 1, to: 'node2' });
    expect(ask(m, { type: 'topology', change: 'split', tableId: 1, keys: [key('g')] })).toMatchObject({ code: 'SPAN_BUSY' });
    const off = new MaintainerFixture();
    off.run([splittable(1)]);
    expect(ask(off, { type: 'topology', change: 'split', tableId: 1, keys: [key('g')] })).toMatchObject({ code: 'SPLIT_OFF' });
  });
});
