import {
  Action,
  type Answer,
  ComponentState,
  compareTsWords,
  type EventKey,
  formatEventKey,
  type Mode,
  Stage,
  tsHigh,
  tsLow,
  type WorkerAnswer,
} from '@tidegate/protocol';
import type { BlockMachine } from './blockMachine.js';
import type { BlockWork } from './blockWork.js';
import type { EventEntry } from './eventEntry.js';
import { PlainRows } from './plainRows.js';
import type { Posting } from './posting.js';
import { Flag } from './rowLayout.js';
import type { GroupState } from './state.js';
import { repeatWaiting } from './waitingList.js';
import type { WrittenMemory } from './written.js';

/** Told to the outside when the maintainer does not know a dispatcher (T-D). */
export interface UnknownDispatcher {
  readonly type: 'unknown-dispatcher';
  readonly handle: number;
  readonly generation: number;
  readonly key: EventKey;
}

/** Delivered to the group itself: the answer in hand goes on. */
export interface AnswerGoesOn {
  readonly type: 'answer-goes-on';
}

/**
 * Rows of a turn that an answer to all or to a schema visits. What they post becomes visible when the turn ends, so the coordinator
 * hears of the first while the last are still being let pass.
 */
const SLICE = 8_192;

// An answer to all or to a schema of which rows from `next` on are still to be visited.
interface Unfinished {
  readonly message: WorkerAnswer;
  next: number;
}

// An answer with what is the same for all its dispatchers.
interface Prepared {
  readonly answer: Answer;
  readonly key: EventKey;
  readonly entry: EventEntry | undefined;
  readonly high: number;
  readonly low: number;
}

/** What the handling of answers works with. */
interface AnswerParts {
  readonly machine: BlockMachine;
  readonly posting: Posting;
  readonly written: WrittenMemory;
  readonly work: BlockWork;
}

/**
 * Handles answers of the maintainer (D-35). Per dispatcher one at a time and in order: while one writes, its path is closed
 * and later answers queue behind (D-36).
 */
export class Answers {
  #state: GroupState;
  #machine: BlockMachine;
  #posting: Posting;
  #written: WrittenMemory;
  readonly #work: BlockWork;
  readonly #plain: PlainRows;
  #unfinished: Unfinished | undefined;

  constructor(state: GroupState, parts: AnswerParts) {
    this.#state = state;
    this.#machine = parts.machine;
    this.#posting = parts.posting;
    this.#written = parts.written;
    this.#work = parts.work;
    this.#plain = new PlainRows(state, parts.posting);
  }

