import type { CoordinatorOptions } from '@tidegate/coordinator';
import type { GroupOptions } from '@tidegate/dispatcher';
import type { MaintainerOptions } from '@tidegate/maintainer';
import type { Network, WayEvent } from './cluster/way.js';
import type { Fault } from './faults/fault.js';
import type { WorkloadOptions } from './workload/generate.js';

/**
 * Everything that a run follows from, as JSON. Two runs of one scenario are the same run, step for step.
 */
export interface Scenario {
  /** Seeds the choice among steps, the actors, and the sinks' times. */
  readonly seed: number;
  /** Name of the profile that it was made by. */
  readonly profile: string;
  readonly workload: WorkloadOptions;
  readonly hosts: number;
  /** Workers of each host. */
  readonly workers: number;
  /** Longest time of a call of a sink in milliseconds; 0: everything is durable at once. */
  readonly maxDelay: number;
  /** Milliseconds between two chunks of a source. */
  readonly pace: number;
  /** Bytes of each link: small ones fill up. */
  readonly linkBytes: number;
  readonly network: Network;
  /** Instead of what the network would draw: exactly these messages are dropped and doubled. */
  readonly wayEvents?: readonly WayEvent[];
  readonly faults: readonly Fault[];
  /** Settings of the actors, beside those that the simulator needs. */
  readonly group: Partial<GroupOptions>;
  readonly coordinator: Partial<CoordinatorOptions>;
  readonly maintainer: MaintainerOptions;
  /** A redo pipeline beside the default one (D-45). */
  readonly redo?: boolean;
}
