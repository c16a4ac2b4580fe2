import {
  ComponentState,
  type DispatcherConfig,
  MAX_TS,
  type MaintainerToCoordinator,
  minTs,
  type Watermark,
} from '@tidegate/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MaintainerFixture, table } from '../testing/maintainerFixture.js';
import { facts, none } from '../testing/requests.js';

/** A dispatcher of the model host: what it was created from and what it has flushed. */
interface Live {
  readonly config: DispatcherConfig;
  flushedTs: bigint;
  working: boolean;
}

/** Deterministic chance from one seed. */
function chance(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/**
 * One host whose trigger executes CREATE TABLEs by itself, whose dispatchers flush at their own pace, and whose messages in
 * both directions are lost at random. A crash may come after any step: whatever is committed then is all that a restart
 * knows, so no table may have an unflushed row at or below it, created or not.
 */
class Host {
  readonly m = new MaintainerFixture();
  readonly live: Live[] = [];
  /** Executed creates, by commit ts. */
  readonly executed: { commitTs: bigint; tableId: number; acked: boolean; due: number }[] = [];
  triggerTs = 100n;
  committedTs = 100n;
  readonly #pick: (below: number) => number;
  #nextTable = 2;
  #sourceTs = 100n;

  constructor(seed: number) {
    this.#pick = chance(seed);
    this.m.run([table(1)]);
    for (const config of this.m.created.values()) this.live.push({ config, flushedTs: 100n, working: true });
  }

  step(): void {
    this.m.advance(50);
    this.#sourceTs += BigInt(this.#pick(6));
    this.#trigger();
    for (const one of this.live) {
      if (one.working && this.#pick(2) === 0) one.flushedTs += (this.#sourceTs - one.flushedTs) / BigInt(1 + this.#pick(3));
      else if (!one.working && this.#pick(6) === 0) this.#work(one);
    }
    if (this.#pick(3) === 0) this.#heartbeat(this.#pick(10) === 0);
    this.#listen();
  }

  /** What must hold whenever the process may die. Empty when it does. */
  broken(): string[] {
    const found: string[] = [];
    const { committedTs } = this;
    if (committedTs > this.triggerTs) found.push(`committed ${committedTs} is beyond the trigger at ${this.triggerTs}`);
    for (const { config, flushedTs } of this.live) {
      if (flushedTs < committedTs) found.push(`table ${config.tableId} is flushed to ${flushedTs}, committed is ${committedTs}`);
    }
    for (const { tableId, commitTs } of this.executed) {
      const exists = this.live.some(({ config }) => config.tableId === tableId);
      if (!exists && commitTs < committedTs)
        found.push(`table ${tableId} of ${commitTs} has no dispatcher, committed is ${committedTs}`);
    }
    return found;
  }

  /** Creates now and then; offers again what is not acknowledged (D-34); its blocker is `acked` (D-40). */
  #trigger(): void {
    if (this.#pick(4) === 0) {
      this.triggerTs = this.#sourceTs;
      if (this.#pick(2) === 0) {
        this.#sourceTs += 1n;
        this.triggerTs = this.#sourceTs;
        this.executed.push({ commitTs: this.triggerTs, tableId: this.#nextTable++, acked: false, due: 0 });
      }
    }
    for (const create of this.executed) {
      if (create.acked || this.m.context.now() < create.due) continue;
      create.due = this.m.context.now() + 1_000;
      if (this.#lost()) continue;
      this.m.statuses(1, [none(this.m.trigger, facts(create.commitTs, undefined, { adds: [table(create.tableId)] }))]);
    }
  }

  /** H-5, H-6: Working, with a watermark that counts the new dispatcher. */
  #work(one: Live): void {
    one.working = true;
    if (!this.#lost()) this.m.report(1, [[one.config, ComponentState.WORKING]], { watermark: this.#watermark() });
  }

  #heartbeat(complete: boolean): void {
    const watermark = this.#watermark();
    if (this.#lost()) return;
    const rows = complete ? this.live.filter(({ working }) => working) : [];
    this.m.report(
      1,
      rows.map(({ config, flushedTs }) => [config, ComponentState.WORKING, flushedTs] as const),
      { watermark, complete },
    );
  }

  /** H-2, H-3; the trigger is capped by what is not acknowledged (D-41). */
  #watermark(): Watermark {
    let checkpointTs = this.executed.reduce(
      (min, { acked, commitTs }) => (acked ? min : minTs(min, commitTs - 1n)),
      this.triggerTs,
    );
    for (const { flushedTs } of this.live) checkpointTs = minTs(checkpointTs, flushedTs);
    return { checkpointTs, resolvedTs: checkpointTs, seq: this.live.length, lastSyncedTs: 0n };
  }

  /** Obeys what the maintainer sends, unless it is lost. */
  #listen(): void {
    for (const { message } of this.m.context.take()) {
      const sent = message as MaintainerToCoordinator;
      if (sent.type === 'checkpoint') this.committedTs = sent.checkpointTs;
      else if (this.#lost()) continue;
      else if (sent.type === 'schedule') {
        for (const config of sent.create) {
          const exists = this.live.some((one) => one.config.handle === config.handle);
          if (!exists) this.live.push({ config, flushedTs: config.startTs, working: false });
        }
      } else if (sent.type === 'answers') {
        for (const { ack } of sent.answers) {
          for (const create of this.executed) if (create.commitTs === ack?.commitTs) create.acked = true;
        }
      }
    }
  }

  #lost(): boolean {
    return this.#pick(4) === 0;
  }
}

describe('chain of custody of a new table (K-10)', () => {
  it('22.19: whatever is lost, and whenever the process dies: the committed checkpoint is never beyond an unflushed row (K-10, I-7)', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const host = new Host(seed);
        let before = 0n;
        for (let step = 0; step < 400; step++) {
          host.step();
          expect(host.broken()).toEqual([]);
          expect(host.committedTs).toBeGreaterThanOrEqual(before);
          before = host.committedTs;
        }
        // It is safe, and it also moves.
        expect(host.committedTs).toBeGreaterThan(100n);
        expect(host.committedTs).toBeLessThan(MAX_TS);
        expect(host.executed.length).toBeGreaterThan(0);
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});
