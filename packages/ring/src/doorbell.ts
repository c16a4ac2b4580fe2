import { types } from 'node:util';
import { LaneMagicError } from './errors.js';
import { BELL_BYTES, BELL_KNOCK, BELL_MAGIC, BELL_MAGIC_WORD, BELL_SEQUENCE, BELL_SLEEPERS } from './layout.js';

/** A sleep looks up at least this often, in milliseconds: what a wake-up costs at most if its ringer died before it rang. */
export const SLICE_MS = 100;

/** How often a sleep looks before it announces itself. A sleep and a wake-up cost tens of microseconds, this about one. */
export const SPIN_LOOKS = 100;

export interface DoorbellOptions {
  /** Longest single wait, in milliseconds. Default {@link SLICE_MS}. */
  readonly sliceMs?: number;
  /** Looks before the first wait of a {@link Doorbell.sleepUntil}. Default {@link SPIN_LOOKS}. */
  readonly spinLooks?: number;
}

/**
 * Wakes a thread that sleeps. One per thread, however many lanes it produces to or consumes from.
 *
 * The ringer first makes its news visible, then calls {@link ring}. The sleeper announces itself, *then* looks for news
 * once more, and only then waits:
 *
 * ```
 *   ringer                                  sleeper
 *   R1 store the news (tail, head, flag)    S1 add 1 to sleepers
 *   R2 load sleepers; 0: done               S2 load sequence
 *   R3 add 1 to sequence                    S3 load the news; some: S5
 *   R4 notify                               S4 wait while sequence is what S2 saw
 *                                           S5 subtract 1 from sleepers
 * ```
 *
 * All are sequentially consistent. R2 before S1: then R1 before S3, the news is seen. R2 after S1 and R3 before S2: R1
 * before S3 again. R3 between S2 and S4: the wait returns at once. R3 after S4: R4 wakes. A ringer that dies between R1
 * and R4 leaves a sleeper that no one wakes: the slices of the wait bound that, and a successor rings when it attaches.
 *
 * A ring is no message: it says "look again", and says nothing to one who is awake.
 */
export class Doorbell {
  readonly #words: Int32Array;
  readonly #sequence: number;
  readonly #sleepers: number;
  readonly #knock: number;
  readonly #sliceMs: number;
  readonly #spinLooks: number;
  /**
   * Ends sleeps whose time is over, and holds the event loop open while somebody sleeps here, which a pending waitAsync does not.
   * A timeout of waitAsync would cost each sleep a wake-up of the event loop, and leave a timer behind that brings another.
   */
  #alarm: NodeJS.Timeout | undefined;
  /** When the alarm comes, and for when it came last. */
  #alarmAt = Number.POSITIVE_INFINITY;
  #alarmedFor = Number.NEGATIVE_INFINITY;
  #holders = 0;

  /** Use {@link attach}. `at`: the first word of the doorbell. */
  constructor(words: Int32Array, at: number, options: DoorbellOptions = {}) {
    this.#words = words;
    this.#sequence = at + BELL_SEQUENCE;
    this.#sleepers = at + BELL_SLEEPERS;
    this.#knock = at + BELL_KNOCK;
    this.#sliceMs = options.sliceMs ?? SLICE_MS;
    this.#spinLooks = options.spinLooks ?? SPIN_LOOKS;
  }

  /** Memory for one doorbell. */
  static create(): SharedArrayBuffer {
    const sab = new SharedArrayBuffer(BELL_BYTES);
    new Uint32Array(sab)[BELL_MAGIC_WORD] = BELL_MAGIC;
    return sab;
  }

  /**
   * For the thread that sleeps and for those that ring, alike.
   *
   * @throws LaneMagicError when the memory is no doorbell.
   */
  static attach(sab: SharedArrayBuffer, options: DoorbellOptions = {}): Doorbell {
    if (
      !types.isSharedArrayBuffer(sab) ||
      sab.byteLength !== BELL_BYTES ||
      new Uint32Array(sab)[BELL_MAGIC_WORD] !== BELL_MAGIC
    ) {
      throw new LaneMagicError(`memory of ${sab.byteLength} bytes is no doorbell: pass what Doorbell.create returned`);
    }
    return new Doorbell(new Int32Array(sab), 0, options);
  }

