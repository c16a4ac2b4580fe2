import type { Actor, ActorContext, Address } from '@tidegate/runtime';
import type { FaultPoint } from '../faults/points.js';

/** What a network between two hosts does to messages. Shares are per mille. */
export interface Network {
  readonly drop: number;
  readonly duplicate: number;
  /** Longest delay of a message in milliseconds; those behind it wait as well: order is kept for each pair and direction, not across. */
  readonly delay: number;
  /** Longest pause of the receiving of either side in milliseconds, every now and then: the sender's lane fills and refuses. */
  readonly stall: number;
  /** Milliseconds of the run, all its lives together, from which on the network is sound. */
  readonly until: number;
}

/** A network on which nothing goes wrong. */
export const SOUND: Network = { drop: 0, duplicate: 0, delay: 0, stall: 0, until: 0 };

/** What befell one message: the n-th from one side, counted from 0. */
export interface WayEvent {
  readonly way: Address;
  readonly from: Address;
  readonly message: number;
  readonly what: 'drop' | 'duplicate';
}

export interface WayOptions {
  readonly coordinator: Address;
  readonly maintainer: Address;
  /** In the clock of this life. */
  readonly network: Network;
  /** Instead of drawing what is dropped and doubled: exactly this happens. */
  readonly listed?: readonly WayEvent[] | undefined;
  readonly happened: (event: WayEvent) => void;
  readonly atPoint: (point: FaultPoint, who: string) => 'drop' | 'duplicate' | undefined;
}

interface Control {
  readonly type: 'release' | 'stall' | 'resume';
  readonly from: Address;
}

/** Shortest and longest time from one pause to the next, as multiples of the longest pause. */
const STALL_SPACING = [2, 10] as const;

/** A message by which a point is reached. */
const POINTS: Readonly<Record<string, FaultPoint>> = {
  'block-statuses': 'before-status',
  heartbeat: 'before-heartbeat',
  'bootstrap-response': 'before-bootstrap',
  answers: 'before-ack',
  schedule: 'before-schedule',
};

interface Direction {
  readonly to: Address;
  readonly queue: { readonly message: unknown; readonly due: number }[];
  armed: boolean;
  taken: number;
}

/**
 * Stands between one host's coordinator and the maintainer, each of which takes it for the other, and loses, doubles and delays
 * what they send, each direction in order: what a network between hosts may do. Every step of the protocol has a retry owner
 * for that (section 27).
 */
export class Way implements Actor<unknown> {
  readonly #context: ActorContext;
  readonly #options: WayOptions;
  readonly #directions: ReadonlyMap<Address, Direction>;
  readonly #listed: ReadonlyMap<string, WayEvent['what']> | undefined;
  #network: Network;
  /** Until then nothing passes. */
  #parted = 0;

  constructor(context: ActorContext, options: WayOptions) {
    this.#context = context;
    this.#options = options;
    this.#network = options.network;
    const { coordinator, maintainer, listed } = options;
    const direction = (to: Address): Direction => ({ to, queue: [], armed: false, taken: 0 });
    this.#directions = new Map([
      [coordinator, direction(maintainer)],
      [maintainer, direction(coordinator)],
    ]);
    const mine = listed?.filter(({ way }) => way === context.self);
    this.#listed = mine && new Map(mine.map(({ from, message, what }) => [`${from} ${message}`, what]));
    if (this.#network.stall > 0) for (const from of this.#directions.keys()) this.#planStall(from);
  }

  /** From now on nothing goes wrong. */
  heal(): void {
    this.#network = SOUND;
    this.#parted = 0;
  }

  /** Nothing passes for a while; what is sent is lost. */
  part(milliseconds: number): void {
    this.#parted = Math.max(this.#parted, this.#context.now() + milliseconds);
  }

  /** What is on its way to a process that has died is lost with its connections; its successor never hears of it. */
  lose(to: Address): void {
    for (const direction of this.#directions.values()) if (direction.to === to) direction.queue.length = 0;
  }

  receive(message: unknown, from: Address): void {
    const direction = this.#directions.get(from);
    if (direction === undefined) this.#fire(message as Control);
    else this.#take(message, from, direction);
  }

  room(to: Address): void {
    for (const [from, direction] of this.#directions) if (direction.to === to) this.#release(from, direction);
  }

  inspect(): { readonly onTheWay: number } {
    return { onTheWay: [...this.#directions.values()].reduce((sum, { queue }) => sum + queue.length, 0) };
  }

  #take(message: unknown, from: Address, direction: Direction): void {
    const now = this.#context.now();
    const number = direction.taken++;
    const fate = now < this.#parted ? 'drop' : this.#fate(message, from, number);
    if (fate !== undefined && now >= this.#parted)
      this.#options.happened({ way: this.#context.self, from, message: number, what: fate });
    if (fate === 'drop') return;
    const last = direction.queue.at(-1)?.due ?? 0;
    const { delay } = this.#network;
    const due = Math.max(last, now + (delay === 0 || now >= this.#network.until ? 0 : this.#context.random() % (delay + 1)));
    direction.queue.push({ message, due });
    if (fate === 'duplicate') direction.queue.push({ message, due });
    this.#release(from, direction);
  }

  #fate(message: unknown, from: Address, number: number): WayEvent['what'] | undefined {
    const point = POINTS[(message as { readonly type: string }).type];
    const told = point === undefined ? undefined : this.#options.atPoint(point, this.#context.self);
    if (told !== undefined) return told;
    if (this.#listed !== undefined) return this.#listed.get(`${from} ${number}`);
    const { drop, duplicate, until } = this.#network;
    if (this.#context.now() >= until) return undefined;
    if (this.#chance(drop)) return 'drop';
    return this.#chance(duplicate) ? 'duplicate' : undefined;
  }

  #fire({ type, from }: Control): void {
    if (type === 'stall') {
      this.#context.pause(from);
      this.#context.schedule(this.#context.random() % (this.#network.stall + 1), { type: 'resume', from } satisfies Control);
    } else if (type === 'resume') {
      this.#context.resume(from);
      this.#planStall(from);
    } else {
      const direction = this.#directions.get(from);
      if (direction === undefined) return;
      direction.armed = false;
      this.#release(from, direction);
    }
  }

  #planStall(from: Address): void {
    const { stall, until } = this.#network;
    if (stall === 0 || this.#context.now() >= until) return;
    const [least, most] = STALL_SPACING;
    const pause = stall * (least + (this.#context.random() % (most - least)));
    this.#context.schedule(pause, { type: 'stall', from } satisfies Control);
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
    this.#context.schedule(Math.max(1, next.due - now), { type: 'release', from } satisfies Control);
  }

  #chance(perMille: number): boolean {
    return this.#context.random() % 1000 < perMille;
  }
}
