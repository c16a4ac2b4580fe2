import type { Machine } from '../harness/machine.js';
import type { MeasurementResult } from '../harness/measure.js';

/** What one call of the command found, and where: all that the tables and the plots are made of. */
export interface Report {
  readonly machine: Machine;
  readonly results: readonly MeasurementResult[];
}
