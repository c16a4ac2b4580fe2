import {
  Action,
  type Answer,
  type BlockFacts,
  compareEventKeys,
  type EventKey,
  formatEventKey,
  type HostId,
  type MaintainerEvent,
} from '@tidegate/protocol';
import type { Checker } from '../coverage/checker.js';
import { CountChecker } from '../coverage/countChecker.js';
import { SpanChecker } from '../coverage/spanChecker.js';
import { BarrierFault } from '../errors.js';
import { EventKeyMap } from '../eventKeyMap.js';
import type { Hosts } from '../hosts.js';
import { NO_HOST } from '../hosts.js';
import type { ResolvedOptions } from '../options.js';
import type { RouteAdmin } from '../route/routeAdmin.js';
import { RouteGate } from '../route/routeGate.js';
import type { SpanTable } from '../span/spanTable.js';
import { BarrierEvent, LONG_AGO, type Writer } from './barrierEvent.js';
import type { BarrierObserver, CompletedBarrier, Scheduling } from './contracts.js';
import { PendingHeap } from './pendingHeap.js';
import { ScheduledKeys } from './scheduledKeys.js';

/** What a barrier is made with. */
export interface BarrierParts {
  readonly table: SpanTable;
  readonly hosts: Hosts;
  readonly scheduling: Scheduling;
  readonly options: ResolvedOptions;
  readonly observer: BarrierObserver;
  /** Milliseconds of the actor's clock. */
  readonly now: () => number;
  /** 32 random bits of the actor's seeded source, for jitter (T-E). */
  readonly random: () => number;
  /** Absent: names are not routed (section 23). */
  readonly routes?: RouteAdmin;
  /** T-F: what is known of a task beyond its state: what is being done to it, since when its host is silent. */
  readonly note?: (handle: number) => string;
}

/** An answer on its way to the host that its target lives on. */
export interface Addressed {
  readonly host: number;
  readonly answer: Answer;
}

/** NONE reports that are remembered as scheduled (W-14). */
const SCHEDULED_KEYS = 65_536;

/**
 * The state of one barrier and the steps that more than one of its parts takes: open, select, schedule, complete. The
 * parts are the intake of requests, the resend round, and the rebuild at bootstrap.
 */
export class BarrierCore {
  readonly parts: BarrierParts;
  readonly table: SpanTable;
  readonly options: ResolvedOptions;
  readonly routes: RouteGate;
  readonly events: EventKeyMap<BarrierEvent> = new EventKeyMap();
  readonly heap: PendingHeap = new PendingHeap();
  readonly scheduled: ScheduledKeys = new ScheduledKeys(SCHEDULED_KEYS);
  readonly history: CompletedBarrier[] = [];
  /** Events that were completed here and lie above the committed checkpoint: whoever is created again may meet them once more. */
  readonly completed: ScheduledKeys = new ScheduledKeys(SCHEDULED_KEYS);
  /** Of tasks in the midst of a merge when the tasks were rebuilt: the events that they wait at (S-7, T-7). */
  readonly parked: Map<number, BlockFacts> = new Map();
  /** Writes that the request in hand brought about. */
  readonly writes: Addressed[] = [];
  /** Something moved on, so that a resend round is worth its while at once (T-E). */
  progress = false;
  /** The clock, read once for each request and each round. */
  time: number = LONG_AGO;
  /** The trigger's checkpoint as its own heartbeats say: unlike the table's, B-5 never raises it (W-14). */
  triggerReported = -1n;
  /** Dispatchers lived when this maintainer began. */
  restored = false;
  /** Where this maintainer began: its tables are those of then. */
  readonly startTs: bigint;

  constructor(parts: BarrierParts) {
    this.parts = parts;
    this.table = parts.table;
    this.startTs = parts.table.positions.checkpointTs(parts.table.trigger);
    this.options = parts.options;
    this.routes = new RouteGate({
      admin: parts.routes,
      mode: parts.table.mode,
      observer: parts.observer,
      applied: () => {
        this.progress = true;
      },
    });
    parts.table.observe({
      taskLeft: (handle) => this.#taskLeft(handle),
      taskBack: (handle) => this.#taskBack(handle),
      tableGone: (slot, tableId) => {
        for (const event of this.events.values()) event.coverage.tableGone(slot, tableId);
      },
      tableAdded: (slot, tableId, schemaId) => {
        for (const event of this.events.values()) event.coverage.tableAdded(slot, tableId, schemaId);
      },
      partsChanged: (slot) => {
        for (const event of this.events.values()) event.coverage.partsChanged(slot);
      },
    });
  }

  find(key: EventKey): BarrierEvent | undefined {
    return this.events.get(key);
  }

