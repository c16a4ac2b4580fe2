import {
  type Answer,
  type BlockFacts,
  type BlockState,
  compareEventKeys,
  type EventKey,
  formatEventKey,
  Stage,
  type TableId,
} from '@tidegate/protocol';
import type { TestDispatcher, TestStatus } from './requests.js';

/** What all participants of one run share: what was written, and what must never happen. */
export class Downstream {
  /** Events whose write was begun, with the handle of the writer. */
  readonly begun = new Map<string, number>();
  /** Who writes after a restart may find that it was done: the sink knows the key (T-5). */
  knowsKeys = false;
  readonly written = new Set<string>();
  readonly problems: string[] = [];

  problem(text: string): void {
    this.problems.push(text);
  }

  /** A dispatcher is gone: a write that it had begun and not finished was called off before it said that it has stopped (D-48). */
  callOff(writer: number): void {
    for (const [name, handle] of this.begun) if (handle === writer && !this.written.has(name)) this.begun.delete(name);
  }
}

const RETRY = 5_000;

/**
 * One dispatcher, as far as barriers see it: takes its block events in order, waits at each, retries, answers actions
 * (D-34 to D-36), and, on the trigger, executes non-blocking events and holds what is for all while one of them is
 * un-acknowledged (D-43). Checks I-1 and I-2 as it goes.
 */
export class Participant {
  readonly ref: TestDispatcher;
  readonly tableId: TableId;
  readonly #events: readonly BlockFacts[];
  readonly #downstream: Downstream;
  readonly #offer: (status: TestStatus) => void;
  readonly #flushed: (key: EventKey) => boolean;
  /** NONE reports that are not acknowledged, with the time of the next offer. */
  readonly #unacked = new Map<string, { facts: BlockFacts; due: number }>();
  #next = 0;
  #slot: { facts: BlockFacts; stage: 'waiting' | 'writing'; due: number; acked: boolean } | undefined;
  #finish: { at: number; write: boolean } | undefined;

  constructor(parts: {
    readonly ref: TestDispatcher;
    readonly tableId: TableId;
    readonly events: readonly BlockFacts[];
    readonly downstream: Downstream;
    readonly offer: (status: TestStatus) => void;
    /** I-3: whether everybody concerned stands at the event or beyond. */
    readonly flushed: (key: EventKey) => boolean;
  }) {
    this.ref = parts.ref;
    this.tableId = parts.tableId;
    this.#events = parts.events;
    this.#downstream = parts.downstream;
    this.#offer = parts.offer;
    this.#flushed = parts.flushed;
  }

  get finished(): boolean {
    return this.#slot === undefined && this.#next >= this.#events.length && this.#unacked.size === 0;
  }

  /** D-17: at the event or beyond: everything of its own below it is downstream. */
  hasReached(key: EventKey): boolean {
    const facts = this.#slot?.facts ?? this.#events[this.#next];
    if (facts === undefined) return true;
    const order = compareEventKeys(facts.key, key);
    return this.#slot === undefined ? order > 0 : order >= 0;
  }

  /** D-51: where it stands, for a bootstrap. */
  get blockState(): BlockState | undefined {
    if (this.#slot === undefined) return undefined;
    const stage = this.#slot.stage === 'waiting' ? Stage.WAITING : Stage.WRITING;
    return { stage, facts: this.#slot.facts };
  }

  /** D-41: what the trigger's own heartbeat says. */
  get checkpointTs(): bigint {
    let ts = (this.#slot?.facts ?? this.#events[this.#next])?.key.commitTs ?? 1_000_000n;
    for (const { facts } of this.#unacked.values()) if (facts.key.commitTs < ts) ts = facts.key.commitTs;
    return ts - 1n;
  }

  tick(now: number, arrives: boolean): void {
    for (const none of this.#unacked.values()) {
      if (now >= none.due) {
        none.due = now + RETRY;
        this.#offer({ ...this.ref, stage: Stage.NONE, facts: none.facts });
      }
    }
    if (this.#finish !== undefined && now >= this.#finish.at) this.#complete();
    if (this.#slot === undefined) {
      if (arrives) this.#arrive(now);
    } else if (this.#slot.stage === 'waiting' && !this.#slot.acked && now >= this.#slot.due) {
      this.#slot.due = now + RETRY;
      this.#offer({ ...this.ref, stage: Stage.WAITING, facts: this.#slot.facts });
    }
  }

  answer(answer: Answer, now: number, duration: number): void {
    const ackedKey = answer.ack && formatEventKey(answer.ack);
    if (ackedKey !== undefined) {
      this.#unacked.delete(ackedKey);
      if (this.#slot !== undefined && formatEventKey(this.#slot.facts.key) === ackedKey) this.#slot.acked = true;
    }
    if (answer.ignored !== undefined && this.#slot?.stage === 'waiting') this.#slot.due = now;
    if (answer.action !== undefined) this.#act(answer.action.key, answer.action.action === 0, now, duration);
  }

  #arrive(now: number): void {
    const facts = this.#events[this.#next];
    if (facts === undefined) return;
    if (facts.blockTables === undefined) {
      this.#next++;
      this.#unacked.set(formatEventKey(facts.key), { facts, due: now });
      return;
    }
    if (facts.blockTables.type !== 'normal' && this.#unacked.size > 0) return;
    this.#slot = { facts, stage: 'waiting', due: now, acked: false };
  }

  #act(key: EventKey, write: boolean, now: number, duration: number): void {
    const at = this.#slot?.facts.key ?? this.#events[this.#next]?.key;
    const order = at === undefined ? 1 : compareEventKeys(at, key);
    if (order === 0 && this.#slot?.stage === 'waiting') {
      const name = formatEventKey(key);
      if (write) {
        const { begun, written, knowsKeys } = this.#downstream;
        if (begun.has(name) && !(knowsKeys && written.has(name))) this.#downstream.problem(`I-1: event ${name} is written twice`);
        if (!this.#flushed(key)) this.#downstream.problem(`I-3: event ${name} is written before everybody reached it`);
        begun.set(name, this.ref.handle);
      } else if (!this.#downstream.written.has(name)) {
        this.#downstream.problem(`I-2: dispatcher ${this.ref.handle} passes ${name} before it is written`);
      }
      this.#slot.stage = 'writing';
      this.#finish = { at: now + duration, write };
    } else if (order > 0) {
      this.#offer({ ...this.ref, stage: Stage.DONE, already: true, facts: { key, adds: [], schemaChanges: [], admissions: [] } });
    }
  }

  #complete(): void {
    const facts = this.#slot?.facts as BlockFacts;
    if (this.#finish?.write === true) this.#downstream.written.add(formatEventKey(facts.key));
    this.#finish = undefined;
    this.#slot = undefined;
    this.#next++;
    this.#offer({ ...this.ref, stage: Stage.DONE, facts });
  }
}
