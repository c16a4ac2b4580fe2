import type { FaultPoint } from './points.js';

/** When a fault happens: at a time or a step of the run, or at the n-th time (from 1) that a point is reached, by anybody or by `who`. */
export type FaultTime =
  | { readonly ms: number }
  | { readonly step: number }
  | { readonly point: FaultPoint; readonly nth: number; readonly who?: string };

/** What can die. `process`: everything at once; the next life begins at the checkpoint, with what the sinks have. */
export type Mortal = 'process' | 'host' | 'worker' | 'coordinator' | 'maintainer';

/** What goes wrong, or is changed. Hosts count from 1, workers from 0; times in milliseconds of the virtual clock. */
export type FaultAction =
  /** At a point of a sink: the call fails. The changefeed ends with the error (D-33), and a next life begins at the checkpoint. */
  | { readonly do: 'fail' }
  /** At a point of the way: the message is lost, or comes twice. */
  | { readonly do: 'drop' | 'duplicate' }
  | {
      readonly do: 'crash';
      readonly what: Mortal;
      readonly host: number;
      readonly worker: number;
      /** Until it is back. */
      readonly back: number;
    }
  /** An actor gets no turn for a while: its thread does not run. */
  | { readonly do: 'stall'; readonly who: string; readonly ms: number }
  /** Nothing passes between a host and the maintainer for a while. */
  | { readonly do: 'partition'; readonly host: number; readonly ms: number }
  /**
   * A host is cut off, loses its lease and is fenced (F-12); its tables go elsewhere. What is left of it goes on, is heard again
   * after a while, and in the end a new process takes its place. The maintainer's own host is not meant: the last one is instead.
   */
  | { readonly do: 'fence'; readonly host: number; readonly back: number }
  /** The clock that a host's actors see jumps ahead. */
  | { readonly do: 'jump'; readonly host: number; readonly ms: number }
  /** A sink takes that much longer for everything it begins from now on, for a while. */
  | { readonly do: 'slow'; readonly host: number; readonly worker: number; readonly ms: number }
  /** The maintainer is asked to hand over; when it has stopped, one of the next epoch starts in its place (F-13). */
  | { readonly do: 'hand-over' }
  /** A change of topology is asked of the maintainer. Which table and where to is drawn when it happens. */
  | { readonly do: 'split' | 'merge' | 'move' | 'balance' };

export type Fault = FaultAction & { readonly when: FaultTime };

/** A fault in words, for stories and reports. */
export function faultText(fault: Fault): string {
  const { when, do: what, ...rest } = fault;
  const time = 'ms' in when ? `at ${when.ms} ms` : 'step' in when ? `at step ${when.step}` : `at ${when.point} no. ${when.nth}`;
  const details = Object.entries(rest).map(([name, value]) => `${name} ${String(value)}`);
  return [what, ...details, time].join(', ');
}