  /** B-54: by key when names are routed; as they were opened otherwise. */
  inOrder(): Iterable<BarrierEvent> {
    const events = this.events.values();
    return this.routes.active ? [...events].sort((a, b) => compareEventKeys(a.key, b.key)) : events;
  }

  /**
   * B-20. Undefined at the bound of open events: the report is not admitted now and comes again. An event before all open
   * ones is admitted all the same: those may wait for dispatchers that stand at it, and would do so for ever. So is one of a
   * bootstrap: an acknowledged report does not come again (S-11).
   */
  open(facts: BlockFacts, isRebuilt = false): BarrierEvent | undefined {
    if (!isRebuilt && this.events.size >= this.options.maxEvents && !this.#isBeforeAll(facts.key)) {
      this.parts.observer.count('barrier.refused-at-bound');
      return undefined;
    }
    // M-2: found before anything is written, not when the tables should go.
    if (facts.blockTables?.type === 'all' && facts.drops !== undefined) throw allDrops(facts);
    const event = new BarrierEvent(facts, this.table, this.newChecker, this.time);
    this.events.set(event.key, event);
    this.tell('opened', event);
    return event;
  }

  readonly newChecker: () => Checker = () => (this.options.splitTables ? new SpanChecker() : new CountChecker());

  /** B-29, B-30: chooses the writer and returns the Write for it. `completer` is the dispatcher whose report was the last. */
  select(event: BarrierEvent, completer: number): Addressed {
    const byTrigger = event.influence.type !== 'normal' || event.triggerRelated;
    const handle = byTrigger ? this.table.trigger : completer;
    event.select({ handle, generation: this.table.generation[handle]! }, this.time);
    if (event.needsSchedule) this.heap.push({ facts: event.facts });
    this.progress = true;
    this.tell('selected', event);
    return this.writeAction(event, event.writer as Writer);
  }

  writeAction(event: BarrierEvent, writer: Writer): Addressed {
    return {
      host: this.table.host[writer.handle]!,
      answer: {
        target: {
          type: 'normal',
          handle: Uint32Array.of(writer.handle),
          generation: Uint32Array.of(writer.generation),
        },
        action: { action: Action.WRITE, key: event.key },
      },
    };
  }

  /** The writer, if it is still there and on a host. */
  livingWriter(event: BarrierEvent): Writer | undefined {
    const writer = event.writer;
    if (writer === undefined || !this.table.isTask(writer.handle, writer.generation)) return undefined;
    return this.table.host[writer.handle] === NO_HOST ? undefined : writer;
  }

  /**
   * B-33: schedules what the event drops, adds and moves, if its turn has come. A table trigger that was lost and created
   * again meets events again: what was scheduled once is not scheduled again (W-14).
   */
  trySchedule(facts: BlockFacts): boolean {
    if (!this.heap.popIfHead(facts.key).ready) return false;
    if (this.scheduled.has(facts.key)) return true;
    this.scheduled.add(facts.key);
    const { scheduling } = this.parts;
    if (facts.drops?.type === 'db') scheduling.dropSchema(facts.drops.schemaId);
    else if (facts.drops?.type === 'normal') scheduling.dropTables(facts.drops.tableIds);
    else if (facts.drops?.type === 'all') throw allDrops(facts);
    scheduling.addTables(facts.adds, facts.key.commitTs);
    scheduling.changeSchemas(facts.schemaChanges);
    this.progress = true;
    return true;
  }

  /**
   * B-63 leaves the scheduling of a forwarded event out, for its trigger would have started beyond it. One that meets the
   * event all the same began before it, with the tables of then: that somebody else has passed it since says that it was
   * written, not that this maintainer knows its tables. So they are scheduled when the trigger is there.
   */
  triggerMet(event: BarrierEvent): void {
    if (!event.forwarded || !event.needsSchedule || event.scheduling !== 'none' || event.key.commitTs <= this.startTs) return;
    event.scheduling = 'owed';
    this.heap.push({ facts: event.facts });
    this.settleScheduling(event);
  }

  /**
   * The event was written and its tables scheduled, in this maintainer's time; a table trigger that was lost meets it again.
   * Tables that it dropped have nobody left to report.
   */
  wasScheduled({ needsSchedule, key }: BarrierEvent): boolean {
    return needsSchedule && this.scheduled.has(key);
  }

  /** It is over, and whoever reports it meets it again: a dispatcher that was created again below it. */
  isDealtWith(event: BarrierEvent): boolean {
    return this.completed.has(event.key) || this.wasScheduled(event);
  }

