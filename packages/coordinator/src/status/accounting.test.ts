import { Stage } from '@tidegate/protocol';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { config, MAINTAINER, normal, type RequestRow, rowsOf, STOPPED, TestHost, typeOf } from '../testing/host.js';
import { key } from '../testing/statuses.js';

/*
 * Random offers, sends, refusals, losses, answers, owner changes and removals, against what the rules promise:
 *  I-8   a dispatcher's WAITING of an event is delivered before its DONE
 *  I-9   every offered status is delivered at or after the offer, or an equal one is outstanding: it will be sent again
 *  I-10  after quiescence no stage holds a key
 */

const HANDLES = [2, 3, 4];
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('offer' as const),
      handle: fc.constantFrom(...HANDLES),
      ts: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('finish' as const),
      handle: fc.constantFrom(...HANDLES),
      ts: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('report' as const),
      handle: fc.constantFrom(...HANDLES),
      ts: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('advance' as const), by: fc.constantFrom(5, 10, 400, 3000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('block' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('room' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('reply' as const, 'lateReply' as const),
      with: fc.constantFrom('ack' as const, 'ignored' as const, 'nothing' as const, 'unknown' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('action' as const),
      ts: fc.integer({ min: 1, max: 3 }),
      target: fc.constantFrom('all' as const, 'normal' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('epoch' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), handle: fc.constantFrom(...HANDLES) }) },
);

const nameOf = (row: RequestRow) => `${row.handle}/${row.generation}/${row.ts}/${row.stage}`;

test('22.9: end-to-end dedupe accounting under random faults (I-8, I-9, I-10)', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const host = new TestHost({ batchStatuses: 3, requestQueueCapacity: 8, pendingCapacity: 12 });
      let epoch = 1;
      host.bootstrap(HANDLES, epoch);
      const generation = new Map(HANDLES.map((handle) => [handle, 1]));
      // Delivered to the present maintainer, oldest first; what it has not answered yet.
      let unanswered: { seq: number; rows: RequestRow[] }[] = [];
      let answered: typeof unanswered = [];
      const delivered: string[] = [];
      // Offered and not delivered since; each must be pending somewhere.
      const owed = new Set<string>();
      // Owed when their dispatcher was removed: delivered if they were on the way, but not sent again.
      const lapsed = new Set<string>();
      const doneDelivered = new Set<string>();
      // Delivered, keyed, not answered: the coordinator owes them again to a maintainer that does not answer, or a new one.
      const open = new Set<string>();
      const close = (handle: number, generation: number, ts: bigint, ...stages: number[]) => {
        for (const stage of stages) open.delete(nameOf({ handle, generation, ts, isSyncPoint: false, stage }));
      };

      // As dispatchers do: forward through events, WAITING before DONE, no WAITING after it.
      const position = new Map<string, { ts: number; isDone: boolean }>();
      const take = () => {
        for (const { to, message } of host.context.take()) {
          if (to !== MAINTAINER || typeOf(message) !== 'block-statuses') continue;
          const request = message as ReturnType<TestHost['requests']>[number];
          expect(request.epoch).toBe(epoch);
          expect(request.handle.length).toBeLessThanOrEqual(3);
          const rows = rowsOf(request);
          for (const row of rows) {
            const name = nameOf(row);
            delivered.push(name);
            owed.delete(name);
            const pair = `${row.handle}/${row.generation}/${row.ts}`;
            if (row.stage === Stage.WAITING) expect(doneDelivered.has(pair)).toBe(false);
            if (row.stage !== Stage.DONE)
              expect(request.events.some(({ facts, key }) => facts !== undefined && key.commitTs === row.ts)).toBe(true);
            if (row.stage === Stage.DONE) doneDelivered.add(pair);
            const last = position.get(`${row.handle}/${row.generation}`);
            // A dispatcher that is done, or further on, does not wait there any more.
            const isBehind = last !== undefined && (BigInt(last.ts) > row.ts || last.isDone);
            const isSuperseded = row.stage === Stage.WAITING && isBehind;
            if (row.stage === Stage.NONE || isSuperseded || generation.get(row.handle) !== row.generation) continue;
            open.add(name);
          }
          unanswered.push({ seq: request.seq, rows });
        }
      };
      const offer = (stage: Stage, handle: number, ts: number) => {
        const at = `${handle}/${generation.get(handle) ?? 1}`;
        const now = position.get(at) ?? { ts: 0, isDone: true };
        if (ts < now.ts || host.context.paused.size > 0) return;
        if (stage === Stage.WAITING && ts === now.ts && now.isDone) return;
        if (ts > now.ts && !now.isDone) return;
        if (stage !== Stage.NONE) position.set(at, { ts, isDone: stage === Stage.DONE });
        host.learn(ts);
        const suppressed = { ...host.coordinator.inspect().statuses.suppressed };
        if (stage === Stage.DONE) close(handle, generation.get(handle) ?? 1, BigInt(ts), Stage.WAITING);
        host.record(stage, handle, ts, { generation: generation.get(handle) ?? 1 });
        const after = host.coordinator.inspect().statuses.suppressed;
        // Suppressed by an outstanding equal: it was delivered and will be again. Otherwise it is owed.
        if (after.outstanding === suppressed.outstanding)
          owed.add(nameOf({ handle, generation: generation.get(handle) ?? 1, ts: BigInt(ts), isSyncPoint: false, stage }));
        else
          expect(delivered).toContain(
            nameOf({ handle, generation: generation.get(handle) ?? 1, ts: BigInt(ts), isSyncPoint: false, stage }),
          );
        take();
      };
      const answer = (batch: (typeof unanswered)[number], how: 'ack' | 'ignored' | 'nothing' | 'unknown') => {
        const answers =
          how === 'nothing'
            ? []
            : batch.rows.map((row) => ({
                target: {
                  type: 'normal' as const,
                  handle: Uint32Array.of(row.handle),
                  generation: Uint32Array.of(row.generation),
                },
                [how]: key(Number(row.ts)),
              }));
        for (const row of batch.rows) {
          if (how === 'unknown') close(row.handle, row.generation, row.ts, Stage.WAITING, Stage.DONE);
          else if (how !== 'nothing') close(row.handle, row.generation, row.ts, Stage.WAITING);
          // A reply settles the DONE that its request carried, however late (interleaving 3), and no other (9).
          if (row.stage === Stage.DONE) open.delete(nameOf(row));
        }
        host.receive(MAINTAINER, { type: 'answers', epoch, mode: 0, inReplyTo: batch.seq, answers });
      };

      for (const one of steps) {
        if (one.kind === 'offer') offer(Stage.WAITING, one.handle, one.ts);
        else if (one.kind === 'finish') offer(Stage.DONE, one.handle, one.ts);
        else if (one.kind === 'report') offer(Stage.NONE, one.handle, one.ts);
        else if (one.kind === 'advance') host.advance(one.by);
        else if (one.kind === 'block') host.context.full.add(MAINTAINER);
        else if (one.kind === 'room') host.room(MAINTAINER);
        else if (one.kind === 'reply') {
          const batch = unanswered.shift();
          if (batch !== undefined) {
            answered.push(batch);
            answer(batch, one.with);
          }
        } else if (one.kind === 'lateReply') {
          const batch = answered.shift();
          if (batch !== undefined) answer(batch, one.with);
        } else if (one.kind === 'action') {
          const target = one.target === 'all' ? ({ type: 'all' } as const) : normal(...HANDLES);
          // Named targets are those of generation 1.
          for (const handle of HANDLES) {
            const last = one.target === 'all' ? (generation.get(handle) ?? 1) : 1;
            for (let named = 1; named <= last; named++) close(handle, named, BigInt(one.ts), Stage.WAITING);
          }
          host.receive(MAINTAINER, {
            type: 'answers',
            epoch,
            mode: 0,
            answers: [{ target, action: { action: 1, key: key(one.ts) } }],
          });
        } else if (one.kind === 'epoch') {
          epoch++;
          unanswered = [];
          answered = [];
          // The new maintainer has nothing: what is outstanding is owed to it.
          for (const name of open) owed.add(name);
          host.receive(MAINTAINER, { type: 'bootstrap', epoch, startTs: 1n, trigger: config(0) });
        } else if (one.kind === 'remove') {
          const old = generation.get(one.handle) ?? 1;
          for (const name of [...open]) if (name.startsWith(`${one.handle}/${old}/`)) open.delete(name);
          for (const name of [...owed]) if (name.startsWith(`${one.handle}/${old}/`)) lapsed.add(name);
          host.components('worker-0', { handle: one.handle, generation: old, state: STOPPED });
          host.components('worker-1', { handle: one.handle, generation: old, state: STOPPED });
          generation.set(one.handle, old + 1);
          host.receive(MAINTAINER, {
            type: 'schedule',
            epoch,
            create: [config(one.handle, { generation: old + 1 })],
            remove: [],
          });
          // The next incarnation has yet to see its events.
        }
        host.context.settle(host.coordinator);
        take();
      }

      // A maintainer that is silent for longer than the longest pause: everything open is sent again.
      for (const name of open) owed.add(name);
      host.room(MAINTAINER);
      for (let round = 0; round < 14; round++) {
        host.advance(1000);
        take();
      }
      expect([...owed].filter((name) => !lapsed.has(name))).toEqual([]);

      // Quiescence: room, time, and a maintainer that answers everything.
      for (let round = 0; round < 60; round++) {
        host.room(MAINTAINER);
        host.advance(1000);
        take();
        for (const batch of unanswered.splice(0)) answer(batch, 'ack');
      }
      expect(host.coordinator.inspect().statuses).toMatchObject({
        keys: 0,
        pending: 0,
        queued: 0,
        outstanding: 0,
        refused: 0,
        withoutFacts: 0,
      });
      expect(host.context.paused.size).toBe(0);
    }),
    { numRuns: 150 },
  );
}, 30_000);
