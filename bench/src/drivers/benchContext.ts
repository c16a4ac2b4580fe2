import type { ActorContext, Address, Delivery, LogLevel, RecordOutlet, Timer } from '@tidegate/runtime';

const NO_TIMER: Timer = { cancel: () => {} };

/** A context that keeps nothing: what its actor sends and emits goes straight to whoever drives it. Time moves by hand. */
export class BenchContext implements ActorContext {
  readonly self: Address;
  time = 1_000;
  onSend: (to: Address, message: unknown) => void = () => {};
  onEvent: (event: unknown) => void = () => {};
  readonly counters: Map<string, number> = new Map();
  #seed = 1;

  constructor(self: Address) {
    this.self = self;
  }

  now(): number {
    return this.time;
  }

  random(): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#seed;
  }

  send(to: Address, message: unknown, _delivery?: Delivery): boolean {
    this.onSend(to, message);
    return true;
  }

  records(): RecordOutlet {
    throw new Error(`${this.self} sends no records in a benchmark`);
  }

  backlog(): number {
    return 0;
  }

  pause(): void {}

  resume(): void {}

  schedule(): Timer {
    return NO_TIMER;
  }

  post(): void {}

  ask(): void {}

  reply(): void {}

  emit(event: unknown): void {
    this.onEvent(event);
  }

  fail(error: Error): void {
    throw error;
  }

  log(level: LogLevel, text: string): void {
    if (level === 'error') throw new Error(text);
  }

  count(name: string, by = 1): void {
    this.counters.set(name, (this.counters.get(name) ?? 0) + by);
  }
}