  /** False while a forwarded event waits for the turn of its tables (B-33). */
  settleScheduling(event: BarrierEvent): boolean {
    if (event.scheduling === 'owed' && this.trySchedule(event.facts)) event.scheduling = 'done';
    return event.scheduling !== 'owed';
  }

  /** B-17: the writer wrote. */
  advance(event: BarrierEvent): void {
    event.advance(this.time, this.options.passBackdate);
    this.progress = true;
    this.tell('written', event);
  }

  /**
   * The writer was seen beyond the event, though its DONE was lost: it wrote, for nothing else let it pass (B-60). Without
   * this a writer that goes on, and then leaves with its table, would be replaced and the event written twice (I-1).
   */
  advanceIfWriterPassed(event: BarrierEvent): void {
    const { writer } = event;
    if (!event.selected || event.advanced || writer === undefined || !this.table.isTask(writer.handle, writer.generation)) return;
    if (!this.table.positions.provesOver(writer.handle, event.high, event.low, event.isSync)) return;
    if (!this.routes.settle(event)) return;
    if (!event.needsSchedule || this.trySchedule(event.facts)) this.advance(event);
  }

  /** B-52: selected, and everybody reported DONE. */
  completeIfCovered(event: BarrierEvent): boolean {
    if (!event.selected || !event.coverage.covered) return false;
    // I-2: everybody passed, so the write returned; a writer whose own DONE waits for its turn still has to come back.
    if (!event.advanced) return false;
    // N-2: a transition that is never applied would hold up all later ones.
    if (!this.routes.settle(event) || !this.settleScheduling(event)) return false;
    event.closed = true;
    this.events.delete(event.key);
    this.completed.add(event.key);
    this.progress = true;
    const now = this.time;
    const selectedAt = event.selectedAt ?? event.openedAt;
    const writtenAt = event.writtenAt ?? selectedAt;
    this.history.push({
      key: event.key,
      influence: event.influence.type,
      participants: event.coverage.reportedCount,
      openedAt: event.openedAt,
      alignment: selectedAt - event.openedAt,
      writing: writtenAt - selectedAt,
      passing: now - writtenAt,
      overdue: event.deadlineReported,
    });
    if (this.history.length > this.options.history) this.history.shift();
    this.tell('completed', event);
    return true;
  }

  /** K-3b: the smallest commit ts of tracked events with new tables. */
  checkpointBound(): bigint | undefined {
    let bound: bigint | undefined;
    for (const event of this.events.values()) {
      if (event.hasNewTable && (bound === undefined || event.key.commitTs < bound)) bound = event.key.commitTs;
    }
    return bound;
  }

  tell(phase: Extract<MaintainerEvent, { type: 'barrier' }>['phase'], event: BarrierEvent): void {
    const now = this.time;
    this.parts.observer.event({
      type: 'barrier',
      phase,
      key: event.key,
      mode: event.mode,
      influence: event.influence.type,
      at: now,
      age: now - event.openedAt,
    });
  }

  hostName(index: number): HostId {
    return this.parts.hosts.name(index);
  }

  #isBeforeAll(key: EventKey): boolean {
    for (const event of this.events.values()) if (compareEventKeys(event.key, key) <= 0) return false;
    return true;
  }

  #taskLeft(handle: number): void {
    for (const event of this.events.values()) {
      // M-1: what needs scheduling is written by the trigger, whose own task no scheduling touches.
      const isSafe = !event.needsSchedule || handle === this.table.trigger;
      if (event.writer?.handle === handle && isSafe) this.advanceIfWriterPassed(event);
      event.coverage.taskLeft(handle);
    }
    this.parked.delete(handle);
    // W-11: nobody would come back for the turn of a report whose reporter is gone.
    if (this.heap.size > 0) this.heap.dropOwner(handle, this.table.generation[handle]!);
  }

  /**
   * T-7: a merge was given up, and its sources go on where they are parked. Their reports were acknowledged, so nobody sends
   * them again: they count as if they had just been made. What they complete is selected by the next round.
   */
  #taskBack(handle: number): void {
    const at = this.table.positions.blockState(handle);
    const parked = this.parked.get(handle);
    this.parked.delete(handle);
    if (at === undefined) return;
    const event = this.find({ commitTs: at.blockTs, isSyncPoint: at.isSyncPoint }) ?? (parked && this.open(parked, true));
    if (event === undefined || event.selected) return;
    event.coverage.mark(handle);
    event.returned = true;
    this.progress = true;
  }
}

function allDrops(facts: BlockFacts): BarrierFault {
  const what = `block event ${formatEventKey(facts.key)} touches all tables and drops some`;
  return new BarrierFault('BARRIER_ALL_DROPS', `${what}: no DDL does that (M-2); look at how the source classified it`, facts);
}
