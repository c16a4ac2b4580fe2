import { createMaintainer } from '@tidegate/maintainer/actor';
import type { BlockStatusRequest } from '@tidegate/protocol';
import type { Actor, ActorContext, Address } from '@tidegate/runtime';
import { OUTSIDE } from '@tidegate/runtime';
import type { MaintainerDrill } from './options.js';

/** Options of {@link createDrilledMaintainer}, as the placement carries them. */
export interface DrilledMaintainerOptions extends MaintainerDrill {
  /** Those of the maintainer itself. */
  readonly maintainer: Readonly<Record<string, unknown>>;
}

/** What `inspect` of a drilled maintainer has beside the maintainer's own words, under `drill`. Times on the maintainer's clock. */
export interface DrillSnapshot {
  readonly phase: 'before' | 'stalled' | 'over';
  /** Block-status requests that the maintainer has taken out of its inbox, and the statuses in them. */
  readonly requests: number;
  readonly statuses: number;
  readonly stalledAt?: number;
  readonly resumedAt?: number;
  readonly now: number;
}

interface Resume {
  readonly type: 'drill-resume';
}

/**
 * The real maintainer, made to stall once: from the first block statuses on, nothing that comes over a link is taken out
 * of the inbox for so many milliseconds. The inbox is the link itself, with its own bound; what is sent meanwhile
 * fills it, and the senders feel it as with any slow receiver. The maintainer's own timers and the host's questions go on.
 */
export const createDrilledMaintainer = async (context: ActorContext, options: DrilledMaintainerOptions): Promise<Actor> =>
  new DrilledMaintainer(context, await createMaintainer(context, options.maintainer), options.stall);

class DrilledMaintainer implements Actor {
  readonly #context: ActorContext;
  readonly #maintainer: Actor;
  readonly #stall: number;
  #phase: DrillSnapshot['phase'] = 'before';
  #stalledAt: number | undefined;
  #resumedAt: number | undefined;
  /** The message during which each sender was paused: it had left the inbox. One a sender. */
  #inHand: { readonly message: unknown; readonly from: Address }[] = [];
  #requests = 0;
  #statuses = 0;

  constructor(context: ActorContext, maintainer: Actor, stall: number) {
    this.#context = context;
    this.#maintainer = maintainer;
    this.#stall = stall;
    if (stall === 0) this.#phase = 'over';
  }

  receive(message: unknown, from: Address): void {
    const { self } = this.#context;
    if (from === self && (message as Partial<Resume>).type === 'drill-resume') this.#resume();
    else if (from === self || from === OUTSIDE) this.#maintainer.receive(message, from);
    else {
      if (this.#phase === 'before' && isStatuses(message)) this.#begin();
      if (this.#phase === 'stalled') this.#keep(message, from);
      else this.#deliver(message, from);
    }
  }

  turnEnd(): void {
    this.#maintainer.turnEnd?.();
  }

  tick(now: number): void {
    this.#maintainer.tick?.(now);
  }

  room(to: Address): void {
    this.#maintainer.room?.(to);
  }

  stop(): void | Promise<void> {
    return this.#maintainer.stop?.();
  }

  abort(): void | Promise<void> {
    return this.#maintainer.abort?.();
  }

  inspect(): unknown {
    const drill: DrillSnapshot = {
      phase: this.#phase,
      requests: this.#requests,
      statuses: this.#statuses,
      ...(this.#stalledAt !== undefined && { stalledAt: this.#stalledAt }),
      ...(this.#resumedAt !== undefined && { resumedAt: this.#resumedAt }),
      now: this.#context.now(),
    };
    return { ...(this.#maintainer.inspect?.() as object | undefined), drill };
  }

  #begin(): void {
    this.#phase = 'stalled';
    this.#stalledAt = this.#context.now();
    this.#context.schedule(this.#stall, { type: 'drill-resume' } satisfies Resume);
    this.#context.log('info', 'the maintainer stalls, as the drill asks', { milliseconds: this.#stall });
  }

  #keep(message: unknown, from: Address): void {
    this.#inHand.push({ message, from });
    this.#context.pause(from);
  }

  #resume(): void {
    this.#phase = 'over';
    this.#resumedAt = this.#context.now();
    const inHand = this.#inHand;
    this.#inHand = [];
    for (const { message, from } of inHand) {
      this.#deliver(message, from);
      this.#context.resume(from);
    }
  }

  #deliver(message: unknown, from: Address): void {
    if (isStatuses(message)) {
      this.#requests++;
      this.#statuses += message.handle.length;
    }
    this.#maintainer.receive(message, from);
  }
}

function isStatuses(message: unknown): message is BlockStatusRequest {
  return (message as Partial<BlockStatusRequest>).type === 'block-statuses';
}