  /** Wakes whoever sleeps. Call it after the news is visible. Costs one load when nobody sleeps. */
  ring(): void {
    if (Atomics.load(this.#words, this.#sleepers) !== 0) this.#wake();
  }

  #wake(): void {
    Atomics.add(this.#words, this.#sequence, 1);
    Atomics.notify(this.#words, this.#sequence);
  }

  /**
   * Announces a sleep. Look for news after it, then call {@link sleep} or {@link disarm} with what it returned. Several
   * on one thread may be armed at a time: a ring wakes them all.
   */
  arm(): number {
    Atomics.add(this.#words, this.#sleepers, 1);
    return Atomics.load(this.#words, this.#sequence);
  }

  /** Takes the announcement back. */
  disarm(): void {
    Atomics.sub(this.#words, this.#sleepers, 1);
  }

  /**
   * Sleeps until a ring, `timeoutMs` or one slice ({@link SLICE_MS}), whichever comes first; then disarms. True: rung. The
   * event loop goes on, and is held open. Whatever it returned, look for news, and arm again before the next sleep.
   */
  async sleep(ticket: number, timeoutMs: number): Promise<boolean> {
    const slice = timeoutMs < this.#sliceMs ? timeoutMs : this.#sliceMs;
    const wait = Atomics.waitAsync(this.#words, this.#sequence, ticket);
    if (!wait.async) {
      this.disarm();
      return wait.value === 'not-equal';
    }
    const until = performance.now() + slice;
    this.#holdLoop(until, slice);
    try {
      return (await wait.value) === 'ok' && this.#alarmedFor < until;
    } finally {
      this.#releaseLoop();
      this.disarm();
    }
  }

  /**
   * Like {@link sleepUntil}, with the event loop standing still: a wake-up takes about half the time, and nothing that comes by
   * another way is noticed. Whoever posts to a port of this thread {@link knock}s.
   */
  sleepUntilBlocking(ready: () => boolean, timeoutMs: number): boolean {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const sequence = this.arm();
      try {
        const left = deadline - performance.now();
        if (ready()) return true;
        if (left <= 0) return false;
        Atomics.wait(this.#words, this.#sequence, sequence, left < this.#sliceMs ? left : this.#sliceMs);
      } finally {
        this.disarm();
      }
    }
  }

  /** Wakes whoever sleeps for something that only its event loop can see. Call it after the message was posted. */
  knock(): void {
    Atomics.store(this.#words, this.#knock, 1);
    this.ring();
  }

  /** Whether somebody has knocked since the last call. For the one thread that sleeps here: after {@link arm}, before the sleep. */
  takeKnock(): boolean {
    return Atomics.load(this.#words, this.#knock) !== 0 && Atomics.exchange(this.#words, this.#knock, 0) !== 0;
  }

  /**
   * Sleeps until `ready` says so, looking after each ring and each slice. False: `timeoutMs` passed and it still did not.
   * A thread whose `ready` is always true never gives its timers a turn: that is for its loop to see to.
   */
  async sleepUntil(ready: () => boolean, timeoutMs: number): Promise<boolean> {
    for (let look = 0; look < this.#spinLooks; look++) if (ready()) return true;
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const ticket = this.arm();
      const left = deadline - performance.now();
      let waits = false;
      try {
        if (ready()) return true;
        if (left <= 0) return false;
        waits = true;
      } finally {
        if (!waits) this.disarm();
      }
      await this.sleep(ticket, left);
    }
  }

  /**
   * For the successor of a thread that has exited, before its own first sleep: forgets sleepers that died. Without it they
   * would cost every ringer a notify.
   */
  reset(): void {
    Atomics.store(this.#words, this.#sleepers, 0);
    this.#wake();
  }

  /** An alarm that comes earlier stays: it costs a look. */
  #holdLoop(until: number, delay: number): void {
    this.#holders++;
    if (this.#alarm !== undefined && this.#alarmAt <= until) {
      this.#alarm.ref();
      return;
    }
    if (this.#alarm !== undefined) clearTimeout(this.#alarm);
    this.#alarmAt = until;
    this.#alarm = setTimeout(() => this.#alarmed(), Math.ceil(delay));
  }

  #releaseLoop(): void {
    if (--this.#holders === 0) this.#alarm?.unref();
  }

  #alarmed(): void {
    this.#alarmedFor = this.#alarmAt;
    this.#alarmAt = Number.POSITIVE_INFINITY;
    this.#alarm = undefined;
    if (this.#holders > 0) this.#wake();
  }
}
