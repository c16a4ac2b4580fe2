import {
  DEFAULTS,
  type HeartbeatRequest,
  type Mode,
  type RunningError,
  STATUS_PART_ROWS,
  type Watermark,
} from '@tidegate/protocol';
import type { ActorContext, Timer } from '@tidegate/runtime';
import type { Progress } from '../dispatchers/progress.js';
import type { ResolvedOptions } from '../options.js';
import { timer } from '../timers.js';
import type { Ownership } from './ownership.js';
import { type ComponentStatusRow, StatusWindow } from './statusWindow.js';
import { type Bound, Unconfirmed } from './unconfirmed.js';

/** Progress as it is told to one owner. */
interface Told extends Pick<HeartbeatRequest, 'watermark' | 'redoWatermark'> {
  readonly epoch: number;
}

/**
 * What the maintainer hears of progress and component states (section 11).
 *
 * H-8, ours: there is no queue of heartbeats. Progress is read when there is room, so the latest is what goes; component
 * statuses wait in the window, and when that is full the workers are paused ({@link Heartbeats.stuck}).
 */
export class Heartbeats {
  readonly #context: ActorContext;
  readonly #options: ResolvedOptions;
  readonly #ownership: Ownership;
  readonly #progress: Progress;
  readonly #window: StatusWindow;
  readonly #unconfirmed: Unconfirmed;
  #windowTimer: Timer | undefined;
  #complete = false;
  #error: RunningError | undefined;
  #started = false;
  #timer: Timer | undefined;
  /** When the last periodic one was due, and how long the next one waits if nothing changes until then. */
  #tickAt = 0;
  #pause: number;
  /** Milliseconds between two that say something new. */
  #interval: number;
  #isHurried = false;
  /** What the last periodic one said, and in which epoch. */
  #told: Told | undefined;
  #toldVersion = 0;
  /** Heartbeats accepted for sending so far. */
  sent = 0;
  /** Complete ones that the present owner was sent since the lists in them became what they are. */
  completes = 0;

  constructor(context: ActorContext, options: ResolvedOptions, ownership: Ownership, progress: Progress) {
    this.#context = context;
    this.#options = options;
    this.#ownership = ownership;
    this.#progress = progress;
    this.#interval = options.heartbeatInterval;
    this.#pause = this.#interval;
    this.#window = new StatusWindow(options.componentStatusCapacity);
    this.#unconfirmed = new Unconfirmed({ first: options.heartbeatInterval, longest: options.outstandingResendMax });
  }

  /** Component statuses that wait for their heartbeat. */
  get waiting(): number {
    return this.#window.length;
  }

  /** The most that waited at a time. */
  get mostWaiting(): number {
    return this.#window.most;
  }

  /** Dispatchers that stopped unasked, of which the maintainer has not confirmed that it knows. */
  get unconfirmed(): number {
    return this.#unconfirmed.size;
  }

  /** The watermark of a mode, as it would be told now. */
  latest(mode: Mode): Watermark {
    return this.#unconfirmed.lower(mode, this.#progress.latest(mode));
  }

  /** More waits than the window may hold: the maintainer takes nothing. */
  get stuck(): boolean {
    return this.#window.full;
  }

  /** The first error, which is being reported. */
  get error(): RunningError | undefined {
    return this.#error;
  }

