import { LaneConsumer } from '@tidegate/ring';

/** What lies on a lane, published and not released. */
export interface LaneContents {
  records: number;
  messages: number;
}

/**
 * Counts what lies on a lane without touching it: on a copy. Sound once one of its two sides is gone: then nothing
 * between the cursors is written any more.
 */
export function laneContents(lane: SharedArrayBuffer): LaneContents {
  const copy = new SharedArrayBuffer(lane.byteLength);
  new Uint8Array(copy).set(new Uint8Array(lane));
  const contents: LaneContents = { records: 0, messages: 0 };
  const consumer = LaneConsumer.attach(copy, { takeOver: true });
  consumer.drain(consumer.capacityCells, {
    record: () => {
      contents.records++;
    },
    frame: () => {
      contents.messages++;
    },
  });
  return contents;
}
