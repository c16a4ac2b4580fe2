// A bounded channel from one worker thread to another, with nothing but @tidegate/ring: records written and read in place,
// frames of any length between them, back-pressure, sleep instead of polling, and an end that both sides see.
//
//   node twoThreads.mjs

import assert from 'node:assert/strict';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { createLane, LaneConsumer, LaneProducer } from '@tidegate/ring';

const COUNT = 1_000_000;
const BATCH = 256;

if (isMainThread) {
  const lane = createLane({ capacityBytes: 1 << 20, name: 'numbers' });
  // The lane is a SharedArrayBuffer: handing it over copies nothing.
  const producer = new Worker(new URL(import.meta.url), { workerData: lane });
  // What a thread that dies had published is still there; what it had only claimed never becomes visible.
  producer.once('error', (error) => console.error('the producer died:', error.message));
  await consume(lane);
} else {
  await produce(workerData);
}

async function produce(lane) {
  const out = LaneProducer.attach(lane);
  let next = 0;
  while (next < COUNT) {
    let at = out.claimRecord();
    for (let n = 0; at >= 0 && next < COUNT; n++) {
      // Seven words are yours, and three bytes of the first: its low byte is the lane's.
      out.words[at + 1] = next;
      out.words[at + 2] = next * 2;
      next++;
      if (n % BATCH === BATCH - 1) out.publish();
      at = next < COUNT ? out.claimRecord() : -1;
    }
    out.publish(); // One store makes all of it visible, one wake-up if the consumer sleeps.
    // The lane is full: nothing was lost, nothing was queued elsewhere. Sleep until a quarter of it is free.
    if (next < COUNT) await out.waitRoom(out.capacityCells / 4, 1_000);
  }
  const text = new TextEncoder().encode('that was all');
  for (let offset = out.claimFrame(text.length); ; offset = out.claimFrame(text.length)) {
    if (offset >= 0) {
      out.bytes.set(text, offset);
      break;
    }
    await out.waitRoom(out.frameCells(text.length), 1_000);
  }
  out.publish();
  out.close();
}

async function consume(lane) {
  const source = LaneConsumer.attach(lane);
  let received = 0;
  let sum = 0;
  let last = '';
  const handler = {
    record(words, at) {
      assert.equal(words[at + 1], received); // in order, each once
      sum += words[at + 2];
      received++;
    },
    // A view of shared memory: copy what outlives the call.
    frame: (bytes, offset, length) => {
      last = new TextDecoder().decode(bytes.slice(offset, offset + length));
    },
  };
  while (!source.finished) {
    source.drain(4_096, handler);
    // Sleeps only if there is nothing; the event loop goes on meanwhile.
    if (source.empty && !source.finished) await source.park(1_000);
  }
  assert.equal(received, COUNT);
  assert.equal(sum, COUNT * (COUNT - 1));
  assert.equal(last, 'that was all');
  console.log(`${received} records in order, then: ${last}`);
}
