/**
 * Milliseconds that go on while this process works, and jump ahead while it waits: as on a machine of its own, whoever
 * else uses the cores. What is measured on it is work plus waiting, without the time that others took.
 */
export class ProcessorClock {
  #skipped = 0;

  now(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e3 + this.#skipped;
  }

  /** Nothing is to be done before `time`. */
  skipTo(time: number): void {
    this.#skipped += Math.max(0, time - this.now());
  }
}
