import { Stage } from '@tidegate/protocol';

/** The status that travels as number `sequence` of a run: every field follows from it, so the receiver knows what must come. */
export interface StatusObject {
  readonly stage: number;
  readonly handle: number;
  readonly generation: number;
  readonly tsHigh: number;
  readonly tsLow: number;
}

export const TS_HIGH = 107_000_000;

export function handleOf(sequence: number): number {
  return sequence & 0xff_ffff;
}

export function generationOf(sequence: number): number {
  return Math.imul(sequence, 0x9e37_79b1) >>> 0;
}

export function stageOf(sequence: number): Stage {
  return (sequence & 1) === 0 ? Stage.WAITING : Stage.DONE;
}

export function statusObject(sequence: number): StatusObject {
  return {
    stage: stageOf(sequence),
    handle: handleOf(sequence),
    generation: generationOf(sequence),
    tsHigh: TS_HIGH,
    tsLow: sequence,
  };
}

/** Whether `status` is number `sequence` in every field. */
export function isStatus(status: StatusObject | undefined, sequence: number): boolean {
  return (
    status !== undefined &&
    status.tsLow === sequence &&
    status.handle === handleOf(sequence) &&
    status.generation === generationOf(sequence) &&
    status.stage === stageOf(sequence) &&
    status.tsHigh === TS_HIGH
  );
}
