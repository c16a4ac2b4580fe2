import {
  type BlockEvent,
  type BlockFacts,
  blockFactsOf,
  type EventKey,
  eventKeyOf,
  type Mode,
  type TableInfo,
  tsHigh,
  tsLow,
} from '@tidegate/protocol';
import type { Timer } from '@tidegate/runtime';

/** A NONE that is not acknowledged yet (D-25, D-34). */
export interface NoneReport {
  readonly row: number;
  readonly generation: number;
  readonly facts: BlockFacts;
  attempts: number;
  retryAt: number;
  /** To be posted. */
  owed: boolean;
}

/** What has become of telling the sink that dispatchers of this worker pass. */
export type PassState = 'untold' | 'telling' | 'told';

/**
 * One block event of one mode as this group knows it: what all its dispatchers at the event share. Per dispatcher there
 * are only columns of the row table; those in WAITING without an acknowledgement form a list linked through them.
 *
 * ```
 *   head ─▶ row ─▶ row ─▶ row ─▶ row ◀─ tail
 *           └ posted ───┘ └ owed ──┘      `owed` is the first whose WAITING is still to be posted
 * ```
 */
export class EventEntry {
  readonly index: number;
  readonly mode: Mode;
  readonly event: BlockEvent;
  readonly key: EventKey;
  readonly tsHigh: number;
  readonly tsLow: number;

  /** Rows in hand, inbox items and reports that name this entry; at 0 it is forgotten. */
  refs = 0;
  head = -1;
  tail = -1;
  owed = -1;
  unacked = 0;
  /** Rows whose checkpoint it accounts for (Place.AT_EVENT), and the least of their checkpoint and resolved ts. */
  resting = 0;
  checkpointHigh = 0;
  checkpointLow = 0;
  resolvedHigh = 0;
  resolvedLow = 0;
  /** The table trigger stands in the list: its facts carry the routing changes (N-1). */
  triggerReports = false;
  /** The DDL with admissions that the trigger met before this one (N-2). */
  admissionsAfter: bigint | undefined;
  readonly reports: NoneReport[] = [];
  timer: Timer | undefined;
  timerAt = 0;
  pass: PassState = 'untold';
  /** Rows that wait for the sink to have been told. */
  readonly passers: { readonly row: number; readonly generation: number }[] = [];

  #facts: BlockFacts | undefined;
  #triggerFacts: BlockFacts | undefined;

  constructor(index: number, mode: Mode, event: BlockEvent) {
    this.index = index;
    this.mode = mode;
    this.event = event;
    this.key = eventKeyOf(event);
    this.tsHigh = tsHigh(event.commitTs);
    this.tsLow = tsLow(event.commitTs);
  }

  get isSyncPoint(): boolean {
    return this.key.isSyncPoint;
  }

  /** D-23: built once, every list copied; the same object for the first report and all repetitions. */
  facts(fromTrigger: boolean): BlockFacts {
    if (fromTrigger) {
      this.#triggerFacts ??= { ...blockFactsOf(this.event, { fromTrigger }), ...this.#chain };
      return this.#triggerFacts;
    }
    this.#facts ??= blockFactsOf(this.event, { fromTrigger });
    return this.#facts;
  }

  /** Facts of a NONE (section 2.1): no blocked tables and no schema changes. */
  noneFacts(fromTrigger: boolean): BlockFacts {
    const { key, drops, adds, admissions } = blockFactsOf(this.event, { fromTrigger });
    return { key, ...(drops && { drops }), adds, schemaChanges: [], admissions, ...(fromTrigger && this.#chain) };
  }

  get #chain(): Pick<BlockFacts, 'admissionsAfter'> {
    return this.admissionsAfter === undefined ? {} : { admissionsAfter: this.admissionsAfter };
  }

  /** What the event makes of a table, if it says. */
  tableAfter(tableId: number): TableInfo | undefined {
    if (this.event.type !== 'ddl' || this.event.tables.length === 0) return undefined;
    return this.event.tables.find((table) => table.tableId === tableId);
  }
}
