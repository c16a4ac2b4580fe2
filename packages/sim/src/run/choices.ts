import type { Step } from '@tidegate/runtime';
import { SimError } from '../errors.js';
import { Random } from '../random.js';

/** One in so many choices moves the clock although something else could happen. */
const TIMER_SHARE = 8;
const FNV_PRIME = 0x01000193;

/** Chooses what happens next: by a seed, or as a recorded run did. Keeps what it chose, and a digest of it. */
export class Choices {
  /** Places of the chosen steps among those that were possible; empty unless recording. */
  readonly made: number[] = [];
  /** Of every choice, what it was made from, and when: equal for equal runs. */
  digest = 0x811c9dc5;
  readonly #random: Random;
  readonly #record: boolean;
  readonly #replay: readonly number[] | undefined;
  #count = 0;

  constructor(seed: number, options: { readonly record?: boolean | undefined; readonly replay?: readonly number[] | undefined }) {
    this.#random = new Random(seed ^ 0x5eed);
    this.#record = options.record === true;
    this.#replay = options.replay;
  }

  get count(): number {
    return this.#count;
  }

  /** The timer, if there is one, comes last. Undefined: nothing is possible. @throws SimError when a recording does not fit this run. */
  choose(steps: readonly Step[], now: number): Step | undefined {
    if (steps.length === 0) return undefined;
    const choice = this.#replay === undefined ? this.#draw(steps) : (this.#replay[this.#count] ?? -1);
    const step = steps[choice];
    if (step === undefined)
      throw new SimError(
        'SIM_REPLAY',
        `choice ${this.#count} of the recording is ${choice}, but ${steps.length} steps are possible: it is of another run`,
      );
    this.#count++;
    if (this.#record) this.made.push(choice);
    this.digest = Math.imul(this.digest ^ (choice + (steps.length << 8) + (now << 12)), FNV_PRIME) >>> 0;
    return step;
  }

  /** The clock may move while messages are under way, but not so fast that nothing else ever happens. */
  #draw(steps: readonly Step[]): number {
    const count = steps.length;
    if (count === 1) return 0;
    const timer = steps[count - 1]?.type === 'timer' && this.#random.below(TIMER_SHARE) !== 0 ? 1 : 0;
    return this.#random.below(count - timer);
  }
}
