/** Defaults of every interval and bound (section 28 of the protocol). Milliseconds unless said otherwise. Each is an option where it is used. */
export const DEFAULTS = {
  /** A dispatcher offers an unacknowledged WAITING or NONE again this often; back-off starts here (D-34, T-E). */
  retryInterval: 5_000,
  /** Longest pause between two offers of the same status (T-E). */
  retryIntervalMax: 30_000,
  /** Statuses that the coordinator's pending map holds before it refuses more (section 8). */
  pendingCapacity: 16_384,
  /** From the first status of a batch to its end (C-1). */
  batchWindow: 10,
  /** Most statuses in one request (C-5). */
  batchStatuses: 2_048,
  /** Requests waiting to be sent (Q). */
  requestQueueCapacity: 10_000,
  /** First and longest pause between two sends of an unanswered status by the coordinator (T-I). */
  outstandingResend: 1_000,
  outstandingResendMax: 10_000,
  /** Block-event tasks (flush, write) that one worker runs at a time (D-44). */
  executorSlots: 8,
  heartbeatInterval: 200,
  heartbeatFirst: 1_000,
  /** Between two heartbeats with news, first ones too, once the checkpoint is all that is waited for (`lane-end`). */
  heartbeatHurried: 10,
  /** A complete heartbeat lists every dispatcher (H-1). */
  completeHeartbeatInterval: 10_000,
  /** Gathers component statuses (H-5). */
  componentStatusWindow: 10,
  componentStatusCapacity: 8_192,
  errorRepeat: 5_000,
  maintainerTick: 100,
  barrierResend: 1_000,
  quietWindow: 1_000,
  /** Makes the first pass due at once (B-17). */
  passBackdate: 20_000,
  unresolvedWarning: 10_000,
  bootstrapResend: 500,
  operatorResend: 10_000,
  /** An operator whose request stays unanswered for so long is told of. */
  operatorWarning: 30_000,
  removeRetry: 10,
} as const;
