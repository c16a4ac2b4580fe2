import type { Fault } from './fault.js';

/**
 * Named points at which a fault can be placed. `before-…` of a sink: the call has begun and had no effect yet; `after-…`: it
 * has had its effect, and nobody knows. The last ones: a message is about to leave the way between a host and the maintainer.
 */
export const FAULT_POINTS: readonly FaultPoint[] = [
  ...(['before-write', 'after-write', 'before-flush', 'after-flush', 'before-execute', 'after-execute'] as const),
  ...(['before-sync-point', 'after-sync-point', 'before-pass', 'after-pass', 'before-checkpoint', 'after-checkpoint'] as const),
  ...(['before-status', 'before-heartbeat', 'before-bootstrap', 'before-ack', 'before-schedule'] as const),
];

export type FaultPoint =
  | `${'before' | 'after'}-${'write' | 'flush' | 'execute' | 'sync-point' | 'pass' | 'checkpoint'}`
  | 'before-status'
  | 'before-heartbeat'
  | 'before-bootstrap'
  | 'before-ack'
  | 'before-schedule';

interface Armed {
  readonly fault: Fault;
  left: number;
}

/** Counts how often points are reached, and says which faults are due there. */
export class PointFaults {
  readonly #armed = new Map<string, Armed[]>();

  constructor(faults: readonly Fault[]) {
    for (const fault of faults) {
      if (!('point' in fault.when)) continue;
      const list = this.#armed.get(fault.when.point) ?? [];
      this.#armed.set(fault.when.point, list);
      list.push({ fault, left: fault.when.nth });
    }
  }

  /** `who` has reached a point. Each fault happens once. */
  reach(point: FaultPoint, who: string): readonly Fault[] {
    const list = this.#armed.get(point);
    if (list === undefined) return NOTHING;
    const due: Fault[] = [];
    for (const armed of list) {
      const { when } = armed.fault;
      if (!('point' in when) || (when.who !== undefined && when.who !== who)) continue;
      if (--armed.left === 0) due.push(armed.fault);
    }
    return due;
  }
}

const NOTHING: readonly Fault[] = [];
