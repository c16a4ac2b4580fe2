import {
  type Answer,
  type BlockFacts,
  ComponentState,
  type DispatcherConfig,
  MAX_TS,
  type MaintainerToCoordinator,
  minTs,
  type TableId,
} from '@tidegate/protocol';
import { concerns, copiesOf, dropOf, tablesAt } from './history.js';
import { MaintainerFixture, table } from './maintainerFixture.js';
import { Downstream, Participant } from './participants.js';
import type { TestStatus } from './requests.js';

interface Live {
  readonly config: DispatcherConfig;
  readonly node: number;
  readonly participant: Participant;
}

/** A whole changefeed but for its hosts' insides: participants on two nodes under a real maintainer, over ways that lose. */
export class World {
  m: MaintainerFixture;
  readonly downstream = new Downstream();
  readonly live = new Map<number, Live>();
  /** What the outside was told: all that a restart knows. */
  committedTs = 1n;
  restarts = 0;
  #now = 0;
  #outbox: TestStatus[][] = [[], []];
  #upstream: { readonly epoch: number; readonly statuses: TestStatus[] }[][] = [[], []];
  #downward: Answer[][] = [[], []];
  /** By node: dispatchers created so far (H-3), and rows for its next heartbeat. */
  readonly #seq = [0, 0];
  #stopped: [DispatcherConfig, bigint][][] = [[], []];
  readonly #events: readonly BlockFacts[];
  readonly #initial: readonly TableId[];
  readonly #pick: (below: number) => number;

  constructor(pick: (below: number) => number, initial: readonly TableId[], events: readonly BlockFacts[]) {
    this.#pick = pick;
    this.#events = events;
    this.#initial = initial;
    this.m = new MaintainerFixture({ nodes: 2, epoch: 1, operatorResend: 1_000 });
    this.#begin();
  }

  get finished(): boolean {
    return [...this.live.values()].every(({ participant }) => participant.finished);
  }

  /** A dispatcher that survives a restart stands at an event. */
  get isParked(): boolean {
    for (const [handle, { participant }] of this.live) if (handle > 0 && participant.blockState !== undefined) return true;
    return false;
  }

  /** The maintainer dies, or is told to be quiet, and the next epoch's begins from what was committed. */
  restart(inPlace: boolean): void {
    const epoch = this.m.epoch + 1;
    if (inPlace) {
      this.m.receive({ type: 'stop' });
      this.m.epoch = epoch;
    } else this.m = new MaintainerFixture({ nodes: 2, epoch, operatorResend: 1_000 });
    this.restarts++;
    this.#downward = [[], []];
    this.downstream.knowsKeys = true;
    this.live.delete(0);
    this.downstream.callOff(0);
    this.#begin();
  }

