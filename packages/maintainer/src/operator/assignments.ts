import type { DispatcherConfig, MergeRequest, ScheduleRequest } from '@tidegate/protocol';

type Removal = ScheduleRequest['remove'][number];

/** A merge as a host is told of it. */
export type MergeAssignment = Pick<MergeRequest, 'target' | 'sources'>;

/** What one host is asked to do: in one schedule message, and in one message for each merge, after it. */
export interface Assignment {
  readonly host: number;
  readonly create: DispatcherConfig[];
  readonly remove: Removal[];
  merge?: MergeAssignment[];
}

/** Gathers what hosts are to do and cuts it into messages of bounded size. */
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

  merge(host: number, merge: MergeAssignment): void {
    const assignment = this.#of(host);
    assignment.merge ??= [];
    assignment.merge.push(merge);
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
