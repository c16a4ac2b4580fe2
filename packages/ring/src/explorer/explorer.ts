import { ASLEEP, isAtomic, LOAD, leavesTraces, NOT_EQUAL, NOTIFY, Suspended, TIMED_OUT, WAIT, WOKEN } from './operations.js';
import type { RingUnderTest } from './ringUnderTest.js';
import { type Env, isMortal, type Outcome, type Scenario } from './scenario.js';
import { MAX_THREADS, type MemorySnapshot, mix, SharedMemory } from './sharedMemory.js';
import { KILLED, SLICE_PASSED, Story } from './story.js';
import { Thread, type ThreadSnapshot } from './thread.js';

export interface ExploreOptions {
  /** How often a thread that could go on is interrupted in one execution, at most. Default: as often as can be. */
  readonly bound?: number;
  /** Leave an execution that comes to a state known already. Default true; false counts every interleaving. */
  readonly merge?: boolean;
  /** Give up after so many schedules. */
  readonly maxSchedules?: number;
}

export interface Report {
  /** Executions begun, each with an order of steps of its own, and those of them that were not merged into another. */
  readonly schedules: number;
  readonly complete: number;
  /** Different states in which there was a choice. */
  readonly states: number;
  /** Most steps of one execution. */
  readonly longest: number;
  /** Given up before all was explored. */
  readonly cut: boolean;
  /** The first execution that went wrong, told step by step. */
  readonly violation: string | undefined;
}

/** What is tried at a choice instead of going on. */
type Move = { readonly go: Thread; readonly price: number } | { readonly kill: Thread };

/** A choice that has been made, and what is left to try of it. */
interface Choice {
  readonly memory: MemorySnapshot;
  readonly threads: readonly ThreadSnapshot[];
  readonly story: number;
  readonly left: number;
  readonly deaths: number;
  readonly slices: number;
  readonly untried: Move[];
}

/** A thread that takes this many steps in a scenario of a few entries does not end. */
const MOST_STEPS = 2000;

/**
 * Runs a scenario in every order of its threads' steps, up to a bound on interruptions (being asleep, dead or at one's end is
 * none). Depth first: at each choice what memory holds and what each thread has been answered is kept; to try something else
 * it is put back, and the thread that goes on is run again up to where it stood.
 *
 * Three kinds of choices are not made, for each of them comes to the same as another:
 *
 * - A switch just before a plain operation comes to one just behind it, unless somebody else touches the same word meanwhile.
 *   That is a race, and a race is found in whatever order its two sides come.
 * - A death before an operation that only looks comes to one before the next that does more: nobody sees what the dead saw.
 * - The death of one who is interrupted comes to its death when it was interrupted; the death of a sleeper, to one just
 *   before its sleep. A successor that can start need not start at once.
 */
export class Explorer {
  readonly #scenario: Scenario;
  readonly #under: RingUnderTest;
  readonly #memory: SharedMemory;
  readonly #regions: readonly SharedArrayBuffer[];
  readonly #threads: readonly Thread[];
  readonly #story = new Story();
  readonly #known = new Map<number, number>();
  readonly #choices: Choice[] = [];
  readonly #merge: boolean;
  readonly #mayDie: number;
  readonly #maxSchedules: number;

  /** The thread whose course runs, and whether it has been left: then none of its operations is done. */
  #running: Thread | undefined;
  #left = false;
  /** Its next step has been chosen already. */
  #chosen = false;
  #preparing = true;
  #merged = false;
  #fallsAsleep: () => void = () => undefined;
  #interruptions: number;
  #deaths = 0;
  #slices = 0;
  #longest = 0;
  #violation: string | undefined;

