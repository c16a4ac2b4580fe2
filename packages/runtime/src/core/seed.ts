import { randomBytes } from 'node:crypto';

/** A seed for a system that was given none. The snapshot tells it. */
export function drawSeed(): number {
  return randomBytes(4).readUInt32LE(0);
}
