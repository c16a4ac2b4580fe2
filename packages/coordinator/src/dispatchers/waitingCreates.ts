import type { DispatcherConfig } from '@tidegate/protocol';

/**
 * Creates that cannot be executed yet: no worker is open, or the handle's former dispatcher is on its way out. One a handle,
 * the latest generation; beyond the bound they are dropped, and the maintainer asks again.
 */
export class WaitingCreates {
  readonly #capacity: number;
  readonly #configs = new Map<number, DispatcherConfig>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#configs.size;
  }

  has(handle: number, generation: number): boolean {
    return this.#configs.get(handle)?.generation === generation;
  }

  /** False: there is no room. */
  add(config: DispatcherConfig): boolean {
    const waiting = this.#configs.get(config.handle);
    if (waiting === undefined && this.#configs.size >= this.#capacity) return false;
    if (waiting === undefined || ((config.generation - waiting.generation) | 0) > 0) this.#configs.set(config.handle, config);
    return true;
  }

  /** It was asked back before it was. */
  delete(handle: number, generation: number): void {
    if (this.has(handle, generation)) this.#configs.delete(handle);
  }

  /** Takes all, in the order in which they came. */
  take(): readonly DispatcherConfig[] {
    const configs = [...this.#configs.values()];
    this.#configs.clear();
    return configs;
  }

  clear(): void {
    this.#configs.clear();
  }
}
