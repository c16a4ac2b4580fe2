// What 32-byte statuses cost on their way from one thread to another: a lane of @tidegate/ring, and what one would use instead.
// Comlink, piscina and ringbuf.js take part if they can be found from the current folder (npm install --no-save ringbuf.js).
//
//   node compare.mjs [--runs 9] [--quick]
//
// The main thread produces; a worker counts, and checks each status and their order. All ways take their turns within one
// process, another one first in each round, after a round that does not count. A ratio is the median of the rounds' own
// ratios; `cpu ns` is the processor time of all threads for one status. Who waits by polling burns both.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread, MessageChannel, parentPort, Worker, workerData } from 'node:worker_threads';
import { createLane, LaneConsumer, LaneProducer } from '@tidegate/ring';

const WORDS = 8;
const BATCH = 256;
const ARRAY = 2_048;
const RING_BYTES = 1 << 20;
const AT_ONCE = 256;

/** The fields of status `n`. The low byte of a record's first word is the lane's, so nobody uses it. */
function fill(words, at, n) {
  words[at] = (n << 8) | (words[at] & 0xff);
  for (let i = 1; i < WORDS; i++) words[at + i] = n ^ i;
}

function isRight(words, at, n) {
  return words[at] >>> 8 === (n << 8) >>> 8 && words[at + 1] === (n ^ 1) >>> 0 && words[at + 7] === (n ^ 7) >>> 0;
}

const objectOf = (n) => ({ handle: n, generation: n ^ 1, stage: 1, mode: 0, tsHigh: n ^ 4, tsLow: n ^ 5, a: n ^ 6, b: n ^ 7 });
const isObject = ({ handle, b }, n) => handle === n && b === (n ^ 7);

const urlOf = (name) => pathToFileURL(createRequire(join(process.cwd(), 'x.js')).resolve(name)).href;

/** A module by name from the current folder; undefined when it is not installed there. */
async function optional(name) {
  try {
    const module = await import(urlOf(name));
    // What is no ES module has its names under `default`, or is its default.
    const { default: own } = module;
    return { ...own, ...module, ...(typeof own === 'function' && { [own.name]: own }) };
  } catch {
    return undefined;
  }
}

// ------------------------------------------------------------------ the worker

async function receive({ lane, ring, port }) {
  let expected = 0;
  let wrong = 0;
  const take = (right) => {
    if (!right) wrong++;
    expected++;
  };
  const consumer = LaneConsumer.attach(lane);
  const handler = {
    record: (words, at) => take(isRight(words, at, expected)),
    frame: () => {
      wrong++;
    },
  };
  const RingBuffer = ring && (await optional('ringbuf.js')).RingBuffer;
  const buffer = ring && new RingBuffer(ring, Uint32Array);
  const scratch = new Uint32Array(BATCH * WORDS);
  const runHandler = {
    ...handler,
    records: (words, at, count) => {
      for (let i = 0; i < count; i++) take(isRight(words, at + i * WORDS, expected));
      return count;
    },
  };
  const drain = async (count, by) => {
    while (expected < count) if (consumer.drain(4_096, by) === 0) await consumer.park(1_000);
  };
  const ways = {
    laneEach: (count) => drain(count, handler),
    laneRuns: (count) => drain(count, runHandler),
    // It has no way to sleep: whoever waits looks again and again.
    async ringbufEach(count) {
      while (expected < count) if (buffer.pop(scratch, WORDS) > 0) take(isRight(scratch, 0, expected));
    },
    async ringbufBatches(count) {
      while (expected < count) {
        const words = buffer.pop(scratch);
        for (let at = 0; at < words; at += WORDS) take(isRight(scratch, at, expected));
      }
    },
  };
  const onMessage = (message, reply) => {
    if (message.way !== undefined) {
      [expected, wrong] = [0, 0];
      void (ways[message.way]?.(message.count) ?? Promise.resolve()).then(() => ways[message.way] && reply({ expected, wrong }));
    } else if (message.end === true) reply({ expected, wrong });
    else if (Array.isArray(message)) for (const one of message) take(isObject(one, expected));
    else take(isObject(message, expected));
  };
  parentPort.on('message', (message) => onMessage(message, (answer) => parentPort.postMessage(answer)));
  port.on('message', (message) => onMessage(message, (answer) => port.postMessage(answer)));
}

/** For comlink and piscina: takes a status, and knows how many it has taken. */
function taker() {
  let taken = 0;
  return {
    take: (status) => {
      if (status.b === (status.handle ^ 7)) taken++;
    },
    report: () => {
      const reported = taken;
      taken = 0;
      return reported;
    },
  };
}

/** Piscina calls these by name, in its own worker. */
const ofPool = taker();
export const take = (status) => ofPool.take(status);
export const report = () => ofPool.report();

// ------------------------------------------------------------------ the main thread

