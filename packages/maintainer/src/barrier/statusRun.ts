import { Stage } from '@tidegate/protocol';
import type { BarrierCore } from './barrierCore.js';
import type { BarrierEvent } from './barrierEvent.js';
import type { Crowd } from './crowd.js';
import { Outcome } from './replyBuilder.js';
import { type Subject, tracked } from './statuses.js';

/*
 * What statuses of one event and stage do, none of them the table trigger's, when all of them mean the same. It is what
 * statuses.ts does for each, with what they share looked up once.
 */

/** How statuses of one event and stage are handled together. */
export interface Alike {
  /** Of every one whose dispatcher replicates. */
  readonly outcome: Outcome;
  /** Of dispatchers that replicate. */
  readonly handle: (core: BarrierCore, subject: Subject, crowd: Crowd) => void;
}

/** Undefined when one of `count` statuses may change what the next one means. */
export function alikeStatuses(core: BarrierCore, subject: Subject, stage: number, count: number): Alike | undefined {
  const event = tracked(subject);
  if (stage === Stage.DONE) {
    if (event === undefined) return LATE_DONE;
    if (!event.selected) return EARLY_DONE;
    // Before the write is done the writer's own DONE may be among them; after it, the last of all.
    return event.advanced && event.coverage.leastMissing > count ? DONE : undefined;
  }
  if (stage !== Stage.WAITING || event === undefined) return undefined;
  if (event.selected) return SELECTED_WAITING;
  if (core.isDealtWith(event)) return REPEATED_WAITING;
  return event.coverage.leastMissing > count ? WAITING : undefined;
}

/** B-21 to B-24, of an event that is open and will not be covered by them. */
const WAITING: Alike = {
  outcome: Outcome.ACK,
  handle: (core, subject, crowd) => {
    report(core, subject, crowd, Stage.WAITING);
    const event = tracked(subject);
    if (event !== undefined) mark(event, crowd);
  },
};

/** Late comers: the event has its writer. */
const SELECTED_WAITING: Alike = {
  outcome: Outcome.ACK,
  handle: (core, subject, crowd) => {
    const news = report(core, subject, crowd, Stage.WAITING);
    const event = tracked(subject);
    if (news > 0 && event !== undefined) core.completeIfCovered(event);
  },
};

/** The round at the end of the turn lets them pass. */
const REPEATED_WAITING: Alike = {
  outcome: Outcome.ACK,
  handle: (core, subject, crowd) => {
    if (report(core, subject, crowd, Stage.WAITING) > 0) core.progress = true;
  },
};

/** B-18, B-19, of an event that was written and will not be covered by them. */
const DONE: Alike = {
  outcome: Outcome.ACK,
  handle: (core, subject, crowd) => {
    report(core, subject, crowd, Stage.DONE);
    const event = tracked(subject);
    if (event === undefined || mark(event, crowd) === 0) return;
    event.lastStatus = core.time;
    event.progressed();
  },
};

const EARLY_DONE: Alike = {
  outcome: Outcome.ACK,
  handle: (core, subject, crowd) => {
    report(core, subject, crowd, Stage.DONE);
    const event = tracked(subject);
    if (event !== undefined) mark(event, crowd);
  },
};

/** B-7 */
const LATE_DONE: Alike = {
  outcome: Outcome.SILENT,
  handle: (core, subject, crowd) => {
    report(core, subject, crowd, Stage.DONE);
  },
};

/** B-5. Leaves those in the crowd that are news, and returns how many they are. */
function report(core: BarrierCore, subject: Subject, crowd: Crowd, stage: Stage): number {
  const { positions } = core.table;
  const { count } = crowd;
  if (crowd.first >= 0 && positions.reportNeighbours(crowd.first, count, subject.words, stage)) return count;
  const news = positions.reportAll(crowd.listed(), count, subject.words, stage);
  // W-3: late repeats, of an event that these dispatchers have behind them.
  if (news < count) core.parts.observer.count('barrier.late-waiting', count - news);
  crowd.list(news);
  return news;
}

/** V-7. Returns how many had not reported before. */
function mark({ coverage }: BarrierEvent, crowd: Crowd): number {
  const { count } = crowd;
  if (crowd.first >= 0 && coverage.markNeighbours(crowd.first, count)) return count;
  return coverage.markAll(crowd.listed(), count);
}
