import { setTimeout as delay } from 'node:timers/promises';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { LaneConsumer, LaneProducer } from '@tidegate/ring';
import { PAUSE, type WakeCommand, type WakeData, type WakeTimes } from './wakeProtocol.js';

const { role, lane, port, words } = workerData as WakeData;
/** Word 0: how many were sent; word 16: when the last one was. */
const bare = new Int32Array(words);
const SENT_AT = 16;
const PATIENCE = 10_000;
const WORD = 2 ** 32;

/** Nanoseconds on the clock of all threads; the low word of them, for a record. Differences below four seconds are exact. */
function lowNanoseconds(): number {
  return Number(BigInt.asUintN(32, process.hrtime.bigint()));
}

function since(sent: number): number {
  const now = lowNanoseconds();
  return now >= sent ? now - sent : now + WORD - sent;
}

/** Takes what arrives, in its order, until `count` have. */
class Times {
  readonly nanoseconds: Float64Array;
  #count = 0;

  constructor(count: number) {
    this.nanoseconds = new Float64Array(count);
  }

  get isFull(): boolean {
    return this.#count === this.nanoseconds.length;
  }

  take(sent: number, sequence: number): void {
    const elapsed = since(sent);
    if (sequence !== this.#count) throw new Error(`entry ${sequence} came in the place of ${this.#count}`);
    this.nanoseconds[this.#count++] = elapsed;
  }
}

function tell(times: Times): void {
  const answer: WakeTimes = { nanoseconds: times.nanoseconds };
  parentPort?.postMessage(answer);
}

const producer = role === 'sender' ? LaneProducer.attach(lane) : undefined;
const consumer = role === 'receiver' ? LaneConsumer.attach(lane) : undefined;

async function send({ way, count }: WakeCommand): Promise<void> {
  for (let sequence = 0; sequence < count; sequence++) {
    await delay(PAUSE);
    if (way === 'port') port.postMessage({ sent: lowNanoseconds(), sequence });
    else if (way === 'futex' || way === 'async-futex') notify();
    else publish(sequence);
  }
}

function notify(): void {
  Atomics.store(bare, SENT_AT, lowNanoseconds() | 0);
  Atomics.add(bare, 0, 1);
  Atomics.notify(bare, 0);
}

/** A word, and nothing else: what is sent while this thread is awake is seen when it looks, as everywhere. */
async function receiveBare(times: Times, first: number, isAsync: boolean): Promise<void> {
  const hold = setInterval(() => undefined, PATIENCE);
  for (let sequence = 0; !times.isFull; sequence++) {
    const seen = (first + sequence) | 0;
    if (!isAsync) Atomics.wait(bare, 0, seen, PATIENCE);
    else {
      const wait = Atomics.waitAsync(bare, 0, seen);
      if (wait.async) await wait.value;
    }
    times.take(Atomics.load(bare, SENT_AT) >>> 0, sequence);
  }
  clearInterval(hold);
  tell(times);
}

function publish(sequence: number): void {
  if (producer === undefined) throw new Error('this is the receiving end');
  const at = producer.claimRecord();
  if (at < 0) throw new Error('the lane is full: its reader is gone');
  producer.words[at + 1] = sequence;
  producer.words[at + 2] = lowNanoseconds();
  producer.publish();
}

async function receive({ way, count }: WakeCommand): Promise<void> {
  const times = new Times(count);
  if (way === 'port') {
    receiveFrom(port, times);
    return;
  }
  const first = Atomics.load(bare, 0);
  // Whoever began it is to hear that this thread is ready before its event loop stands still.
  await delay(PAUSE / 2);
  if (way === 'futex' || way === 'async-futex') return await receiveBare(times, first, way === 'async-futex');
  if (consumer === undefined) throw new Error('this is the sending end');
  const handler = {
    record: (words: Uint32Array, at: number) => times.take(words[at + 2]!, words[at + 1]!),
    frame: () => {
      throw new Error('a frame where records are sent');
    },
  };
  while (!times.isFull) {
    if (consumer.drain(1, handler) > 0) continue;
    const came = way === 'blocking' ? consumer.parkBlocking(PATIENCE) : await consumer.park(PATIENCE);
    if (!came) throw new Error('nothing came');
  }
  tell(times);
}

function receiveFrom(from: MessagePort, times: Times): void {
  const take = ({ sent, sequence }: { sent: number; sequence: number }): void => {
    times.take(sent, sequence);
    if (!times.isFull) return;
    from.off('message', take);
    tell(times);
  };
  from.on('message', take);
}

parentPort?.on('message', (command: WakeCommand) => {
  const running = role === 'sender' ? send(command) : receive(command);
  if (role === 'receiver') parentPort?.postMessage('ready');
  running.catch((error: unknown) => {
    setImmediate(() => {
      throw error;
    });
  });
});
