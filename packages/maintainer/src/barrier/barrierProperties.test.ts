import { type Answer, type AnswerTarget, type BlockFacts, ComponentState, type TableId } from '@tidegate/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TaskState } from '../span/taskState.js';
import { BarrierFixture } from '../testing/barrierFixture.js';
import { chance, concerns, copiesOf, dropOf, history } from '../testing/history.js';
import { Downstream, Participant } from '../testing/participants.js';
import type { TestStatus } from '../testing/requests.js';
import type { BarrierMessage } from './contracts.js';

const NODES = 2;

/** A whole run: participants on two hosts, a barrier, and messages that are lost, doubled and late. */
function run(seed: number): {
  f: BarrierFixture;
  downstream: Downstream;
  participants: Map<number, Participant>;
  tables: TableId[];
} {
  const pick = chance(seed);
  const f = new BarrierFixture({ nodes: NODES, operatorResend: 1_000 });
  const downstream = new Downstream();
  const initial = Array.from({ length: 2 + pick(4) }, (_, i) => i + 1);
  const events = history(pick, initial, 3 + pick(10));
  const participants = new Map<number, Participant>();
  const nodeOf = new Map<number, number>();
  const outbox: TestStatus[][] = [[], []];
  const upstream: TestStatus[][][] = [[], []];
  const downward: Answer[][] = [[], []];

  const join = (handle: number, generation: number, tableId: TableId, startTs: bigint, node: number): void => {
    nodeOf.set(handle, node);
    participants.set(
      handle,
      new Participant({
        ref: { handle, generation },
        tableId,
        events: events.filter(
          ({ key }, i) => key.commitTs > startTs && i <= dropOf(events, tableId) && concerns(events[i] as BlockFacts, tableId),
        ),
        downstream,
        offer: (status) => outbox[node]?.push(status),
        flushed: (key) => {
          const index = events.findIndex((other) => other.key.commitTs === key.commitTs);
          const event = events[index] as BlockFacts;
          const concerned = [...participants.values()].filter(
            (one) => concerns(event, one.tableId) && index <= dropOf(events, one.tableId),
          );
          return concerned.every((one) => one.hasReached(key));
        },
      }),
    );
  };
  join(0, f.trigger.generation, 0, 1n, 0);
  for (const tableId of initial) {
    const node = pick(NODES);
    const { handle, generation } = f.task(tableId, node + 1);
    join(handle, generation, tableId, 1n, node);
  }
  const targets = (target: AnswerTarget, node: number): Participant[] =>
    [...participants]
      .filter(([handle]) => nodeOf.get(handle) === node && (target.type !== 'normal' || target.handle.includes(handle)))
      .map(([, one]) => one);
  const send = (messages: readonly BarrierMessage[]): void => {
    for (const { to, answers } of messages)
      for (let copies = copiesOf(pick); copies > 0; copies--) downward[f.hosts.indexOf(to)]?.push(...answers);
  };
  for (let step = 0; step < 4_000; step++) {
    f.now += 100;
    for (const [, one] of participants) one.tick(f.now, pick(4) === 0);
    for (let node = 0; node < NODES; node++) {
      const statuses = outbox[node]?.splice(0) ?? [];
      if (statuses.length > 0) for (let copies = copiesOf(pick); copies > 0; copies--) upstream[node]?.push(statuses);
      for (let turns = pick(3); turns > 0; turns--) {
        const batch = upstream[node]?.shift();
        if (batch === undefined) continue;
        const messages = f.handle(node + 1, batch);
        for (const { target, unknown } of messages.flatMap(({ answers }) => answers)) {
          if (unknown === undefined || target.type !== 'normal') continue;
          target.handle.forEach((handle, i) => {
            if (f.table.isTask(handle, target.generation[i] as number))
              downstream.problem(`T-D: task ${handle} is called unknown`);
          });
        }
        send(messages);
      }
      for (let turns = pick(4); turns > 0; turns--) {
        const answer = downward[node]?.shift();
        if (answer !== undefined) for (const one of targets(answer.target, node)) one.answer(answer, f.now, 100 * pick(8));
      }
    }
    if (pick(20) === 0) f.barrier.triggerReported(participants.get(0)?.checkpointTs ?? 0n);
    f.scheduler.place();
    for (const { host, create, remove } of f.operators.take(f.now, 0n)) {
      if (pick(5) === 0) continue;
      for (const config of create) {
        if (!participants.has(config.handle)) join(config.handle, config.generation, config.tableId, config.startTs, host);
        f.operators.status(config.handle, ComponentState.WORKING, host);
      }
      for (const { handle } of remove) {
        participants.delete(handle);
        f.operators.status(handle, ComponentState.STOPPED, host);
      }
    }
    send(f.barrier.resend(f.now));
    if (step % 20 === 0 && f.barrier.size === 0 && [...participants.values()].every(({ finished }) => finished)) break;
  }
  const live = new Set(initial);
  for (const event of events) {
    if (event.drops?.type === 'normal') for (const tableId of event.drops.tableIds) live.delete(tableId);
    for (const { tableId } of event.adds) live.add(tableId);
  }
  return { f, downstream, participants, tables: [...live].sort((a, b) => a - b) };
}

describe('barriers under loss, repetition and delay', () => {
  it('each event is written at most once, nobody passes before it, everybody arrives, nothing is left over (I-1, I-2, I-3, I-12, I-14)', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const { f, downstream, participants, tables } = run(seed);
        expect(downstream.problems).toEqual([]);
        expect([...participants.values()].filter((one) => !one.finished).map(({ ref }) => ref.handle)).toEqual([]);
        expect([f.barrier.size, f.barrier.pendingSchedules]).toEqual([0, 0]);
        const left: TableId[] = [];
        f.table.forEachTask((handle) => left.push(f.table.tableIdOf(handle)));
        expect(left.filter((tableId) => tableId !== 0).sort((a, b) => a - b)).toEqual(tables);
        expect(f.table.count(TaskState.REMOVING) + f.table.count(TaskState.ABSENT)).toBe(0);
      }),
      { numRuns: Number(process.env.MAINTAINER_RUNS ?? 60) },
    );
  }, 60_000);
});