  step(): void {
    this.#now += 100;
    const pick = this.#pick;
    for (const { participant } of this.live.values()) participant.tick(this.#now, pick(4) === 0);
    for (let node = 0; node < 2; node++) {
      const statuses = this.#outbox[node]?.splice(0) ?? [];
      if (statuses.length > 0) {
        for (let copies = copiesOf(pick); copies > 0; copies--) this.#upstream[node]?.push({ epoch: this.m.epoch, statuses });
      }
      for (let turns = pick(3); turns > 0; turns--) {
        const batch = this.#upstream[node]?.shift();
        if (batch !== undefined) this.m.statuses(node + 1, batch.statuses, { epoch: batch.epoch });
      }
      if (pick(4) === 0) this.#heartbeat(node, pick(4) === 0);
      for (let turns = pick(4); turns > 0; turns--) this.#deliver(node);
    }
    this.m.advance(100);
    this.#listen();
  }

  /** I-7, K-10: whoever is behind what was committed, or is missing though something of it is not downstream. */
  violations(): string[] {
    const found = [...this.downstream.problems];
    for (const { config, participant } of this.live.values()) {
      // Whose table is dropped has to be downstream up to the drop only; what removes it may take its time.
      const drop = this.#events[dropOf(this.#events, config.tableId)]?.key.commitTs ?? MAX_TS;
      if (participant.checkpointTs < minTs(this.committedTs, drop - 1n))
        found.push(`table ${config.tableId} is at ${participant.checkpointTs}, committed is ${this.committedTs}`);
    }
    return found;
  }

  #begin(): void {
    const tables = tablesAt(this.#events, this.#initial, this.committedTs);
    this.m.start(
      tables.map((id) => table(id)),
      this.committedTs,
    );
    for (let node = 0; node < 2; node++) {
      const spans = [...this.live.values()]
        .filter((one) => one.node === node)
        .map(({ config, participant }) => ({
          config,
          state: ComponentState.WORKING,
          checkpointTs: participant.checkpointTs,
          ...(participant.blockState && { blockState: participant.blockState }),
        }));
      this.m.answer(node + 1, spans, { checkpointTs: this.committedTs });
    }
    const config = this.m.actor.changefeed?.triggers.trigger;
    if (config !== undefined) this.#join(config, 0);
    this.m.receive({ type: 'post-bootstrap-response', from: 'node1', epoch: this.m.epoch });
    this.#listen();
  }

  #join(config: DispatcherConfig, node: number): void {
    this.#seq[node] = (this.#seq[node] ?? 0) + 1;
    const { tableId, startTs, handle, generation } = config;
    const events = this.#events.filter((event, i) => {
      return event.key.commitTs > startTs && i <= dropOf(this.#events, tableId) && concerns(event, tableId);
    });
    const participant = new Participant({
      ref: { handle, generation },
      tableId,
      events,
      downstream: this.downstream,
      offer: (status) => this.#outbox[node]?.push(status),
      flushed: (key) => {
        const index = this.#events.findIndex((event) => event.key.commitTs === key.commitTs);
        const event = this.#events[index] as BlockFacts;
        return [...this.live.values()].every(({ participant: one }) => {
          return !concerns(event, one.tableId) || index > dropOf(this.#events, one.tableId) || one.hasReached(key);
        });
      },
    });
    this.live.set(handle, { config, node, participant });
  }

  #heartbeat(node: number, complete: boolean): void {
    const here = [...this.live.values()].filter((one) => one.node === node);
    const rows = here.map(({ config, participant }) => {
      return [{ ...config, mode: 0 as const }, ComponentState.WORKING, participant.checkpointTs] as const;
    });
    const gone = this.#stopped[node]?.splice(0) ?? [];
    let checkpointTs = MAX_TS;
    for (const { participant } of here) checkpointTs = minTs(checkpointTs, participant.checkpointTs);
    if (this.#pick(8) === 0) return;
    const watermark = { checkpointTs, resolvedTs: checkpointTs, seq: this.#seq[node] ?? 0, lastSyncedTs: 0n };
    this.m.report(node + 1, [...gone.map(([config, ts]) => [config, ComponentState.STOPPED, ts] as const), ...rows], {
      watermark,
      complete,
    });
  }

  #deliver(node: number): void {
    const answer = this.#downward[node]?.shift();
    if (answer === undefined) return;
    const { target } = answer;
    for (const { config, participant, node: at } of [...this.live.values()]) {
      const isMeant =
        target.type !== 'normal' ||
        target.handle.some((handle, i) => handle === config.handle && target.generation[i] === config.generation);
      if (at === node && isMeant) participant.answer(answer, this.#now, 100 * this.#pick(8));
    }
  }

  #listen(): void {
    for (const { to, message } of this.m.context.take()) {
      const sent = message as MaintainerToCoordinator;
      const node = to === 'coordinator1' ? 0 : 1;
      if (sent.type === 'checkpoint') this.committedTs = sent.checkpointTs;
      else if (sent.type === 'answers') {
        for (let copies = copiesOf(this.#pick); copies > 0; copies--) this.#downward[node]?.push(...sent.answers);
      } else if (sent.type === 'schedule' && this.#pick(5) > 0) {
        for (const config of sent.create) if (!this.live.has(config.handle)) this.#join(config, node);
        for (const { handle, generation } of sent.remove) {
          const one = this.live.get(handle);
          const isHere = one?.config.generation === generation && one.node === node;
          if (isHere) {
            this.live.delete(handle);
            this.downstream.callOff(handle);
          }
          const config = one?.config ?? this.m.actor.changefeed?.triggers.trigger;
          if (config !== undefined)
            this.#stopped[node]?.push([{ ...config, handle, generation }, isHere ? one.participant.checkpointTs : 0n]);
        }
      }
    }
  }
}