  /** Normal goes to those listed, DB to those of the schema and the trigger, All to everybody of the mode. */
  receive(message: WorkerAnswer): void {
    const prepared = this.#prepare(message.mode, message.answer);
    if (prepared === undefined) return;
    const { target, ack } = message.answer;
    if (target.type === 'normal') {
      const acknowledged = ack === undefined ? undefined : prepared.entry;
      for (let i = 0; i < target.handle.length; i++) {
        if (acknowledged !== undefined) i = this.#plain.acknowledge(acknowledged, target.handle, target.generation, i);
        if (i === target.handle.length) break;
        const row = this.#state.rowOf(target.handle[i]!, target.generation[i]!);
        if (row < 0) this.#state.context.count('dispatcher.late-answers');
        else if (this.#state.rows.mode[row] === message.mode) this.#admit(row, prepared);
      }
      return;
    }
    this.#unfinished = { message, next: 0 };
    this.goOn();
  }

  /** The next rows of the answer in hand, if there is one. */
  goOn(): void {
    const unfinished = this.#unfinished;
    if (unfinished === undefined) return;
    this.#visit(unfinished, unfinished.next + SLICE);
    if (this.#unfinished !== undefined) this.#state.context.post({ type: 'answer-goes-on' } satisfies AnswerGoesOn);
  }

  /** All that is left of the answer in hand, before anything that may depend on it or that it must not meet. */
  finish(): void {
    if (this.#unfinished !== undefined) this.#visit(this.#unfinished, Number.POSITIVE_INFINITY);
  }

  #visit(unfinished: Unfinished, most: number): void {
    const { rows } = this.#state;
    const { mode, answer } = unfinished.message;
    const { target } = answer;
    const prepared = this.#prepare(mode, answer);
    const passed = answer.action?.action === Action.PASS ? prepared?.entry : undefined;
    const isPlain = passed !== undefined && this.#work.isPassedPlainly(passed);
    const schemaId = target.type === 'db' ? target.schemaId : undefined;
    const end = Math.min(most, rows.used);
    for (let row = unfinished.next; prepared !== undefined && row < end; row++) {
      if (isPlain) row = this.#plain.pass(passed, row, end, schemaId);
      if (row === end) break;
      if ((rows.flags[row]! & Flag.STARTED) === 0 || rows.mode[row] !== mode) continue;
      if (target.type === 'db' && rows.schemaId(row) !== target.schemaId && !rows.has(row, Flag.TRIGGER)) continue;
      this.#admit(row, prepared);
    }
    unfinished.next = end;
    if (end === rows.used) this.#unfinished = undefined;
  }

  /** The path of a row is open again: handles what queued meanwhile, until it closes. */
  reopen(row: number): void {
    for (;;) {
      if (this.#state.rows.has(row, Flag.PATH_CLOSED)) return;
      const answer = this.#state.work(row)?.answers.shift();
      if (answer === undefined) break;
      const prepared = this.#prepare(this.#state.rows.mode[row]! as Mode, answer);
      if (prepared !== undefined) this.#handle(row, prepared);
    }
    this.#state.settle(row);
  }

  #prepare(mode: Mode, answer: Answer): Prepared | undefined {
    const key = answer.ack ?? answer.ignored ?? answer.action?.key ?? answer.unknown;
    if (key === undefined) {
      this.#state.context.log('warn', 'answer without content ignored');
      return undefined;
    }
    const entry = this.#state.entries.find(mode, key);
    return { answer, key, entry, high: tsHigh(key.commitTs), low: tsLow(key.commitTs) };
  }

  #admit(row: number, prepared: Prepared): void {
    const { rows, context } = this.#state;
    if (rows.has(row, Flag.REMOVING)) {
      // D-49: the path is closed, but for acknowledgements of reports that hold back the checkpoint (see Reports.abandon).
      if (prepared.answer.ack !== undefined && prepared.entry !== undefined) this.#machine.acknowledge(row, prepared.entry);
    } else if (rows.state[row] !== ComponentState.WORKING && !this.#state.isFrozen(row)) {
      context.count('dispatcher.early-answers'); // D-2, R-3: lost, and repaired by a resend.
    } else if (rows.has(row, Flag.PATH_CLOSED)) this.#queue(row, prepared.answer);
    else this.#handle(row, prepared);
  }

  // W-13: one of each is enough, and no more than a few wait.
  #queue(row: number, answer: Answer): void {
    const { answers } = this.#state.needWork(row);
    if (answers.some((waiting) => sameAnswer(waiting, answer))) {
      this.#state.context.count('dispatcher.answers-merged');
    } else if (answers.length >= this.#state.options.maxQueuedAnswers) {
      this.#state.context.count('dispatcher.answers-dropped');
    } else answers.push(answer);
  }

  #handle(row: number, prepared: Prepared): void {
    const { answer, entry } = prepared;
    if (answer.ack !== undefined) {
      if (entry !== undefined) this.#machine.acknowledge(row, entry);
      return;
    }
    if (this.#state.isFrozen(row) && answer.unknown === undefined) {
      this.#state.context.count('dispatcher.frozen-answers'); // T-7: it acts on nothing.
      return;
    }
    if (answer.ignored !== undefined && this.#hint(row, entry)) return;
    if (answer.action !== undefined) this.#act(row, answer.action.action, prepared);
    if (answer.unknown !== undefined) this.#unknown(row, prepared.key, entry);
  }

