import {
  type BlockFacts,
  type EventKey,
  formatEventKey,
  type Influence,
  type Mode,
  type RouteAdmission,
  tsHigh,
  tsLow,
} from '@tidegate/protocol';
import type { Checker } from '../coverage/checker.js';
import { Coverage } from '../coverage/coverage.js';
import type { SpanTable } from '../span/spanTable.js';

/** A dispatcher by handle and generation: after a restart the same handle is somebody else. */
export interface Writer {
  readonly handle: number;
  readonly generation: number;
}

/** Before any send, so that a rebuilt event is due at once (S-8). */
export const LONG_AGO = -1e15;

/**
 * One tracked block event (B-2): what it touches, who has reported, and how far it has come. Its life is
 * *waiting* → *selected* (Write goes out) → *advanced* (Pass goes out) → gone. Data and its transitions; what is said to
 * whom is the barrier's affair.
 */
export class BarrierEvent {
  readonly key: EventKey;
  /** The key as a string, for maps and messages. */
  readonly name: string;
  readonly high: number;
  readonly low: number;
  readonly isSync: boolean;
  /** B-3: of the first report. */
  readonly facts: BlockFacts;
  readonly influence: Influence;
  readonly mode: Mode;
  readonly openedAt: number;
  readonly hasNewTable: boolean;
  /** B-2: drops that are present count even when empty (unlike D-24). */
  readonly needsSchedule: boolean;
  /** N-1: what changes in the routing of names. Only the trigger reports it, perhaps not first (B-24). */
  admissions: readonly RouteAdmission[];
  /** The DDL whose routes change before those of this one, where the trigger knows (N-2). */
  admissionsAfter: bigint | undefined;
  /** Tracked no more: whoever still holds it must look its key up anew. */
  closed = false;
  selected = false;
  advanced = false;
  triggerRelated = false;
  writer: Writer | undefined;
  passSent = false;
  lastResend: number = LONG_AGO;
  lastStatus: number = LONG_AGO;
  /** Sends since something was last reported: spaces the next ones (T-E, W-13). */
  attempts = 0;
  /** Milliseconds from `lastResend` to the next send; 0: the shortest pause that is configured. */
  pause = 0;
  selectedAt: number | undefined;
  writtenAt: number | undefined;
  lastWarning: number;
  deadlineReported = false;
  /** A report was counted outside of a request, which is where events are selected otherwise (T-7). */
  returned = false;
  /** T-C: the writer answered that it has no record of the event. */
  writerUnknown = false;
  /** B-62: passed by somebody before it was written here. */
  forwarded = false;
  /** What it adds, drops and moves has been scheduled although it was forwarded, or waits for its turn. */
  scheduling: 'none' | 'owed' | 'done' = 'none';
  /** Version of the positions, and the time, when forwarding was last tried in vain. */
  forwardVersion = -1;
  forwardTried: number = LONG_AGO;
  #phase: Coverage;
  readonly #table: SpanTable;
  readonly #newChecker: () => Checker;

  constructor(facts: BlockFacts, table: SpanTable, newChecker: () => Checker, now: number) {
    this.key = facts.key;
    this.name = formatEventKey(facts.key);
    this.high = tsHigh(facts.key.commitTs) | 0;
    this.low = tsLow(facts.key.commitTs) | 0;
    this.isSync = facts.key.isSyncPoint;
    this.facts = facts;
    this.admissions = facts.admissions;
    this.admissionsAfter = facts.admissionsAfter;
    // A NONE names no blocked tables; it lives only inside one call and nobody has to report for it.
    this.influence = facts.blockTables ?? { type: 'normal', tableIds: [] };
    this.mode = table.mode;
    this.openedAt = now;
    this.lastWarning = now;
    this.hasNewTable = facts.adds.length > 0;
    this.needsSchedule = facts.drops !== undefined || this.hasNewTable || facts.schemaChanges.length > 0;
    this.#table = table;
    this.#newChecker = newChecker;
    this.#phase = new Coverage(table, this.influence, newChecker);
  }

  /** Who has reported in the phase that the event is in: WAITING before selection, DONE after it. */
  get coverage(): Coverage {
    return this.#phase;
  }

  /** B-24: what only the trigger knows. */
  takeAdmissions({ admissions, admissionsAfter }: BlockFacts): void {
    if (this.admissions.length > 0) return;
    this.admissions = admissions;
    this.admissionsAfter = admissionsAfter;
  }

  /** B-30. The DONE phase starts empty, whatever was marked before (W-4). */
  select(writer: Writer, now: number): void {
    this.writer = writer;
    this.selected = true;
    this.passSent = false;
    this.lastResend = now;
    this.progressed();
    this.selectedAt = now;
    this.#enterDonePhase();
  }

  /** S-7: a selected event as a dispatcher that writes (or is done) reported it at bootstrap. Sends at once (S-8). */
  rebuildSelected(writer: Writer | undefined, advanced: boolean, now: number): void {
    if (!this.selected) this.#enterDonePhase();
    this.selected = true;
    this.selectedAt ??= now;
    if (writer !== undefined) this.writer = writer;
    if (advanced) {
      this.advanced = true;
      this.writtenAt ??= now;
    }
  }

  /** B-62: somebody proves that the event is over. Nobody's earlier WAITING counts (W-4b, W-4c). */
  forward(now: number): void {
    this.rebuildSelected(undefined, true, now);
    this.forwarded = true;
    this.lastResend = LONG_AGO;
  }

  /** B-17, B-33: the write happened. Pass is due `backdate` milliseconds ago. */
  advance(now: number, backdate: number): void {
    this.advanced = true;
    this.lastResend = now - backdate;
    this.progressed();
    this.writtenAt = now;
  }

  /** B-39. Nothing is sent this round. */
  reelect(writer: Writer): void {
    this.writer = writer;
    this.writerUnknown = false;
    this.progressed();
  }

  /** Something was reported: resends start over with the shortest pause (T-E). */
  progressed(): void {
    this.attempts = 0;
    this.pause = 0;
  }

  #enterDonePhase(): void {
    this.#phase = new Coverage(this.#table, this.influence, this.#newChecker, this.#phase);
    if (!this.#phase.sized) this.#phase.size();
    this.#phase.freeze();
  }
}
