import { workerData } from 'node:worker_threads';
import { LaneConsumer } from '../laneConsumer.js';
import { LaneProducer } from '../laneProducer.js';
import { gateAtomics, Turnstile } from './turnstile.js';

/** A thread that does one thing to a lane per course, stopping before each atomic operation of it. */
export interface GatedActionsData {
  readonly lane: SharedArrayBuffer;
  readonly side: 'producer' | 'consumer';
  readonly turnstile: SharedArrayBuffer;
}

/** The courses. */
export const PUBLISH = 1;
export const PUBLISH_AND_CLOSE = 2;
export const DRAIN_ONE = 3;

/** Makes ready, not gated; what it returns is gated. */
type Action = (course: number) => () => void;

const data = workerData as GatedActionsData | null;
if (data?.turnstile !== undefined) play(data, new Turnstile(data.turnstile));

function play({ lane, side }: GatedActionsData, turnstile: Turnstile): never {
  const action = side === 'producer' ? producing(lane) : consuming(lane);
  for (;;) {
    const act = action(turnstile.nextCourse());
    const restore = gateAtomics(() => turnstile.pass());
    act();
    restore();
    turnstile.over();
  }
}

function producing(lane: SharedArrayBuffer): Action {
  let producer = LaneProducer.attach(lane);
  return (course) => {
    // A lane that was closed opens again under a successor.
    if (course === PUBLISH_AND_CLOSE) producer = LaneProducer.attach(lane, { takeOver: true });
    producer.claimRecord();
    return course === PUBLISH_AND_CLOSE ? () => producer.close() : () => producer.publish();
  };
}

function consuming(lane: SharedArrayBuffer): Action {
  const consumer = LaneConsumer.attach(lane);
  const handler = { record: (): void => undefined, frame: (): void => undefined };
  return () => () => void consumer.drain(1, handler);
}