  #isWaitingAt(row: number, entry: EventEntry | undefined): entry is EventEntry {
    const { rows } = this.#state;
    return entry !== undefined && rows.entry(row) === entry.index && rows.stage(row) === Stage.WAITING;
  }

  // D-35.2: one offer now, the timer unchanged.
  #hint(row: number, entry: EventEntry | undefined): boolean {
    if (!this.#isWaitingAt(row, entry)) return false;
    if (this.#state.rows.has(row, Flag.UNACKED)) {
      repeatWaiting(this.#state.rows, entry, row);
      this.#posting.oweWaiting(entry);
    } else this.#state.context.log('debug', 'ignore hint for an acknowledged report', { handle: this.#state.rows.handle[row] });
    return true;
  }

  // T-D: nobody waits for this report; the host is told.
  #unknown(row: number, key: EventKey, entry: EventEntry | undefined): void {
    const { rows, context } = this.#state;
    if (entry !== undefined) this.#machine.acknowledge(row, entry);
    context.count('dispatcher.unknown-to-maintainer');
    const event: UnknownDispatcher = {
      type: 'unknown-dispatcher',
      handle: rows.handle[row]!,
      generation: rows.generation[row]!,
      key,
    };
    context.emit(event, `unknown-dispatcher ${event.handle}`);
  }

  // D-35.3, with the full identity compared (D-38).
  #act(row: number, action: Action, prepared: Prepared): void {
    const { rows, context } = this.#state;
    const at = this.#state.entryOf(row);
    const order = at === undefined ? undefined : compareWithEntry(prepared, at);
    if (rows.stage(row) === Stage.NONE) {
      // a. It has not arrived, or has arrived and is held, flushed or not taken yet (D-21).
      if (order !== undefined ? order >= 0 : !this.#liesBehind(row, prepared)) return;
      this.#answerOld(row, action, prepared);
    } else if (order === 0 && rows.stage(row) === Stage.WAITING) {
      if (action === Action.WRITE || action === Action.PASS) this.#machine.accept(row, action);
      else context.log('warn', 'unknown action ignored', { action, key: formatEventKey(prepared.key) });
    } else if (order !== undefined && order < 0) {
      this.#answerOld(row, action, prepared); // d. The slot holds a later event.
    }
    // c. Too early: ignored. In WRITING the path is closed; were it not, the answer would still not be DONE (D-36).
  }

  // True when the stream has gone past the event. A sync point at the start ts is met again (T-1): only a mark or DONE proves it.
  #liesBehind(row: number, prepared: Prepared): boolean {
    if (this.#hasDone(row, prepared)) return true;
    const { rows } = this.#state;
    const high = this.#state.followsLane(row) ? this.#state.resolvedHigh : rows.resolvedHigh[row]!;
    const low = this.#state.followsLane(row) ? this.#state.resolvedLow : rows.resolvedLow[row]!;
    const order = compareTsWords(prepared.high, prepared.low, high, low);
    if (order !== 0 || !prepared.key.isSyncPoint) return order <= 0;
    return rows.start.compareTo(row, prepared.high, prepared.low) !== 0;
  }

  // It, or a later one, is done. The source may stand right there, and bring no mark until this DONE is heard.
  #hasDone(row: number, { key, high, low }: Prepared): boolean {
    const { rows } = this.#state;
    const order = compareTsWords(high, low, rows.doneHigh[row]!, rows.doneLow[row]!);
    return order < 0 || (order === 0 && (rows.has(row, Flag.LAST_DONE_SYNC) || !key.isSyncPoint));
  }

  #isLastDone(row: number, prepared: Prepared): boolean {
    const { rows } = this.#state;
    if (rows.doneHigh[row] !== prepared.high || rows.doneLow[row] !== prepared.low) return false;
    return rows.has(row, Flag.LAST_DONE_SYNC) === prepared.key.isSyncPoint;
  }

  // T-C: done, already done, or unknown; never a guess.
  #answerOld(row: number, action: Action, prepared: Prepared): void {
    const { rows } = this.#state;
    const { key, high, low } = prepared;
    if (this.#isLastDone(row, prepared)) {
      this.#posting.oweDone(row);
      return;
    }
    if (this.#written.has(rows.handle[row]!, rows.generation[row]!, key)) {
      this.#posting.oweOld(row, Stage.DONE, key.isSyncPoint, false, high, low);
      return;
    }
    const behindStart = rows.start.compareTo(row, high, low) <= 0;
    if (action === Action.PASS || behindStart) this.#posting.oweOld(row, Stage.DONE, key.isSyncPoint, true, high, low);
    else this.#posting.oweOld(row, Stage.UNKNOWN, key.isSyncPoint, false, high, low);
  }
}

// B-1: by ts, a DDL before a sync point.
function compareWithEntry(prepared: Prepared, entry: EventEntry): number {
  const order = compareTsWords(prepared.high, prepared.low, entry.tsHigh, entry.tsLow);
  return order !== 0 ? order : Number(prepared.key.isSyncPoint) - Number(entry.isSyncPoint);
}

function sameAnswer(a: Answer, b: Answer): boolean {
  return (
    sameKey(a.ack, b.ack) &&
    sameKey(a.ignored, b.ignored) &&
    sameKey(a.unknown, b.unknown) &&
    sameKey(a.action?.key, b.action?.key) &&
    a.action?.action === b.action?.action
  );
}

function sameKey(a: EventKey | undefined, b: EventKey | undefined): boolean {
  return a?.commitTs === b?.commitTs && a?.isSyncPoint === b?.isSyncPoint;
}
