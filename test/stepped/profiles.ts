import { generator } from './randomLog.js';
import type { SteppedHostOptions } from './steppedHost.js';

type Profile = Pick<SteppedHostOptions, 'workers' | 'maxDelay' | 'linkBytes' | 'faults' | 'group' | 'coordinator' | 'maintainer'>;

/** A seed's way, bounds and intervals: from a sound network with room for everything to a bad one with room for nothing. */
export function profileOf(seed: number): Profile {
  const random = generator(seed ^ 0xfa017);
  const one = <T>(...values: readonly [T, ...T[]]): T => values[random() % values.length] as T;
  const hasty = one(true, false);
  const tight = one(true, false);
  return {
    workers: 1 + (random() % 4),
    maxDelay: one(0, 3, 30, 300),
    linkBytes: one(4_096, 65_536),
    faults: {
      drop: one(0, 50, 200, 400),
      duplicate: one(0, 100, 500),
      delay: one(0, 5, 50, 2_000),
      stall: one(0, 100, 5_000),
      until: one(2_000, 60_000, 3_600_000),
    },
    group: {
      ...(hasty && { retryInterval: one(3, 40), retryIntervalMax: one(40, 200), heartbeatInterval: 20, heartbeatFirst: 0 }),
      ...(tight && { maxReports: one(1, 3), maxOldAnswers: one(1, 4), rememberWritten: one(1, 8), maxQueuedAnswers: one(1, 2) }),
      executorSlots: one(1, 8),
      flushIdle: one(true, false),
    },
    coordinator: {
      ...(hasty && {
        outstandingResend: one(2, 30),
        outstandingResendMax: one(30, 100),
        batchWindow: one(0, 5),
        heartbeatInterval: 20,
        heartbeatFirst: 0,
        completeHeartbeatInterval: one(30, 400),
        componentStatusWindow: one(0, 5),
      }),
      ...(tight && {
        pendingCapacity: one(1, 2, 9),
        requestQueueCapacity: 8,
        outstandingCapacity: one(1, 2, 9),
        batchStatuses: one(1, 2, 5),
        idleEvents: one(1, 4),
        componentStatusCapacity: one(1, 3),
        outboxCapacity: one(1, 8),
      }),
    },
    maintainer: {
      ...(hasty && {
        tick: one(3, 20),
        barrierResend: one(5, 50),
        barrierResendMax: one(50, 300),
        quietWindow: one(0, 30),
        operatorResend: one(20, 300),
        bootstrapResend: 30,
      }),
      ...(tight && { statusCapacity: one(1, 3, 9), maxScheduling: one(1, 2), scheduleBatch: one(1, 2) }),
    },
  };
}
