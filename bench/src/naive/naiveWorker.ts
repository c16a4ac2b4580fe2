import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { nanoseconds } from '../harness/sharedClock.js';
import {
  BATCH,
  BLOCK,
  type NaiveAnswer,
  type NaiveCommand,
  type NaiveData,
  type NaiveEnd,
  type NaiveStatus,
  STAGES,
} from './naiveProtocol.js';

/*
 * The status path as one would write it first: arrays of objects over a MessagePort, a Set of strings against repetitions,
 * an array of acknowledgements back. It has no events of different kinds, no epochs, no modes and no barrier.
 */

const { role, port } = workerData as NaiveData;
const FIRST_TS = 462_000_000_000_000_000n;

parentPort?.on('message', (command: NaiveCommand) => {
  if (role === 'sender') send(port, command);
  else receive(port, command);
});

function end(result: NaiveEnd): void {
  parentPort?.postMessage(result);
}

/** Offers a dispatcher's next status when the one before is acknowledged: here, when everybody's is. */
function send(to: MessagePort, { dispatchers, rounds, repeats }: NaiveCommand): void {
  const began = nanoseconds();
  let offered = 0;
  let number = 0;
  let open = 0;
  const acknowledged = (handles: NaiveAnswer): void => {
    open -= handles.length;
    if (open > 0) return;
    if (++number < rounds * STAGES) {
      offer();
      return;
    }
    to.off('message', acknowledged);
    end({ began, ended: nanoseconds(), offered, distinct: 0, suppressed: 0, faults: 0 });
  };
  const offer = (): void => {
    open = dispatchers;
    const commitTs = FIRST_TS + BigInt(Math.floor(number / STAGES));
    let batch: NaiveStatus[] = [];
    for (let first = 0; first < dispatchers; first += BLOCK) {
      for (let repeat = 0; repeat <= repeats; repeat++) {
        for (let handle = first; handle < Math.min(first + BLOCK, dispatchers); handle++) {
          batch.push({ handle, generation: 1, commitTs, stage: number % STAGES });
          offered++;
        }
      }
      if (batch.length < BATCH && first + BLOCK < dispatchers) continue;
      to.postMessage(batch);
      batch = [];
    }
  };
  to.on('message', acknowledged);
  offer();
}

function receive(from: MessagePort, { dispatchers, rounds, repeats }: NaiveCommand): void {
  const began = nanoseconds();
  const seen = new Set<string>();
  const due = new Uint32Array(dispatchers);
  const expected = dispatchers * rounds * STAGES * (1 + repeats);
  let offered = 0;
  let distinct = 0;
  let suppressed = 0;
  let faults = 0;
  const take = (batch: readonly NaiveStatus[]): void => {
    const keys: string[] = [];
    const handles: number[] = [];
    offered += batch.length;
    for (const { handle, generation, commitTs, stage } of batch) {
      const key = `${handle}/${generation}/${commitTs}/${stage}`;
      if (seen.has(key)) {
        suppressed++;
        continue;
      }
      seen.add(key);
      keys.push(key);
      handles.push(handle);
      distinct++;
      if (due[handle]! % STAGES !== stage) faults++;
      due[handle]!++;
    }
    for (const key of keys) seen.delete(key);
    from.postMessage(handles);
    if (offered < expected) return;
    from.off('message', take);
    end({ began, ended: nanoseconds(), offered, distinct, suppressed, faults });
  };
  from.on('message', take);
  parentPort?.postMessage('ready');
}
