import {
  type AnswerRequest,
  type BlockStatusRequest,
  STATUS_FLAG_SYNC_POINT,
  STATUS_FLAGS_SHIFT,
  STATUS_GENERATION,
  STATUS_HANDLE,
  STATUS_STAGE_SHIFT,
  STATUS_TS_LOW,
  STATUS_WORDS,
  Stage,
  type WorkerAnswer,
} from '@tidegate/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { StatusWatch } from './statusWatch.js';
import { Violations } from './violation.js';

const KEY = { commitTs: 20n, isSyncPoint: true };
const [WORKER, COORDINATOR] = ['h1/worker-0', 'h1/coordinator'];

function record(handle: number, stage: Stage): Uint32Array {
  const words = new Uint32Array(STATUS_WORDS);
  words[0] = (stage << STATUS_STAGE_SHIFT) | (STATUS_FLAG_SYNC_POINT << STATUS_FLAGS_SHIFT);
  words[STATUS_HANDLE] = handle;
  words[STATUS_GENERATION] = 1;
  words[STATUS_TS_LOW] = Number(KEY.commitTs);
  return words;
}

function request(seq: number, ...rows: readonly (readonly [handle: number, stage: Stage])[]): BlockStatusRequest {
  return {
    ...{ type: 'block-statuses', from: 'h1', mode: 0, epoch: 1, seq, events: [{ key: KEY }] },
    handle: Uint32Array.from(rows, ([handle]) => handle),
    generation: Uint32Array.from(rows, () => 1),
    event: Uint32Array.from(rows, () => 0),
    stage: Uint8Array.from(rows, ([, stage]) => stage),
  };
}

function ack(...handles: number[]): WorkerAnswer {
  const target = { type: 'normal', handle: Uint32Array.from(handles), generation: Uint32Array.from(handles, () => 1) } as const;
  return { type: 'answer', mode: 0, answer: { target, ack: KEY } };
}

describe('what becomes of statuses at a coordinator', () => {
  let violations: Violations;
  let watch: StatusWatch;
  const offer = (handle: number, stage: Stage): void => watch.offered(record(handle, stage), WORKER, COORDINATOR);
  const rules = (): string[] => violations.found.map(({ rule }) => rule);

  beforeEach(() => {
    violations = new Violations(() => 0);
    watch = new StatusWatch(violations);
  });

  it('is content when everything leaves in order', () => {
    offer(2, Stage.WAITING);
    watch.sent(request(1, [2, Stage.WAITING]), COORDINATOR);
    offer(2, Stage.DONE);
    watch.sent(request(2, [2, Stage.DONE]), COORDINATOR);
    watch.finish();
    expect(rules()).toEqual([]);
  });

  it('I-8: a DONE leaves before the WAITING that was offered before it', () => {
    offer(2, Stage.WAITING);
    offer(2, Stage.DONE);
    watch.sent(request(1, [2, Stage.DONE], [2, Stage.WAITING]), COORDINATOR);
    expect(rules()).toEqual(['I-8']);
  });

  it('I-8: a DONE and its WAITING may leave together, and an answered WAITING need not', () => {
    for (const handle of [2, 3]) {
      offer(handle, Stage.WAITING);
      offer(handle, Stage.DONE);
    }
    watch.answered(ack(3), WORKER, COORDINATOR);
    watch.sent(request(1, [2, Stage.WAITING], [2, Stage.DONE], [3, Stage.DONE]), COORDINATOR);
    watch.finish();
    expect(rules()).toEqual([]);
  });

  it('I-9: a status is neither told nor answered', () => {
    offer(2, Stage.WAITING);
    offer(3, Stage.NONE);
    offer(4, Stage.DONE);
    offer(5, Stage.WAITING);
    watch.answered(ack(5), WORKER, COORDINATOR);
    watch.finish();
    expect(rules()).toEqual(['I-9', 'I-9', 'I-9']);
    expect(violations.found[0]?.text).toBe(
      'h1/coordinator was offered WAITING of dispatcher 2.1 at 20/sync, and neither told nor answered it',
    );
  });

  it('I-9: a repeat is owed again, unless an equal DONE was under way that is replied to later', () => {
    for (const handle of [2, 3]) offer(handle, Stage.DONE);
    watch.sent(request(1, [2, Stage.DONE]), COORDINATOR);
    watch.sent(request(2, [3, Stage.DONE]), COORDINATOR);
    for (const handle of [2, 3]) offer(handle, Stage.DONE);
    watch.replied({ type: 'answers', epoch: 1, mode: 0, inReplyTo: 1, answers: [] } satisfies AnswerRequest, COORDINATOR);
    watch.finish();
    expect(violations.found.map(({ text }) => text)).toEqual([expect.stringContaining('DONE of dispatcher 3.1')]);
  });

  it('owes nothing of dispatchers that are removed, and of workers and coordinators that have died', () => {
    for (const handle of [2, 3]) offer(handle, Stage.WAITING);
    watch.removed({ type: 'remove', handle: Uint32Array.of(2), generation: Uint32Array.of(1) });
    offer(2, Stage.DONE);
    watch.died(WORKER);
    offer(4, Stage.WAITING);
    watch.died(COORDINATOR);
    watch.finish();
    expect(rules()).toEqual([]);
  });
});
