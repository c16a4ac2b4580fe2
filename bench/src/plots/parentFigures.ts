import type { ReferenceLine } from '../harness/measurement.js';

/*
 * The parent's own Go code, measured on another machine of two cores: its barrier, buffer, queue and gate with thin stand-ins
 * around them. Medians; where a range was seen, its middle.
 */

const MIB = 2 ** 20;
const origin = 'measured elsewhere';

/** Seconds of a barrier over N dispatchers. */
export const PARENT_BARRIERS: readonly ReferenceLine[] = [
  {
    name: 'parent, All',
    origin,
    points: [
      [10_000, 0.077],
      [100_000, 1.05],
      [1_000_000, 18.5],
    ],
  },
  {
    name: 'parent, Normal, N tables',
    origin,
    points: [
      [10_000, 0.085],
      [100_000, 1.25],
      [1_000_000, 23],
    ],
  },
  {
    name: 'parent, one table in N spans',
    origin,
    points: [
      [10_000, 0.19],
      [100_000, 2.55],
      [1_000_000, 102],
    ],
  },
];

/** Offers a second through the status path, by percent of duplicates. */
export const PARENT_STATUS_PATH: readonly ReferenceLine[] = [
  {
    name: 'parent, whole status path',
    origin,
    points: [
      [0, 0.9e6],
      [50, 1.95e6],
      [95, 8.4e6],
    ],
  },
];

/** Bytes of N dispatchers at rest, the maintainer's side alone. */
export const PARENT_REST: readonly ReferenceLine[] = [
  {
    name: "parent, the maintainer's side alone",
    origin,
    points: [
      [10_000, 8 * MIB],
      [100_000, 79 * MIB],
      [1_000_000, 838 * MIB],
    ],
  },
];
