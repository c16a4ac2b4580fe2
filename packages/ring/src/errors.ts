/** Stable codes of everything that can be wrong with a lane. */
export type LaneErrorCode =
  | 'LANE_MAGIC'
  | 'LANE_VERSION'
  | 'LANE_CAPACITY'
  | 'LANE_FINGERPRINT'
  | 'LANE_GENERATION'
  | 'LANE_FRAME_TOO_LARGE'
  | 'LANE_CLOSED'
  | 'LANE_OPTION'
  | 'LANE_CORRUPT'
  | 'LANE_REENTERED';

/** Common ground of all errors of this package. */
export abstract class LaneError extends Error {
  abstract readonly code: LaneErrorCode;

  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** The memory is no lane, or no doorbell. */
export class LaneMagicError extends LaneError {
  readonly code = 'LANE_MAGIC' as const;
}

/** The lane was made by a build with another layout. */
export class LaneVersionError extends LaneError {
  readonly code = 'LANE_VERSION' as const;
}

/** The capacity is out of range, or does not match the memory or what was expected. */
export class LaneCapacityError extends LaneError {
  readonly code = 'LANE_CAPACITY' as const;
}

/** The two sides would not understand each other's frames. */
export class LaneFingerprintError extends LaneError {
  readonly code = 'LANE_FINGERPRINT' as const;
}

/** The side is taken by another generation. */
export class LaneGenerationError extends LaneError {
  readonly code = 'LANE_GENERATION' as const;
}

/** The frame would not fit even into the empty lane. */
export class LaneFrameTooLargeError extends LaneError {
  readonly code = 'LANE_FRAME_TOO_LARGE' as const;
}

/** This side has closed the lane. */
export class LaneClosedError extends LaneError {
  readonly code = 'LANE_CLOSED' as const;
}

/** An option or argument is out of its range. */
export class LaneOptionError extends LaneError {
  readonly code = 'LANE_OPTION' as const;
}

/** The memory holds something that no producer writes: somebody else wrote there. */
export class LaneCorruptError extends LaneError {
  readonly code = 'LANE_CORRUPT' as const;
}

/** A handler called back into the drain that is calling it. */
export class LaneReenteredError extends LaneError {
  readonly code = 'LANE_REENTERED' as const;
}
