import type { Measurement } from '../harness/measurement.js';
import { barrier } from './barrier.js';
import { batchCodec } from './batchCodec.js';
import { coordinatorPath } from './coordinatorPath.js';
import { idle } from './idle.js';
import { laneInOneThread } from './laneInOneThread.js';
import { laneThreads } from './laneThreads.js';
import { maintainerBarrier } from './maintainerBarrier.js';
import { memory } from './memory.js';
import { million } from './million.js';
import { pendingMap } from './pendingMap.js';
import { requestQueue } from './requestQueue.js';
import { rows } from './rows.js';
import { scaling } from './scaling.js';
import { statusPath } from './statusPath.js';
import { longStorm, storms } from './storm.js';
import { wake } from './wake.js';

/** Every measurement, in the order in which they run. A new one is a file beside this and a line here. */
export const MEASUREMENTS: readonly Measurement[] = [
  laneInOneThread,
  laneThreads,
  pendingMap,
  requestQueue,
  batchCodec,
  coordinatorPath,
  maintainerBarrier,
  barrier,
  statusPath,
  scaling,
  memory,
  idle,
  wake,
  storms,
  longStorm,
  rows,
  million,
];