  constructor(scenario: Scenario, under: RingUnderTest, options: ExploreOptions = {}) {
    const { bound = Number.POSITIVE_INFINITY, merge = true, maxSchedules = Number.POSITIVE_INFINITY } = options;
    this.#scenario = scenario;
    this.#under = under;
    this.#merge = merge;
    this.#interruptions = bound;
    this.#maxSchedules = maxSchedules;
    this.#regions = scenario.memory();
    this.#memory = new SharedMemory(this.#regions);
    this.#threads = scenario.threads.map((spec, index) => new Thread(index, spec));
    this.#mayDie = scenario.threads.some(isMortal) ? (scenario.deaths ?? 1) : 0;
    if (this.#threads.length > MAX_THREADS) throw new Error(`a scenario has at most ${MAX_THREADS} threads`);
  }

  async explore(): Promise<Report> {
    const { port } = this.#under;
    port.operate = (operation, place, value, other) => this.#operate(operation, place, value, other);
    port.place = (region, word) => this.#memory.place(region, word);
    port.regionOf = (memory) => this.#regions.indexOf(memory);

    await this.#prepare();
    let schedules = 0;
    let complete = 0;
    let next: Thread | undefined = this.#choose(undefined);
    for (;;) {
      while (next !== undefined && this.#violation === undefined) {
        await this.#run(next);
        next = this.#merged || this.#violation !== undefined ? undefined : this.#choose(undefined);
      }
      schedules++;
      if (!this.#merged) complete++;
      if (this.#violation !== undefined || schedules >= this.#maxSchedules) break;
      const back = this.#goBack();
      if (back === undefined) break;
      next = back.next;
    }
    const cut = this.#violation === undefined && this.#choices.length > 0;
    return { schedules, complete, states: this.#known.size, longest: this.#longest, cut, violation: this.#violation };
  }

  /** Everything before the first step that counts, one thread after the other. */
  async #prepare(): Promise<void> {
    for (const thread of this.#threads) {
      if (thread.status === 'unborn') continue;
      this.#running = thread;
      thread.spec.prepare(this.#env(thread));
      for (const other of this.#threads) this.#memory.order(thread.index, other.index);
    }
    this.#story.cut(0);
    this.#preparing = false;
  }

  /** Runs a thread until it ends, sleeps or is left. */
  async #run(thread: Thread): Promise<void> {
    thread.rewind();
    this.#running = thread;
    this.#left = false;
    await new Promise<void>((resolve) => {
      this.#fallsAsleep = resolve;
      this.#play(thread).then(resolve, (reason: unknown) => {
        if (reason !== Suspended.signal) this.#fail(thread, reason instanceof Error ? reason.message : String(reason));
        resolve();
      });
    });
    this.#chosen = false;
  }

  async #play(thread: Thread): Promise<void> {
    const course = thread.spec.prepare(this.#env(thread));
    await course();
    // Who is doomed stands at its end, as if asleep where nobody rings.
    if (!this.#left) thread.status = thread.spec.doomed ? 'asleep' : 'finished';
  }

  #env(thread: Thread): Env {
    return { ring: this.#under.ring, memory: this.#regions, note: (value) => thread.notes.push(value) };
  }

  /** An operation of the thread that runs: answered again, or a step, with a choice before it. */
  #operate(operation: number, place: number, value: number, other: number): number {
    const thread = this.#running;
    if (thread === undefined || this.#left) throw Suspended.signal;
    if (thread.isReplaying) return thread.replay(operation, place);
    if (!this.#preparing && this.#choose(thread, operation) !== thread) this.#leave();
    this.#chosen = false;
    if (thread.steps > MOST_STEPS) {
      this.#fail(thread, `does not end: more than ${MOST_STEPS} steps`);
      this.#leave();
    }
    let result = this.#memory.perform(thread.index, operation, place, value, other);
    this.#story.add(thread.index, operation, place, value, result);
    if (this.#memory.race !== undefined) {
      this.#fail(thread, this.#memory.race);
      this.#leave();
    }
    if (operation === WAIT) {
      if (result === value) {
        thread.status = 'asleep';
        thread.sleepsAt = place;
        this.#left = true;
        this.#fallsAsleep();
        return ASLEEP;
      }
      result = NOT_EQUAL;
    }
    thread.record(operation, place, result);
    thread.position++;
    if (operation === NOTIFY) this.#wake(place);
    return result;
  }

  #leave(): never {
    this.#left = true;
    throw Suspended.signal;
  }

  #wake(place: number): void {
    for (const thread of this.#threads)
      if (thread.status === 'asleep' && thread.sleepsAt === place) this.#endSleep(thread, WOKEN);
  }

  #endSleep(thread: Thread, result: number): void {
    thread.record(WAIT, thread.sleepsAt, result);
    thread.status = 'ready';
    thread.sleepsAt = -1;
  }

  /**
   * Who goes on. With a thread that runs: that one, and what else could be done before its operation is kept for later.
   * Without: one of those that can. Undefined: nobody, or what follows is known.
   */
  #choose(running: Thread | undefined, operation = LOAD): Thread | undefined {
    this.#merged = false;
    const ready = this.#threads.filter((thread) => thread.status === 'ready');
    if (running === undefined && ready.length === 0) return this.#allStand();
    const next = running ?? ready[0];
    const untried: Move[] = [];
    if (running === undefined || (isAtomic(operation) && !this.#chosen && this.#interruptions > 0)) {
      for (const go of ready) if (go !== next) untried.push({ go, price: running === undefined ? 0 : 1 });
    }
    const mayDie = running !== undefined && this.#deaths < this.#mayDie && isMortal(running.spec) && leavesTraces(operation);
    if (mayDie) untried.push({ kill: running });
    if (running === undefined) this.#chosen = true;
    if (untried.length === 0) return next;
    if (this.#merge && this.#isKnown(running)) {
      this.#merged = true;
      return undefined;
    }
    this.#choices.push({
      memory: this.#memory.snapshot(),
      threads: this.#threads.map((thread) => thread.snapshot()),
      story: this.#story.length,
      left: this.#interruptions,
      deaths: this.#deaths,
      slices: this.#slices,
      untried,
    });
    return next;
  }

