// A bounded channel between two worker threads, with threads, errors and the end taken care of: two actors of @tidegate/runtime.
// The sender feels it when the receiver is slow; a thread that dies, or an actor that throws, is named.
//
//   node channel.mjs

import assert from 'node:assert/strict';
import { isMainThread } from 'node:worker_threads';
import { startThreads } from '@tidegate/runtime';

const COUNT = 200_000;

/** Reads lines from somewhere and hands them on, as fast as the receiver takes them. */
export function createReader(context) {
  let next = 0;
  const pump = () => {
    // Refused: the way is full, nothing was lost, and `room` is called when it is worth trying again.
    while (next < COUNT && context.send('counter', { type: 'line', number: next, text: `line ${next}` }, 'refusable')) next++;
    if (next === COUNT && context.send('counter', { type: 'end' }, 'control')) next++;
  };
  return { receive: pump, room: pump, inspect: () => ({ sent: next }) };
}

/** Counts lines; tells the main thread at the end. */
export function createCounter(context) {
  let lines = 0;
  let letters = 0;
  return {
    receive(message) {
      if (message.type === 'end') {
        context.emit({ lines, letters });
        return;
      }
      assert.equal(message.number, lines); // in order, each once
      lines++;
      letters += message.text.length;
    },
  };
}

if (isMainThread) {
  const module = new URL(import.meta.url);
  const system = await startThreads({
    threads: [
      { name: 'input', actors: [{ address: 'reader', module, factory: 'createReader' }] },
      { name: 'work', actors: [{ address: 'counter', module, factory: 'createCounter' }] },
    ],
    // One lane of 64 KiB. Room in the sender's outbox: none, so that it learns at once that the lane is full.
    links: [{ from: 'reader', to: 'counter', capacityBytes: 65_536, outbox: 0 }],
    structures: [['type', 'number', 'text'], ['type']],
  });
  const result = new Promise((resolve, reject) => {
    system.on('event', ({ event }) => resolve(event));
    system.on('fault', reject);
  });
  await system.send('reader', { type: 'begin' });
  const { lines, letters } = await result;
  assert.equal(lines, COUNT);
  console.log(`${lines} lines, ${letters} letters`);
  assert.ok((await system.stop()).clean);
}
