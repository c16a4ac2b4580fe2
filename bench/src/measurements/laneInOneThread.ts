import { Stage, writeStatus } from '@tidegate/protocol';
import { createLane, LaneConsumer, LaneProducer } from '@tidegate/ring';
import type { Measurement } from '../harness/measurement.js';
import { type MicroCase, microCase } from '../harness/microCase.js';

const BATCH = 1024;
const FRAME_BYTES = 48;

/** What the lane itself costs: no second thread, no cache line that moves. */
export const laneInOneThread: Measurement = {
  name: 'lane-one-thread',
  title: 'claim, write, publish, drain, in one thread',
  unit: 'entries',
  open: async (scale) => ({
    cases: [records(), frames(), objects()].map((one) => microCase(one, scale)),
    close: async () => {},
  }),
};

function ends() {
  const lane = createLane({ capacityBytes: 1 << 18, reserveBytes: 0 });
  return { producer: LaneProducer.attach(lane), consumer: LaneConsumer.attach(lane) };
}

function records(): MicroCase {
  const { producer, consumer } = ends();
  let sent = 0;
  let received = 0;
  let faults = 0;
  const handler = {
    record: (words: Uint32Array, at: number) => {
      if (words[at + 1] !== (received & 0xff_ffff)) faults++;
      received++;
    },
    frame: () => {
      faults++;
    },
  };
  return {
    name: 'records of 32 bytes',
    baseline: 'objects in an array',
    items: BATCH,
    body: () => {
      for (let i = 0; i < BATCH; i++) {
        const at = producer.claimRecord();
        writeStatus(producer.words, at, Stage.WAITING, 0, sent & 0xff_ffff, 1, 0, sent | 0);
        sent++;
      }
      producer.publish();
      consumer.drain(BATCH, handler);
    },
    check: () => faultOf(sent, received, faults),
  };
}

function frames(): MicroCase {
  const { producer, consumer } = ends();
  let sent = 0;
  let received = 0;
  let faults = 0;
  const handler = {
    record: () => {
      faults++;
    },
    frame: (bytes: Uint8Array, offset: number, length: number) => {
      if (length !== FRAME_BYTES || bytes[offset + length - 1] !== (received & 0xff)) faults++;
      received++;
    },
  };
  return {
    name: `frames of ${FRAME_BYTES} bytes`,
    baseline: 'objects in an array',
    items: BATCH,
    body: () => {
      for (let i = 0; i < BATCH; i++) {
        const offset = producer.claimFrame(FRAME_BYTES);
        producer.bytes.fill(sent & 0xff, offset, offset + FRAME_BYTES);
        sent++;
      }
      producer.publish();
      consumer.drain(BATCH, handler);
    },
    check: () => faultOf(sent, received, faults),
  };
}

/** What one has for nothing inside one thread, and nothing else. */
function objects(): MicroCase {
  let queue: { stage: number; handle: number; generation: number; commitTs: number }[] = [];
  let sent = 0;
  let received = 0;
  let faults = 0;
  return {
    name: 'objects in an array',
    items: BATCH,
    body: () => {
      for (let i = 0; i < BATCH; i++) {
        queue.push({ stage: Stage.WAITING, handle: sent & 0xff_ffff, generation: 1, commitTs: sent });
        sent++;
      }
      for (const { handle } of queue) {
        if (handle !== (received & 0xff_ffff)) faults++;
        received++;
      }
      queue = [];
    },
    check: () => faultOf(sent, received, faults),
  };
}

function faultOf(sent: number, received: number, faults: number): string | undefined {
  if (faults > 0) return `${faults} entries arrived changed`;
  return sent === received ? undefined : `${sent} sent, ${received} received`;
}