  /** Back to the last choice of which something is left to try, to do that. */
  #goBack(): { readonly next: Thread | undefined } | undefined {
    const choice = this.#choices.at(-1);
    const move = choice?.untried.pop();
    if (choice === undefined || move === undefined) return undefined;
    this.#memory.restore(choice.memory);
    if (choice.untried.length === 0) {
      this.#choices.pop();
      this.#memory.discard(choice.memory);
    }
    for (const [index, thread] of choice.threads.entries()) this.#threads[index]?.restore(thread);
    this.#story.cut(choice.story);
    this.#interruptions = choice.left;
    this.#deaths = choice.deaths;
    this.#slices = choice.slices;
    this.#merged = false;
    if ('go' in move) {
      this.#interruptions -= move.price;
      this.#chosen = true;
      return { next: move.go };
    }
    this.#kill(move.kill);
    return { next: this.#choose(undefined) };
  }

  #kill(victim: Thread): void {
    this.#deaths++;
    victim.status = 'dead';
    victim.sleepsAt = -1;
    this.#story.add(victim.index, KILLED, -1, 0, 0);
    for (const heir of this.#threads) {
      if (heir.status !== 'unborn' || heir.spec.succeeds !== victim.spec.name) continue;
      heir.status = 'ready';
      // A successor starts after the exit event.
      this.#memory.order(victim.index, heir.index);
    }
  }

  /** Nobody can go on: time passes, or the execution is over and is judged. */
  #allStand(): Thread | undefined {
    const doomed = this.#threads.find((thread) => thread.spec.doomed && thread.status === 'asleep');
    if (doomed !== undefined) {
      this.#kill(doomed);
      return this.#choose(undefined);
    }
    const asleep = this.#threads.filter((thread) => thread.status === 'asleep');
    if (asleep.length > 0 && this.#deaths > 0 && this.#slices < (this.#scenario.slices ?? 0)) {
      this.#slices++;
      for (const thread of asleep) {
        this.#story.add(thread.index, SLICE_PASSED, -1, 0, 0);
        this.#endSleep(thread, TIMED_OUT);
      }
      return this.#choose(undefined);
    }
    this.#longest = Math.max(this.#longest, this.#story.length / 5);
    const by = (name: string): Thread | undefined => this.#threads.find((thread) => thread.spec.name === name);
    const outcome: Outcome = {
      notes: (name) => by(name)?.notes ?? [],
      died: (name) => by(name)?.status === 'dead',
      asleep: asleep.map((thread) => thread.spec.name),
      word: (index, region = 0) => this.#memory.peek(this.#memory.place(region, index)),
    };
    try {
      if (asleep.length > 0 && !this.#scenario.sleepsOn) throw new Error(`nobody will wake ${outcome.asleep.join(' and ')}`);
      this.#scenario.check(outcome);
    } catch (error) {
      this.#fail(undefined, error instanceof Error ? error.message : String(error));
    }
    return undefined;
  }

  /** The same state, reached with no fewer interruptions left, has been explored. */
  #isKnown(running: Thread | undefined): boolean {
    const key = this.#stateHash(0x3c6ef372, running) * 2 ** 21 + (this.#stateHash(0x1f83d9ab, running) >>> 11);
    const left = this.#known.get(key);
    if (left !== undefined && left >= this.#interruptions) return true;
    this.#known.set(key, this.#interruptions);
    return false;
  }

  #stateHash(seed: number, running: Thread | undefined): number {
    let hash = mix(seed + (running?.index ?? -1) + 16 * this.#deaths + 256 * this.#slices);
    for (const thread of this.#threads) hash = mix(hash ^ thread.hash(seed + thread.index));
    return (hash ^ this.#memory.hash(seed)) >>> 0;
  }

  #fail(thread: Thread | undefined, what: string): void {
    const names = this.#threads.map((each) => each.spec.name);
    const story = this.#story.tell(names, this.#memory);
    this.#violation ??= `${this.#scenario.name}: ${thread === undefined ? '' : `${thread.spec.name}: `}${what}\n${story}`;
  }
}
