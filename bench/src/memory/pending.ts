import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { CoordinatorInspection } from '@tidegate/coordinator';
import { Mode, Stage, statusFlags, tsHigh, tsLow, writeStatus } from '@tidegate/protocol';
import { DrivenCoordinator } from '../drivers/drivenCoordinator.js';
import { syncPoint } from '../drivers/requests.js';
import { VerificationError } from '../harness/errors.js';
import { between, held } from './held.js';
import type { MemoryAnswer } from './memoryProcess.js';

const FIRST = 2;
const WORKER = 'worker-0';
/** Offers after which the turn ends, as on a lane. */
const TURN = 1_024;
/** 32 bytes. */
const RECORD_WORDS = 8;
const TS = 5_000n;

/**
 * What a status holds in the coordinator while it is delivered and not answered; and what comes of duplicates of all of them: what is
 * reachable afterwards that was not before, and what was allocated meanwhile for each (known only where nothing was
 * collected in between, and then exact).
 */
export async function heldByPending(dispatchers: number, duplicates: number): Promise<MemoryAnswer> {
  const coordinator = new DrivenCoordinator(dispatchers);
  // As in a host: requests go to a lane as bytes and are garbage then.
  coordinator.context.onSend = () => {};
  const before = await held();
  coordinator.actor.receive({ type: 'facts', mode: Mode.DEFAULT, facts: syncPoint(TS).facts }, WORKER);
  const offer = offering(coordinator, dispatchers);
  offer(dispatchers);
  coordinator.context.time += 1_000;
  coordinator.actor.turnEnd();
  const pending = between(before, await held());
  check(coordinator, dispatchers, 0);

  const settled = await held();
  const collections = new Collections();
  const heapBefore = process.memoryUsage().heapUsed;
  offer(duplicates);
  const allocated = process.memoryUsage().heapUsed - heapBefore;
  const wasCollected = (await collections.count()) > 0;
  const growth = between(settled, await held());
  check(coordinator, dispatchers, duplicates);
  return {
    'a pending status': pending.all / dispatchers,
    'growth under duplicates': growth.all,
    ...(!wasCollected && { 'allocated for each duplicate': Math.max(0, allocated) / duplicates }),
  };
}

/** Offers WAITING for one dispatcher after the other, round and round, a turn's worth at a time. */
function offering({ actor }: DrivenCoordinator, dispatchers: number): (count: number) => void {
  const words = new Uint32Array(TURN * RECORD_WORDS);
  const flags = statusFlags(true, Mode.DEFAULT, false);
  const high = tsHigh(TS);
  const low = tsLow(TS);
  return (count) => {
    for (let first = 0; first < count; first += TURN) {
      const rows = Math.min(TURN, count - first);
      for (let row = 0; row < rows; row++) {
        const handle = FIRST + ((first + row) % dispatchers);
        writeStatus(words, row * RECORD_WORDS, Stage.WAITING, flags, handle, 1, high, low);
      }
      for (let taken = 0; taken < rows; ) taken += actor.receiveRecords(words, taken * RECORD_WORDS, rows - taken, WORKER);
      actor.turnEnd();
    }
  };
}

function check({ actor }: DrivenCoordinator, pending: number, duplicates: number): void {
  const { statuses } = actor.inspect() as CoordinatorInspection;
  const { suppressed } = statuses;
  const all = suppressed.pending + suppressed.reserved + suppressed.outstanding;
  if (statuses.keys !== pending || all !== duplicates) {
    throw new VerificationError('pending', `${statuses.keys} keys of ${pending}, ${all} of ${duplicates} duplicates suppressed`);
  }
}

/** Counts the engine's collections from its making on. */
class Collections {
  #count = 0;
  readonly #observer = new PerformanceObserver((list) => {
    this.#count += list.getEntries().length;
  });

  constructor() {
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  async count(): Promise<number> {
    await delay(10); // Entries are handed over between turns.
    this.#observer.disconnect();
    return this.#count;
  }
}
