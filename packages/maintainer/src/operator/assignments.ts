import type { DispatcherConfig, ScheduleRequest } from '@tidegate/protocol';

type Removal = ScheduleRequest['remove'][number];

/** What one host is asked to do in one message. */
export interface Assignment {
  readonly host: number;
  readonly create: DispatcherConfig[];
  readonly remove: Removal[];
}

/** Gathers creates and removes by host and cuts them into messages of bounded size. */
export class Assignments {
  readonly #batch: number;
  readonly #full: Assignment[] = [];
  readonly #open = new Map<number, Assignment>();

  constructor(batch: number) {
    this.#batch = batch;
  }

  create(host: number, config: DispatcherConfig): void {
    const assignment = this.#of(host);
    assignment.create.push(config);
    this.#cut(assignment);
  }

  remove(host: number, removal: Removal): void {
    const assignment = this.#of(host);
    assignment.remove.push(removal);
    this.#cut(assignment);
  }

  /** Full messages first, in the order in which they filled up. */
  all(): Assignment[] {
    return [...this.#full, ...this.#open.values()];
  }

  #of(host: number): Assignment {
    let assignment = this.#open.get(host);
    if (assignment === undefined) {
      assignment = { host, create: [], remove: [] };
      this.#open.set(host, assignment);
    }
    return assignment;
  }

  #cut(assignment: Assignment): void {
    if (assignment.create.length + assignment.remove.length < this.#batch) return;
    this.#full.push(assignment);
    this.#open.delete(assignment.host);
  }
}
