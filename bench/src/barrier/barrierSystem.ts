import { Coordinator, type CoordinatorInspection, resolveOptions } from '@tidegate/coordinator';
import { createMaintainer, type Maintainer } from '@tidegate/maintainer';
import type { MaintainerEvent } from '@tidegate/protocol';
import { VerificationError } from '../harness/errors.js';
import type { BarrierShape } from './barrierShape.js';
import { Crowd } from './crowd.js';
import { World } from './world.js';

const EPOCH = 1;
const COORDINATOR = 'coordinator';
const MAINTAINER = 'maintainer';
const WORKER = 'worker-0';

/**
 * The real coordinator and the real maintainer in one thread, with dispatchers that are played. Everything that goes between
 * them is what goes in production, and so are their timers.
 */
export class BarrierSystem {
  readonly maintainer: Maintainer;
  readonly #coordinator: Coordinator;
  readonly #world = new World();
  readonly #crowd: Crowd;
  readonly #shape: BarrierShape;
  readonly #dispatchers: number;
  #completed = 0;
  #begun = 0;
  #ts = 1_000n;

  constructor(shape: BarrierShape, dispatchers: number) {
    this.#shape = shape;
    this.#dispatchers = dispatchers;
    const world = this.#world;
    world.onEvent = (event) => this.#told(event as MaintainerEvent);
    const options = resolveOptions({ host: 'host-0', workers: [WORKER] });
    this.#coordinator = world.add(COORDINATOR, (context) => new Coordinator(context, options));
    this.maintainer = world.add(
      MAINTAINER,
      (context) =>
        createMaintainer(context, {
          maxScheduling: 0xff_ffff,
          splitTables: shape.spanChecker === true,
          ...(shape.isSplit === true && { initialSplit: [{ tableId: 1, keys: splitKeys(dispatchers) }] }),
        }) as Maintainer,
    );
    this.#crowd = new Crowd({
      message: (message) => world.send(WORKER, COORDINATOR, message),
      records: (words, count) => this.#coordinator.receiveRecords(words, 0, count, WORKER),
    });
    world.outside(WORKER, (message) => this.#crowd.take(message as Parameters<Crowd['take']>[0]));
    const hosts = [{ host: 'host-0', coordinator: COORDINATOR }];
    world.send('host', MAINTAINER, { type: 'start', epoch: EPOCH, startTs: 10n, tables: shape.tables(dispatchers), hosts });
    const wanted = dispatchers + 1;
    world.run(
      () => false,
      () => this.#crowd.size === wanted && this.maintainer.changefeed?.pipeline.table.count(3) === wanted,
    );
  }

  /** Dispatchers that take part in one barrier, by two statuses each. */
  get statuses(): number {
    return 2 * this.#crowd.waiting;
  }

  /** One barrier, from the first WAITING to its completion. Called between turns: `watch`. */
  barrier(watch: () => void = () => {}): number {
    const world = this.#world;
    const facts = this.#shape.event(this.#ts, this.#dispatchers);
    this.#ts += 1_000n;
    this.#begun++;
    world.watch = watch;
    const begin = world.now();
    this.#crowd.arrive(facts, this.#shape.takesPart);
    world.run(
      () => this.#burst(),
      () => this.#completed === this.#begun,
    );
    return world.now() - begin;
  }

  /** Lets what is still under way come to rest, and says what is wrong with the last barrier, if anything is. */
  verify(): void {
    const at = `barrier ${this.#shape.name}, ${this.#dispatchers} dispatchers`;
    const { size, waiting, done, acknowledged, writes } = this.#crowd;
    const participants = size - Number(!this.#shape.takesPart(0));
    if (waiting !== participants) throw new VerificationError(at, `${waiting} of ${participants} waited`);
    if (done !== waiting || writes !== 1) throw new VerificationError(at, `${done} of ${waiting} are done, ${writes} writes`);
    // Each of them once as it waited; and once more as it was done, but for those behind the one that completed the event.
    if (acknowledged < waiting) throw new VerificationError(at, `${acknowledged} of ${waiting} were acknowledged`);
    const rest = () => (this.#coordinator.inspect() as CoordinatorInspection).statuses;
    const until = this.#world.now() + 1_000;
    this.#world.run(
      () => this.#burst(),
      () => this.#world.now() > until || rest().outstanding + rest().keys === 0,
    );
    const { keys, outstanding } = rest();
    if (keys + outstanding !== 0) throw new VerificationError(at, `${keys} keys and ${outstanding} outstanding are left`);
  }

  #burst(): boolean {
    if (this.#world.paused.has(WORKER) || !this.#crowd.burst()) return false;
    this.#coordinator.turnEnd();
    return true;
  }

  #told(event: MaintainerEvent): void {
    if (event.type === 'fault') throw new Error(`the maintainer failed: ${event.code} ${event.message}`);
    if (event.type === 'barrier' && event.phase === 'completed') this.#completed++;
  }
}

/** `parts` spans are cut at `parts - 1` keys of four bytes. */
function splitKeys(parts: number): Uint8Array[] {
  return Array.from({ length: parts - 1 }, (_, i) => {
    const key = new Uint8Array(4);
    new DataView(key.buffer).setUint32(0, i + 1);
    return key;
  });
}