  /** H-1: the periodic heartbeat and the complete one begin with the first dispatcher. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    const first = this.#isHurried ? 0 : this.#options.heartbeatFirst;
    this.#timer = this.#context.schedule(first, timer('heartbeat'));
    this.#context.schedule(this.#options.completeHeartbeatInterval, timer('complete'));
  }

  /**
   * The periodic heartbeat: progress alone. What was gathered goes first: a watermark without a dispatcher must not come
   * before the news that it stopped (H-2). One that finds no room is left out, the next is better; so none overtakes another.
   * One that says what the last one said repairs the loss of that one: the next waits twice as long, up to a complete one (H-1).
   */
  tick(): void {
    const now = this.#now();
    const isRepeat = this.#isTold(now);
    const longest = Math.max(this.#options.completeHeartbeatInterval, this.#interval);
    this.#pause = isRepeat ? Math.min(this.#pause * 2, longest) : this.#interval;
    this.#tickAt = this.#context.now();
    this.#toldVersion = this.#progress.version;
    this.#timer = this.#context.schedule(this.#pause, timer('heartbeat'));
    if (!this.flush()) return;
    const { watermark, redoWatermark } = now;
    const body = { ...(watermark && { watermark }), ...(redoWatermark && { redoWatermark }), complete: false };
    if (this.#send(body, 'refusable')) this.#told = now;
  }

  /** The owner does not know what it was told. */
  repeat(): void {
    this.#told = undefined;
    this.completes = 0;
  }

  /** The end of a turn: what has changed is told when the interval is over, however long the pause was to be. `waits`: so is something else. */
  turnEnd(waits: boolean): void {
    if (this.#pause <= this.#interval || this.#ownership.address === undefined) return;
    const isQuiet = this.#progress.version === this.#toldVersion && this.#told?.epoch === this.#ownership.epoch;
    if (isQuiet && !waits && !this.#isOwing) return;
    this.#next();
  }

  /** A worker says that only the checkpoint is waited for: from now on news waits hardly at all, and says so. */
  hurry(): void {
    if (this.#isHurried) return;
    this.#isHurried = true;
    this.#interval = Math.min(this.#interval, DEFAULTS.heartbeatHurried);
    if (this.#started) this.#next();
  }

  /** The next periodic one comes an interval after the one before. */
  #next(): void {
    this.#pause = this.#interval;
    this.#timer?.cancel();
    const left = this.#tickAt + this.#interval - this.#context.now();
    this.#timer = this.#context.schedule(Math.max(0, left), timer('heartbeat'));
  }

  /**
   * A component status for the next heartbeat of the window (H-5). A full window goes at once. Without an owner there is
   * nobody to tell: the next one learns it all from the snapshots of its bootstrap.
   */
  report(row: ComponentStatusRow): void {
    if (this.#ownership.address === undefined) return;
    // In the order in which it came about, as far as there is room.
    if (this.#unconfirmed.hasNews) this.flush();
    this.#window.add(row);
    if (this.#window.full) this.flush();
    else this.#openWindow();
  }

  /** What the maintainer asks again for, or hears again: nothing is gathered beyond the bound for it. */
  answer(...rows: readonly ComponentStatusRow[]): void {
    for (const row of rows) {
      if (this.#window.full && !this.flush()) this.#context.count('coordinator.component-answers-dropped');
      else this.report(row);
    }
  }

  /**
   * A dispatcher has stopped unasked. It is told until the maintainer confirms, and bounds the watermark until then (K-9):
   * were that to move on first, it would pass what the dispatcher had not flushed.
   */
  reportGone(row: ComponentStatusRow, bound: Bound): void {
    if (this.#ownership.address === undefined) return;
    this.#unconfirmed.add(row, bound);
    this.#openWindow();
  }

  /** The owner has taken the heartbeat that asked to be confirmed by this number. */
  taken(confirm: number): void {
    this.#unconfirmed.taken(confirm);
  }

  /** The owner is gone, and with it everybody who would want what was gathered. */
  forgetOwner(): void {
    this.#window.clear();
    this.#windowTimer?.cancel();
    this.#windowTimer = undefined;
    this.#complete = false;
    this.#unconfirmed.clear();
  }

  /** A new owner, which is told by its bootstrap what is here: what was lost before is no concern of it. */
  retarget(): void {
    this.#unconfirmed.clear();
    this.#told = undefined;
    this.#complete = false;
    this.completes = 0;
    this.sendError();
  }

  /** Every dispatcher was listed since the round began: the heartbeat says so (H-1). `changed`: not as in the last round. */
  completeRound(changed: boolean): void {
    if (changed) this.completes = 0;
    if (this.#ownership.address === undefined) return;
    this.#complete = true;
    this.flush();
  }

  /**
   * Sends what was gathered. False: the maintainer takes nothing now, and so must not be sent a block status either: a
   * status never overtakes a heartbeat of the same sender (T-H).
   */
  flush(): boolean {
    if (this.#ownership.address === undefined) return false;
    while (this.#window.length > 0 || this.#complete) {
      // Parts that fit a lane, each with the bounds of all.
      const rows = Math.min(this.#window.length, STATUS_PART_ROWS);
      const isLast = rows === this.#window.length;
      const body = {
        ...this.#watermarks((mode) => this.#window.watermark(mode, this.latest(mode))),
        ...(rows > 0 && { statuses: this.#window.columns(rows) }),
        complete: this.#complete && isLast,
      };
      if (!this.#send(body, 'lossless')) return false;
      this.#window.drop(rows);
      if (isLast) this.#complete = false;
    }
    const isTold = this.#unconfirmed.send(this.#context.now(), (statuses, confirm) => {
      return this.#send({ ...this.#watermarks((mode) => this.latest(mode)), statuses, complete: false, confirm }, 'lossless');
    });
    if (!isTold) return false;
    this.#windowTimer?.cancel();
    this.#windowTimer = undefined;
    return true;
  }

  /** H-7: the first error is reported at once and again and again; later ones are only counted. */
  fail(code: string, message: string): void {
    if (this.#error !== undefined) {
      this.#context.count('coordinator.later-errors');
      return;
    }
    this.#error = { time: this.#context.now(), host: this.#options.host, code, message };
    this.repeatError();
  }

  repeatError(): void {
    if (this.#error === undefined) return;
    this.#context.schedule(this.#options.errorRepeat, timer('error'));
    this.sendError();
  }

  /** Sends the error, if there is one; a new owner is told at once. */
  sendError(): void {
    if (this.#error !== undefined) this.#send({ complete: false, error: this.#error }, 'lossless');
  }

  /** The changefeed is closed here: nothing is left to report. */
  clear(): void {
    this.forgetOwner();
    this.#error = undefined;
  }

  #openWindow(): void {
    this.#windowTimer ??= this.#context.schedule(this.#options.componentStatusWindow, timer('components'));
  }

  #now(): Told {
    return { epoch: this.#ownership.epoch, ...this.#watermarks((mode) => this.latest(mode)) };
  }

  /** Component statuses wait to be told, or to be confirmed. */
  get #isOwing(): boolean {
    return this.#window.length > 0 || this.#complete || !this.#unconfirmed.isEmpty;
  }

  /** Nothing else is to be told, and the owner, if there is one, was told this. */
  #isTold({ epoch, watermark, redoWatermark }: Told): boolean {
    if (this.#isOwing) return false;
    if (this.#ownership.address === undefined) return true;
    const told = this.#told;
    return told?.epoch === epoch && isSame(told.watermark, watermark) && isSame(told.redoWatermark, redoWatermark);
  }

  /** Watermarks of the modes that have, or had, dispatchers; the default mode always. */
  #watermarks(of: (mode: Mode) => HeartbeatRequest['watermark']): Pick<HeartbeatRequest, 'watermark' | 'redoWatermark'> {
    const watermark = of(0);
    const redoWatermark = this.#progress.seq(1) > 0 ? of(1) : undefined;
    return { ...(watermark && { watermark }), ...(redoWatermark && { redoWatermark }) };
  }

  #send(body: Omit<HeartbeatRequest, 'type' | 'from' | 'epoch'>, delivery: 'lossless' | 'refusable'): boolean {
    const to = this.#ownership.address;
    if (to === undefined) return false;
    const { epoch } = this.#ownership;
    const hurry = this.#isHurried && ({ hurry: true } as const);
    const heartbeat: HeartbeatRequest = { type: 'heartbeat', from: this.#options.host, epoch, ...body, ...hurry };
    const accepted = this.#context.send(to, heartbeat, delivery);
    if (accepted) this.sent++;
    if (accepted && body.complete) this.completes++;
    return accepted;
  }
}

function isSame(one: Watermark | undefined, other: Watermark | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  const isPlace = one.checkpointTs === other.checkpointTs && one.resolvedTs === other.resolvedTs;
  return isPlace && one.seq === other.seq && one.lastSyncedTs === other.lastSyncedTs;
}
