import { describe, expect, test } from 'vitest';
import { createLane } from './createLane.js';
import { Doorbell, SLICE_MS } from './doorbell.js';
import { LaneProducer } from './laneProducer.js';
import type { EchoData } from './testing/echo.js';
import type { ParkedConsumerData } from './testing/parkedConsumer.js';
import { exited, firstMessage, spawn } from './testing/spawn.js';

const HOUR = 3_600_000;

function bell(): { words: Int32Array; bell: Doorbell } {
  const sab = Doorbell.create();
  return { words: new Int32Array(sab), bell: Doorbell.attach(sab) };
}

describe('a doorbell on one thread', () => {
  test('wakes everyone who sleeps', async () => {
    const { bell: shared, words } = bell();
    let open = false;
    const sleepers = [1, 2, 3].map(() => shared.sleepUntil(() => open, HOUR));
    expect(words[1]).toBe(3);
    open = true;
    shared.ring();
    await expect(Promise.all(sleepers)).resolves.toEqual([true, true, true]);
    expect(words[1]).toBe(0);
  });

  test('a ring between the announcement and the wait is not lost', async () => {
    const { bell: shared } = bell();
    const ticket = shared.arm();
    shared.ring();
    await expect(shared.sleep(ticket, HOUR)).resolves.toBe(true);
  });

  test('a ring for one who is awake does nothing', async () => {
    const { bell: shared, words } = bell();
    shared.ring();
    expect(words[0]).toBe(0);
    await expect(shared.sleep(shared.arm(), 1)).resolves.toBe(false);
  });

  test('one sleep lasts no longer than a slice, whatever it was asked for', async () => {
    const { bell: shared } = bell();
    const start = performance.now();
    await expect(shared.sleep(shared.arm(), HOUR)).resolves.toBe(false);
    expect(performance.now() - start).toBeGreaterThan(SLICE_MS / 2);
  });

  test('news that nobody rang for is found after a slice', async () => {
    const { bell: shared } = bell();
    let open = false;
    setImmediate(() => {
      open = true;
    });
    await expect(shared.sleepUntil(() => open, HOUR)).resolves.toBe(true);
  });

  test('a timeout is an answer, and looks once more', async () => {
    const { bell: shared, words } = bell();
    await expect(shared.sleepUntil(() => false, 3)).resolves.toBe(false);
    await expect(shared.sleepUntil(() => false, 0)).resolves.toBe(false);
    expect(words[1]).toBe(0);
  });

  test('a look that throws leaves nobody announced', async () => {
    const sab = Doorbell.create();
    const shared = Doorbell.attach(sab, { spinLooks: 0 });
    let looks = 0;
    const sleeping = shared.sleepUntil(() => {
      if (++looks === 2) throw new Error('looked');
      return false;
    }, HOUR);
    shared.ring();
    await expect(sleeping).rejects.toThrow('looked');
    expect(new Int32Array(sab)[1]).toBe(0);
  });

  test('a timer ends a sleep, not a wait that leaves one behind: a sleep that is rung costs no turn of the event loop later', async () => {
    const { bell: shared } = bell();
    const long = shared.sleep(shared.arm(), HOUR);
    const short = shared.sleep(shared.arm(), 5);
    // The shorter one rings both: who has more time looks, and sleeps on.
    await expect(Promise.all([short, long])).resolves.toEqual([false, true]);
    await expect(shared.sleep(shared.arm(), 5)).resolves.toBe(false);
  });

  test('a sleep that blocks ends with news, with its time, and not with a slice', () => {
    const sab = Doorbell.create();
    const shared = Doorbell.attach(sab, { sliceMs: 2 });
    let looks = 0;
    expect(shared.sleepUntilBlocking(() => ++looks === 4, HOUR)).toBe(true);
    expect(shared.sleepUntilBlocking(() => false, 3)).toBe(false);
    expect(new Int32Array(sab)[1]).toBe(0);
  });

  test('a knock is kept for one who is awake, and taken once', () => {
    const { bell: shared } = bell();
    expect(shared.takeKnock()).toBe(false);
    shared.knock();
    expect(shared.sleepUntilBlocking(() => shared.takeKnock(), HOUR)).toBe(true);
    expect(shared.takeKnock()).toBe(false);
  });

  test('a successor forgets who died asleep', () => {
    const { bell: shared, words } = bell();
    shared.arm();
    shared.reset();
    expect(words[1]).toBe(0);
  });
});

describe('a doorbell between threads', () => {
  test.each([
    ['whose event loop goes on', false],
    ['whose event loop stands still', true],
  ])('no wake-up of a thread %s is lost in 20 000 rounds of ping-pong', { timeout: 120_000 }, async (_how, blocking) => {
    const rounds = 20_000;
    const balls = new SharedArrayBuffer(8);
    const words = new Int32Array(balls);
    const [here, there] = [Doorbell.create(), Doorbell.create()];
    const data: EchoData = { balls, mine: there, yours: here, rounds, sliceMs: HOUR, blocking };
    const worker = spawn('echo', data);
    const done = firstMessage<string>(worker);
    const mine = Doorbell.attach(here, { sliceMs: HOUR, spinLooks: 0 });
    const yours = Doorbell.attach(there);
    let gone = false;
    worker.once('exit', () => {
      gone = true;
      mine.ring();
    });
    const micros = new Float64Array(rounds);
    let spun = 0;
    for (let round = 1; round <= rounds; round++) {
      // Serves at always other moments of the other side's falling asleep.
      for (let spin = (round * 37) % 2000; spin > 0; spin--) spun += spin & 1;
      const start = performance.now();
      Atomics.store(words, 0, round);
      yours.ring();
      await mine.sleepUntil(() => gone || Atomics.load(words, 1) >= round, HOUR);
      if (Atomics.load(words, 1) < round) expect.unreachable(`the other thread ended in round ${round}`);
      micros[round - 1] = (performance.now() - start) * 1000;
    }
    await expect(done).resolves.toBe('done');
    expect(spun).toBeGreaterThan(0);
    micros.sort();
    const [median, p99] = [micros[rounds >>> 1]!, micros[Math.floor(rounds * 0.99)]!];
    console.info(
      `doorbell round trip: median ${median.toFixed(0)} µs, p99 ${p99.toFixed(0)} µs, longest ${micros.at(-1)?.toFixed(0)} µs`,
    );
    // A gross bound: waking is not what a slice does.
    expect(median).toBeLessThan(SLICE_MS * 500);
  });

  test('one who sleeps holds its event loop open, and its timers go on', { timeout: 60_000 }, async () => {
    const lane = createLane({ capacityBytes: 4096 });
    const progress = new SharedArrayBuffer(8);
    const words = new Int32Array(progress);
    const data: ParkedConsumerData = { lane, progress };
    const worker = spawn('parkedConsumer', data);
    const exit = exited(worker);
    let over = false;
    void exit.then(() => {
      over = true;
    });
    // Nothing but the wait holds that thread, over many slices and turns of its timers.
    while (Atomics.load(words, 0) < 50 && !over) await new Promise(setImmediate);
    expect(over).toBe(false);
    const producer = LaneProducer.attach(lane);
    producer.claimRecord();
    producer.publish();
    // Woken, it has nothing left to do and ends by itself.
    await expect(exit).resolves.toBe(0);
    expect(words[1]).toBe(1);
  });
});
