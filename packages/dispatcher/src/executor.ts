/**
 * Runs block-event tasks of the group, at most `slots` at a time (D-44). Tasks of one dispatcher keep their order and
 * never overlap; a slow one holds up nobody but its own dispatcher. Which task runs next is decided and marked in one step.
 */
export class Executor {
  #slots: number;
  #start: (row: number, task: number) => void;
  #ready: { row: number; task: number }[] = [];
  #head = 0;
  #running = new Set<number>();
  #behind = new Map<number, number[]>();

  /** `start` begins a task; whoever began it calls {@link finish} once it is over. */
  constructor(slots: number, start: (row: number, task: number) => void) {
    this.#slots = slots;
    this.#start = start;
  }

  get running(): number {
    return this.#running.size;
  }

  get queued(): number {
    let behind = 0;
    for (const tasks of this.#behind.values()) behind += tasks.length;
    return this.#ready.length - this.#head + behind;
  }

  /** True when a task of the row runs. */
  isRunning(row: number): boolean {
    return this.#running.has(row);
  }

  submit(row: number, task: number): void {
    const behind = this.#behind.get(row);
    if (behind !== undefined) {
      behind.push(task);
      return;
    }
    // The row's later tasks wait behind this one until it is over, wherever it stands.
    this.#behind.set(row, []);
    this.#ready.push({ row, task });
    this.#pump();
  }

  /** The running task of `row` is over. */
  finish(row: number): void {
    if (!this.#running.delete(row)) return;
    const behind = this.#behind.get(row);
    const task = behind?.shift();
    if (task === undefined) this.#behind.delete(row);
    else this.#ready.push({ row, task });
    this.#pump();
  }

  /** Begins nothing any more (F-12). */
  close(): void {
    this.#slots = 0;
  }

  /** Forgets the tasks of a row that have not begun. True: none of them had, and there was one. */
  cancel(row: number): boolean {
    if (!this.#behind.has(row)) return false;
    if (this.#running.has(row)) {
      this.#behind.set(row, []);
      return false;
    }
    this.#behind.delete(row);
    this.#ready = this.#ready.slice(this.#head).filter((waiting) => waiting.row !== row);
    this.#head = 0;
    return true;
  }

  #pump(): void {
    while (this.#running.size < this.#slots) {
      const next = this.#ready[this.#head];
      if (next === undefined) break;
      this.#head++;
      if (this.#head > 64 && this.#head * 2 > this.#ready.length) {
        this.#ready.splice(0, this.#head);
        this.#head = 0;
      }
      this.#running.add(next.row);
      this.#start(next.row, next.task);
    }
  }
}
