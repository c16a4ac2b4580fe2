import type { MessagePort } from 'node:worker_threads';
import { Packr } from 'msgpackr';
import { generationOf, handleOf, isStatus, type StatusObject, stageOf, statusObject, TS_HIGH } from './status.js';
import { BATCH, type Received, type Transport } from './transport.js';

/*
 * What one would use instead: a MessagePort. Senders do not wait for anything: the port takes all of a run at once, which
 * suits it better than a window would.
 */

const FIELDS = 5;
const EXPECTED_HIGH = TS_HIGH;

/** One message a status. */
export function eachPosted(port: MessagePort): Transport {
  return {
    send: (count) => {
      for (let sequence = 0; sequence < count; sequence++) port.postMessage(statusObject(sequence));
    },
    receive: (count) => gather(port, count, (message, first) => [1, isStatus(message as StatusObject, first) ? 0 : 1]),
  };
}

/** Arrays of objects, cloned by the port. */
export function arraysPosted(port: MessagePort): Transport {
  return {
    send: (count) => {
      for (let first = 0; first < count; first += BATCH) port.postMessage(objects(first, count));
    },
    receive: (count) => gather(port, count, (message, first) => checkObjects(message as StatusObject[], first)),
  };
}

/** Arrays of objects as msgpackr's records, their bytes transferred. */
export function packedPosted(port: MessagePort): Transport {
  const structures = [['stage', 'handle', 'generation', 'tsHigh', 'tsLow']];
  const packr = new Packr({ structures, maxSharedStructures: 1 });
  return {
    send: (count) => {
      for (let first = 0; first < count; first += BATCH) {
        const bytes = Uint8Array.from(packr.pack(objects(first, count)));
        port.postMessage(bytes, [bytes.buffer]);
      }
    },
    receive: (count) => gather(port, count, (message, first) => checkObjects(packr.unpack(message as Uint8Array), first)),
  };
}

/** Typed arrays filled in place and transferred: as far as a port can be driven, and no objects for who reads it. */
export function columnsTransferred(port: MessagePort): Transport {
  return {
    send: (count) => {
      for (let first = 0; first < count; first += BATCH) {
        const rows = Math.min(BATCH, count - first);
        const words = new Uint32Array(rows * FIELDS);
        for (let row = 0; row < rows; row++) {
          const sequence = first + row;
          const at = row * FIELDS;
          words[at] = stageOf(sequence);
          words[at + 1] = handleOf(sequence);
          words[at + 2] = generationOf(sequence);
          words[at + 3] = EXPECTED_HIGH;
          words[at + 4] = sequence;
        }
        port.postMessage(words, [words.buffer]);
      }
    },
    receive: (count) => gather(port, count, (message, first) => checkWords(message as Uint32Array, first)),
  };
}

function objects(first: number, count: number): StatusObject[] {
  const batch: StatusObject[] = [];
  for (let sequence = first; sequence < Math.min(first + BATCH, count); sequence++) batch.push(statusObject(sequence));
  return batch;
}

function checkObjects(statuses: readonly StatusObject[], first: number): readonly [count: number, faults: number] {
  let faults = 0;
  for (let row = 0; row < statuses.length; row++) if (!isStatus(statuses[row], first + row)) faults++;
  return [statuses.length, faults];
}

function checkWords(words: Uint32Array, first: number): readonly [count: number, faults: number] {
  let faults = 0;
  for (let at = 0; at < words.length; at += FIELDS) {
    const sequence = first + at / FIELDS;
    if (
      words[at + 4] !== sequence ||
      words[at + 1] !== handleOf(sequence) ||
      words[at + 2] !== generationOf(sequence) ||
      words[at + 3] !== EXPECTED_HIGH ||
      words[at] !== stageOf(sequence)
    ) {
      faults++;
    }
  }
  return [words.length / FIELDS, faults];
}

function gather(
  port: MessagePort,
  count: number,
  check: (message: unknown, first: number) => readonly [count: number, faults: number],
): Promise<Received> {
  return new Promise((resolve) => {
    let received = 0;
    let faults = 0;
    const take = (message: unknown): void => {
      const [more, wrong] = check(message, received);
      received += more;
      faults += wrong;
      if (received < count) return;
      port.off('message', take);
      resolve({ count: received, faults });
    };
    port.on('message', take);
  });
}