async function main() {
  const { values } = parseArgs({ options: { runs: { type: 'string', default: '9' }, quick: { type: 'boolean' } } });
  const runs = values.quick ? 2 : Number(values.runs);
  const scale = values.quick ? 0.05 : 1;
  const [ringbuf, comlink, piscina] = await Promise.all(['ringbuf.js', 'comlink', 'piscina'].map(optional));
  const lane = createLane({ capacityBytes: RING_BYTES, name: 'compare' });
  const ring = ringbuf?.RingBuffer.getStorageForCapacity(RING_BYTES / 4, Uint32Array);
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { role: 'receiver', lane, ring, port: port2 },
    transferList: [port2],
  });
  const ways = [
    ...laneWays(lane, worker),
    ...(ringbuf ? ringbufWays(ringbuf, ring, worker) : []),
    { name: '`postMessage`, each', count: 40_000, run: messageWay(worker, 1) },
    { name: '`MessageChannel`, each', count: 40_000, run: messageWay(port1, 1) },
    { name: '`MessageChannel`, arrays of 2 048', count: 120_000, run: messageWay(port1, ARRAY) },
    ...(comlink ? [await comlinkWay(comlink)] : []),
    ...(piscina ? [piscinaWay(piscina)] : []),
    ...oneThreadWays(ringbuf),
  ];
  const rounds = [];
  for (let round = -1; round < runs; round++) {
    const figures = new Map();
    for (let i = 0; i < ways.length; i++) {
      const way = ways[(i + round + ways.length) % ways.length];
      figures.set(way, await timed(way, Math.ceil(way.count * scale)));
    }
    if (round >= 0) rounds.push(figures);
  }
  print(ways, rounds);
  port1.close();
  await Promise.all([worker.terminate(), ...ways.map((way) => way.close?.())]);
}

async function timed({ name, run }, count) {
  const cpu = process.cpuUsage();
  const began = performance.now();
  const { expected, wrong } = await run(count);
  const seconds = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  assert.deepEqual({ expected, wrong }, { expected: count, wrong: 0 }, name);
  return { perSecond: count / seconds, cpuNs: ((user + system) * 1_000) / count };
}

const answerFrom = (target) => new Promise((resolve) => target.once('message', resolve));

function laneWays(lane, worker) {
  const producer = LaneProducer.attach(lane);
  // Both answer how many statuses went, 0 when the lane is full.
  const claims = {
    laneEach(n, most) {
      let done = 0;
      for (let at = 0; done < most; done++) {
        at = producer.claimRecord();
        if (at < 0) break;
        fill(producer.words, at, n + done);
      }
      return done;
    },
    laneRuns(n, most) {
      const count = producer.claimRecords(most);
      for (let i = 0; i < count; i++) fill(producer.words, producer.runAt + i * WORDS, n + i);
      return count;
    },
  };
  const of = (way) => async (count) => {
    const answer = answerFrom(worker);
    worker.postMessage({ way, count });
    for (let n = 0; n < count; ) {
      const done = claims[way](n, Math.min(BATCH, count - n));
      producer.publish();
      n += done;
      if (done === 0) await producer.waitRoom(producer.capacityCells / 4, 1_000);
    }
    return await answer;
  };
  return [
    { name: '`@tidegate/ring`, each', count: 2_000_000, run: of('laneEach') },
    { name: '`@tidegate/ring`, runs of 256', count: 2_000_000, run: of('laneRuns') },
  ];
}

function ringbufWays({ RingBuffer }, ring, worker) {
  const buffer = new RingBuffer(ring, Uint32Array);
  const scratch = new Uint32Array(BATCH * WORDS);
  const push = (words) => {
    for (let at = 0; at < words; ) at += buffer.push(scratch, words - at, at);
  };
  const of = (way, batch) => async (count) => {
    const answer = answerFrom(worker);
    worker.postMessage({ way, count });
    for (let n = 0; n < count; ) {
      let at = 0;
      for (; at < batch * WORDS && n < count; at += WORDS) fill(scratch, at, n++);
      push(at);
    }
    return await answer;
  };
  return [
    { name: '`ringbuf.js`, each', count: 400_000, run: of('ringbufEach', 1) },
    { name: '`ringbuf.js`, batches of 256', count: 2_000_000, run: of('ringbufBatches', BATCH) },
  ];
}

