import { setTimeout as delay } from 'node:timers/promises';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { LaneConsumer, LaneProducer } from '@tidegate/ring';
import { PAUSE, type WakeCommand, type WakeData, type WakeTimes } from './wakeProtocol.js';

const { role, lane, port } = workerData as WakeData;
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
    else publish(sequence);
  }
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
  if (consumer === undefined) throw new Error('this is the sending end');
  const handler = {
    record: (words: Uint32Array, at: number) => times.take(words[at + 2]!, words[at + 1]!),
    frame: () => {
      throw new Error('a frame where records are sent');
    },
  };
  while (!times.isFull) {
    if (consumer.drain(1, handler) === 0 && !(await consumer.park(PATIENCE))) throw new Error('nothing came');
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
