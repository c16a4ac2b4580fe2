import type { Actor, ActorContext, Address } from '@tidegate/runtime';

/** What goes wrong between coordinator and maintainer. Shares are per mille. */
export interface Faults {
  readonly drop: number;
  readonly duplicate: number;
  /** Longest delay of a message in milliseconds; those behind it wait as well, so order is kept. */
  readonly delay: number;
  /** Longest pause of the receiving of either side in milliseconds, every now and then: the sender's lane fills and refuses. */
  readonly stall: number;
  /** Nothing is dropped, doubled or stalled from this moment of the virtual clock on. */
  readonly until: number;
}

/** Address of the way: coordinator and maintainer each take it for the other. */
export const WAY = 'way';

interface Release {
  readonly type: 'release' | 'stall' | 'resume';
  readonly from: Address;
}

/** Shortest and longest time from one pause to the next, as multiples of the longest pause. */
const STALL_SPACING = [2, 10] as const;

interface Direction {
  readonly to: Address;
  readonly queue: { readonly message: unknown; readonly due: number }[];
  armed: boolean;
}

/**
 * Stands between coordinator and maintainer and loses, doubles and delays what they send each other, each direction in
 * order: what a network between hosts may do, and what every step of the protocol has a retry owner for (section 27).
 */
export class FaultyWay implements Actor<unknown> {
  dropped = 0;
  duplicated = 0;
  readonly #context: ActorContext;
  #faults: Faults;
  readonly #directions: ReadonlyMap<Address, Direction>;

  constructor(context: ActorContext, faults: Faults) {
    this.#context = context;
    this.#faults = faults;
    const direction = (to: Address): Direction => ({ to, queue: [], armed: false });
    this.#directions = new Map([
      ['coordinator', direction('maintainer')],
      ['maintainer', direction('coordinator')],
    ]);
    if (faults.stall > 0) for (const from of this.#directions.keys()) this.#planStall(from);
  }

  /** From now on nothing goes wrong. */
  heal(): void {
    this.#faults = { ...this.#faults, delay: 0, until: 0 };
  }

  receive(message: unknown, from: Address): void {
    if (from === this.#context.self) {
      this.#fire(message as Release);
      return;
    }
    const direction = this.#directions.get(from) as Direction;
    const { drop, duplicate, delay, until } = this.#faults;
    const now = this.#context.now();
    const ill = now < until;
    if (ill && this.#chance(drop)) {
      this.dropped++;
      return;
    }
    const last = direction.queue.at(-1)?.due ?? 0;
    const due = Math.max(last, now + (delay === 0 ? 0 : this.#context.random() % (delay + 1)));
    direction.queue.push({ message, due });
    if (ill && this.#chance(duplicate)) {
      this.duplicated++;
      direction.queue.push({ message, due });
    }
    this.#release(from, direction);
  }

  room(to: Address): void {
    for (const [from, direction] of this.#directions) if (direction.to === to) this.#release(from, direction);
  }

  inspect(): { readonly onTheWay: number } {
    return { onTheWay: [...this.#directions.values()].reduce((sum, { queue }) => sum + queue.length, 0) };
  }

  #fire({ type, from }: Release): void {
    if (type === 'stall') {
      this.#context.pause(from);
      this.#context.schedule(this.#context.random() % (this.#faults.stall + 1), { type: 'resume', from } satisfies Release);
    } else if (type === 'resume') {
      this.#context.resume(from);
      this.#planStall(from);
    } else {
      const direction = this.#directions.get(from) as Direction;
      direction.armed = false;
      this.#release(from, direction);
    }
  }

  #planStall(from: Address): void {
    const { stall, until } = this.#faults;
    if (this.#context.now() >= until) return;
    const [least, most] = STALL_SPACING;
    const pause = stall * (least + (this.#context.random() % (most - least)));
    this.#context.schedule(pause, { type: 'stall', from } satisfies Release);
  }

  #release(from: Address, direction: Direction): void {
    const { queue } = direction;
    const now = this.#context.now();
    while (queue[0] !== undefined && queue[0].due <= now) {
      if (!this.#context.send(direction.to, queue[0].message, 'refusable')) break;
      queue.shift();
    }
    const next = queue[0];
    if (next === undefined || direction.armed) return;
    direction.armed = true;
    this.#context.schedule(Math.max(1, next.due - now), { type: 'release', from } satisfies Release);
  }

  #chance(perMille: number): boolean {
    return this.#context.random() % 1000 < perMille;
  }
}