/** Both sides on this thread, a batch in and a batch out: what the code costs where nobody ever waits. */
function oneThreadWays(ringbuf) {
  const lane = createLane({ capacityBytes: RING_BYTES, name: 'one thread' });
  const [producer, consumer] = [LaneProducer.attach(lane), LaneConsumer.attach(lane)];
  const buffer =
    ringbuf && new ringbuf.RingBuffer(ringbuf.RingBuffer.getStorageForCapacity(RING_BYTES / 4, Uint32Array), Uint32Array);
  const scratch = new Uint32Array(BATCH * WORDS);
  let [expected, wrong] = [0, 0];
  const take = (words, at) => {
    if (!isRight(words, at, expected)) wrong++;
    expected++;
  };
  const handler = {
    record: take,
    records: (words, at, count) => {
      for (let i = 0; i < count; i++) take(words, at + i * WORDS);
      return count;
    },
    frame: () => undefined,
  };
  const batches = {
    lane(n, most) {
      const count = producer.claimRecords(most);
      for (let i = 0; i < count; i++) fill(producer.words, producer.runAt + i * WORDS, n + i);
      producer.publish();
      consumer.drain(count, handler);
      return count;
    },
    ringbuf(n, most) {
      for (let i = 0; i < most; i++) fill(scratch, i * WORDS, n + i);
      buffer.push(scratch, most * WORDS);
      const words = buffer.pop(scratch);
      for (let at = 0; at < words; at += WORDS) take(scratch, at);
      return most;
    },
  };
  const of = (way) => async (count) => {
    [expected, wrong] = [0, 0];
    for (let n = 0; n < count; ) n += batches[way](n, Math.min(BATCH, count - n));
    return { expected, wrong };
  };
  const ways = [{ name: '`@tidegate/ring`, runs of 256, in one thread', count: 2_000_000, run: of('lane') }];
  if (buffer !== undefined)
    ways.push({ name: '`ringbuf.js`, batches of 256, in one thread', count: 2_000_000, run: of('ringbuf') });
  return ways;
}

function messageWay(target, size) {
  return async (count) => {
    const answer = answerFrom(target);
    target.postMessage({ way: 'messages', count });
    for (let n = 0; n < count; ) {
      if (size === 1) target.postMessage(objectOf(n++));
      else target.postMessage(Array.from({ length: Math.min(size, count - n) }, () => objectOf(n++)));
    }
    target.postMessage({ end: true });
    return await answer;
  };
}

async function inParallel(count, call) {
  for (let n = 0; n < count; ) {
    const calls = [];
    for (let i = 0; i < AT_ONCE && n < count; i++) calls.push(call(objectOf(n++)));
    await Promise.all(calls);
  }
}

async function comlinkWay({ wrap }) {
  const source = `
    import { parentPort } from 'node:worker_threads';
    import * as comlink from ${JSON.stringify(urlOf('comlink'))};
    ${taker.toString()};
    (comlink.expose ?? comlink.default.expose)(taker(), { addEventListener: (_, f) => parentPort.on('message', (data) => f({ data })), removeEventListener() {},
      postMessage: (message, transfer) => parentPort.postMessage(message, transfer) });`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
  const listeners = new Map();
  const remote = wrap({
    addEventListener: (_, listener) => {
      listeners.set(listener, (data) => listener({ data }));
      worker.on('message', listeners.get(listener));
    },
    removeEventListener: (_, listener) => worker.off('message', listeners.get(listener)),
    postMessage: (message, transfer) => worker.postMessage(message, transfer),
  });
  const run = async (count) => {
    await inParallel(count, (status) => remote.take(status));
    return { expected: await remote.report(), wrong: 0 };
  };
  return { name: 'comlink, 256 calls at once', count: 20_000, run, close: () => worker.terminate() };
}

function piscinaWay({ Piscina }) {
  const pool = new Piscina({ filename: new URL(import.meta.url).href, minThreads: 1, maxThreads: 1 });
  const run = async (count) => {
    await inParallel(count, (status) => pool.run(status, { name: 'take' }));
    return { expected: await pool.run(undefined, { name: 'report' }), wrong: 0 };
  };
  return { name: 'piscina, 256 tasks at once', count: 10_000, run, close: () => pool.destroy() };
}

function print(ways, rounds) {
  const median = (of) => rounds.map(of).toSorted((a, b) => a - b)[Math.floor(rounds.length / 2)];
  const baseline = ways.find(({ name }) => name === '`postMessage`, each');
  const digits = (value) => (value >= 99.5 ? Math.round(value).toString() : value.toPrecision(2));
  console.log('| way | M/s | × `postMessage` | cpu ns | × less than `postMessage` |\n|---|---:|---:|---:|---:|');
  for (const way of ways) {
    const speed = median((round) => round.get(way).perSecond / 1e6);
    const faster = median((round) => round.get(way).perSecond / round.get(baseline).perSecond);
    const cpu = median((round) => round.get(way).cpuNs);
    const cheaper = median((round) => round.get(baseline).cpuNs / round.get(way).cpuNs);
    console.log(`| ${way.name} | ${speed.toPrecision(2)} | ${digits(faster)} | ${Math.round(cpu)} | ${digits(cheaper)} |`);
  }
}

if (isMainThread) await main();
else if (workerData?.role === 'receiver') await receive(workerData);
