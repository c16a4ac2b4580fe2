/**
 * Where a status is on its way, as bits of its entry in the key table: one bit a dedupe stage, for WAITING in the lower
 * and for DONE in the upper half of a byte.
 *
 * ```
 *   7    6            5         4        3    2            1         0
 *        OUTSTANDING  RESERVED  PENDING       OUTSTANDING  RESERVED  PENDING
 *   └──────────── DONE ───────────────┘  └──────────── WAITING ───────────┘
 * ```
 */

/** Stage L: in the pending map. */
export const PENDING = 1;
/** Stage Q: in a request that is queued or in flight. One bit for both, so that dequeuing leaves no gap. */
export const RESERVED = 2;
/** T-I: delivered to the maintainer of the current epoch and not answered yet. */
export const OUTSTANDING = 4;

/** Both halves. */
export const EITHER_OUTSTANDING: number = OUTSTANDING | (OUTSTANDING << 4);
/** All bits of DONE: as long as one is set, a DONE is under way. */
export const DONE_BITS = 0xf0;

/** True for the stages that take part in dedupe: WAITING (1) and DONE (3), the odd ones (L-4, Q-1). */
export function isKeyed(stage: number): boolean {
  return (stage & 1) !== 0;
}

/** How far the bits of a keyed stage are shifted: 0 for WAITING (1), 4 for DONE (3). */
export function stageShift(stage: number): number {
  return (stage & 2) << 1;
}
