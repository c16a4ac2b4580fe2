import { workerData } from 'node:worker_threads';
import { LaneConsumer } from '../laneConsumer.js';
import { gateAtomics, Turnstile } from './turnstile.js';

/** A consumer thread that stops before every atomic operation and before every entry. It ends when the lane is empty. */
export interface SteppedConsumerData {
  readonly lane: SharedArrayBuffer;
  readonly turnstile: SharedArrayBuffer;
  /** Word 0: how many entries it has handled. */
  readonly handled: SharedArrayBuffer;
}

export const BATCH = 7;

const data = workerData as SteppedConsumerData | null;
if (data?.turnstile !== undefined) play(data, new Turnstile(data.turnstile));

function play({ lane, handled }: SteppedConsumerData, turnstile: Turnstile): void {
  const done = new Uint32Array(handled);
  turnstile.nextCourse();
  gateAtomics(() => turnstile.pass());
  const consumer = LaneConsumer.attach(lane, { takeOver: true });
  const handler = {
    record(): void {
      turnstile.pass();
      done[0] = done[0]! + 1;
    },
    frame: (): void => undefined,
  };
  while (!consumer.empty) consumer.drain(BATCH, handler);
  turnstile.over();
}
