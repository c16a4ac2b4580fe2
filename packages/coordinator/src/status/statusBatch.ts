import {
  type BlockFacts,
  type EventKey,
  isTrigger,
  type Mode,
  STATUS_ALREADY_BIT,
  Stage,
  stretchesOf,
  TRIGGER_HANDLE,
} from '@tidegate/protocol';
import type { EventTable } from './eventTable.js';
import type { RunColumns } from './pendingRuns.js';

/** Takes the already-bit off a value of a stage column. */
export const STAGE_COLUMN_MASK = 0x7f;

/**
 * Block statuses of one mode on their way to one target, in columns and in order. It owns its storage (C-5), which is never
 * changed again: the request message that is made of it shares the columns.
 *
 * A batch holds its events in the event table, from its making until {@link releaseEvents}, which whoever has it last calls.
 */
export interface StatusBatch {
  /** Whom it is for; part of every key. */
  readonly target: string;
  readonly mode: Mode;
  /** Interned number of each event of the batch. */
  readonly eventIndex: Uint32Array;
  /**
   * The same events as a request names them. Facts are there when a NONE or a status of the trigger refers to them, whose
   * facts say most, and with a WAITING when the maintainer is due to be told (T-A, `EventTable.factsDue`).
   */
  readonly events: readonly { readonly key: EventKey; readonly facts?: BlockFacts }[];
  readonly handle: Uint32Array;
  readonly generation: Uint32Array;
  /** Index into `events`. */
  readonly event: Uint32Array;
  readonly stage: Uint8Array;
  /** All rows are of one event and one stage. False: not said. */
  readonly uniform: boolean;
  /** Of a uniform one: where stretches of neighbours end in `handle`. Undefined: not said. */
  readonly stretches: Uint32Array | undefined;
  /** How often these statuses have been sent before (T-I). */
  readonly attempt: number;
}

/** Gathers statuses of one mode into batches of at most `limit` rows. Its scratch columns are reused; batches get copies. */
export class BatchBuilder {
  readonly mode: Mode;
  readonly limit: number;
  readonly #events: EventTable;
  readonly #handle: Uint32Array;
  readonly #generation: Uint32Array;
  readonly #event: Uint32Array;
  readonly #stage: Uint8Array;
  // Local number of an interned event within the batch, valid where the stamp is the batch's.
  #local = new Uint32Array(64);
  #stamps = new Uint32Array(64);
  #stamp = 1;
  #eventIndex: number[] = [];
  #needsFacts: boolean[] = [];
  #attempt = Number.POSITIVE_INFINITY;
  #length = 0;
  /** All rows so far are of one event and one stage. */
  #uniform = true;
  /** By coded stage: the columns of a full batch in which all rows are alike. */
  readonly #constants: Pick<StatusBatch, 'event' | 'stage'>[] = [];

  constructor(events: EventTable, mode: Mode, limit: number) {
    this.#events = events;
    this.mode = mode;
    this.limit = limit;
    this.#handle = new Uint32Array(limit);
    this.#generation = new Uint32Array(limit);
    this.#event = new Uint32Array(limit);
    this.#stage = new Uint8Array(limit);
  }

  get length(): number {
    return this.#length;
  }

  get full(): boolean {
    return this.#length === this.limit;
  }

