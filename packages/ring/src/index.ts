export type { AttachOptions } from './attachLane.js';
export { createLane, type LaneOptions } from './createLane.js';
export { Doorbell, type DoorbellOptions, SLICE_MS, SPIN_LOOKS } from './doorbell.js';
export {
  LaneCapacityError,
  LaneClosedError,
  LaneCorruptError,
  LaneError,
  type LaneErrorCode,
  LaneFingerprintError,
  LaneFrameTooLargeError,
  LaneGenerationError,
  LaneMagicError,
  LaneOptionError,
  LaneReenteredError,
  LaneVersionError,
} from './errors.js';
export { type ConsumerOptions, LaneConsumer, type LaneHandler } from './laneConsumer.js';
export { LaneProducer, type ProducerOptions } from './laneProducer.js';