  push(handle: number, generation: number, event: number, stage: Stage, already: boolean): void {
    const row = this.#length++;
    const local = this.#stamps[event] === this.#stamp ? this.#local[event]! : this.#name(event);
    this.#handle[row] = handle;
    this.#generation[row] = generation;
    this.#event[row] = local;
    this.#stage[row] = already ? stage | STATUS_ALREADY_BIT : stage;
    if (local !== 0 || this.#stage[row] !== this.#stage[0]) this.#uniform = false;
    if (stage === Stage.NONE || (stage === Stage.WAITING && (this.#events.factsDue(event) || isTrigger(handle)))) {
      this.#needsFacts[local] = true;
    }
  }

  /** {@link push} for `count` dispatchers from `handle` and `generation` on, all of one event and stage. They must fit. */
  pushRun(handle: number, generation: number, count: number, event: number, stage: Stage, already: boolean): void {
    const row = this.#length;
    this.push(handle, generation, event, stage, already);
    this.#length = row + count;
    for (let i = 1; i < count; i++) {
      this.#handle[row + i] = handle + i;
      this.#generation[row + i] = generation + i;
    }
    this.#event.fill(this.#event[row]!, row, this.#length);
    this.#stage.fill(this.#stage[row]!, row, this.#length);
    if (stage !== Stage.WAITING) return;
    for (let at = row; at < this.#length; at++) if (isTrigger(this.#handle[at]!)) this.#needsFacts[this.#event[row]!] = true;
  }

  /** Notes that rows of the batch were sent `attempt` times before; the least counts. */
  noteAttempt(attempt: number): void {
    if (attempt < this.#attempt) this.#attempt = attempt;
  }

  /** The rows gathered so far as a batch of their own; the builder is empty again. */
  finish(target: string): StatusBatch {
    const length = this.#length;
    const handle = this.#handle.slice(0, length);
    const batch: StatusBatch = {
      target,
      mode: this.mode,
      eventIndex: Uint32Array.from(this.#eventIndex),
      events: this.#eventIndex.map((event, local) => this.#named(event, this.#needsFacts[local] === true)),
      handle,
      generation: this.#generation.slice(0, length),
      event: this.#event.slice(0, length),
      stage: this.#stage.slice(0, length),
      uniform: this.#uniform,
      stretches: this.#uniform ? stretchesOf(handle) : undefined,
      attempt: Number.isFinite(this.#attempt) ? this.#attempt : 0,
    };
    this.#length = 0;
    this.#uniform = true;
    this.#attempt = Number.POSITIVE_INFINITY;
    this.#eventIndex = [];
    this.#needsFacts = [];
    this.#stamp++;
    return batch;
  }

  /**
   * {@link finish} of {@link pushRun} on an empty builder: all rows are of one event and stage. Columns in which
   * every row is the same are kept for the next batch of that kind: nobody writes to them.
   */
  uniform(
    target: string,
    { handle, generation, stretches }: RunColumns,
    event: number,
    stage: Stage,
    already: boolean,
  ): StatusBatch {
    const coded = already ? stage | STATUS_ALREADY_BIT : stage;
    const isDue = stage === Stage.NONE || (stage === Stage.WAITING && (this.#events.factsDue(event) || hasTrigger(handle)));
    this.#events.retain(event);
    return {
      target,
      mode: this.mode,
      eventIndex: Uint32Array.of(event),
      events: [this.#named(event, isDue)],
      handle,
      generation,
      ...this.#constant(handle.length, coded),
      uniform: true,
      stretches,
      attempt: 0,
    };
  }

  #constant(rows: number, stage: number): Pick<StatusBatch, 'event' | 'stage'> {
    if (rows < this.limit) return { event: new Uint32Array(rows), stage: new Uint8Array(rows).fill(stage) };
    let columns = this.#constants[stage];
    if (columns === undefined) {
      columns = { event: new Uint32Array(rows), stage: new Uint8Array(rows).fill(stage) };
      this.#constants[stage] = columns;
    }
    return columns;
  }

  #named(event: number, isDue: boolean): StatusBatch['events'][number] {
    const facts = isDue ? this.#events.facts(event) : undefined;
    if (facts !== undefined) this.#events.factsTold(event);
    return { key: this.#events.key(event), ...(facts && { facts }) };
  }

  #name(event: number): number {
    if (event >= this.#local.length) {
      const length = Math.max(this.#local.length * 2, event + 1);
      const local = new Uint32Array(length);
      const stamps = new Uint32Array(length);
      local.set(this.#local);
      stamps.set(this.#stamps);
      this.#local = local;
      this.#stamps = stamps;
    }
    const number = this.#eventIndex.length;
    this.#events.retain(event);
    this.#eventIndex.push(event);
    this.#local[event] = number;
    this.#stamps[event] = this.#stamp;
    return number;
  }
}

function hasTrigger(handles: Uint32Array): boolean {
  return handles.includes(TRIGGER_HANDLE[0]) || handles.includes(TRIGGER_HANDLE[1]);
}

/** Ends a batch: its events are no longer held on its account. */
export function releaseEvents(events: EventTable, batch: StatusBatch): void {
  for (let local = 0; local < batch.eventIndex.length; local++) events.release(batch.eventIndex[local]!);
}

/** Part of a batch, which takes the batch's place: the rows whose numbers are listed, in that order. */
export function selectRows(batch: StatusBatch, rows: Uint32Array): StatusBatch {
  return {
    ...batch,
    handle: rows.map((row) => batch.handle[row]!),
    generation: rows.map((row) => batch.generation[row]!),
    event: rows.map((row) => batch.event[row]!),
    stage: Uint8Array.from(rows, (row) => batch.stage[row]!),
    stretches: undefined,
  };
}

/** The two halves of a batch of at least two rows, each with its own events; they take the batch's place. */
export function splitBatch(events: EventTable, batch: StatusBatch): readonly [StatusBatch, StatusBatch] {
  const middle = batch.handle.length >>> 1;
  const halves = [partOf(events, batch, 0, middle), partOf(events, batch, middle, batch.handle.length)] as const;
  releaseEvents(events, batch);
  return halves;
}

function partOf(events: EventTable, batch: StatusBatch, from: number, to: number): StatusBatch {
  const locals = [...new Set(batch.event.subarray(from, to))];
  const place = new Uint32Array(batch.events.length);
  locals.forEach((local, index) => {
    place[local] = index;
  });
  for (const local of locals) events.retain(batch.eventIndex[local]!);
  return {
    ...batch,
    eventIndex: Uint32Array.from(locals, (local) => batch.eventIndex[local]!),
    events: locals.map((local) => batch.events[local]!),
    handle: batch.handle.slice(from, to),
    generation: batch.generation.slice(from, to),
    event: batch.event.slice(from, to).map((local) => place[local]!),
    stage: batch.stage.slice(from, to),
    stretches: undefined,
  };
}

/** A batch for another maintainer: with the facts of every event of which it was told nothing yet. */
export function withFacts(events: EventTable, batch: StatusBatch): StatusBatch {
  return {
    ...batch,
    events: batch.events.map((event, local) => {
      const index = batch.eventIndex[local]!;
      const facts = events.factsDue(index) ? events.facts(index) : undefined;
      if (facts === undefined) return event;
      events.factsTold(index);
      return { ...event, facts };
    }),
  };
}
