import { ComponentState, type DispatcherConfig, type HeartbeatRequest, type KeyRange, MAX_TS } from '@tidegate/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { config, MAINTAINER, TestHost, typeOf } from '../testing/host.js';
import { type ModelWorker, modelWorkers } from '../testing/workers.js';

/** Keys 1, 2, 3, 4 of one table; a dispatcher serves some neighbours of them. */
const KEYS = [1, 2, 3, 4] as const;
/** Where the changefeed starts: everything below is durable. */
const START = 100n;
const { STOPPED, REMOVED, WORKING } = ComponentState;

interface Known {
  readonly config: DispatcherConfig;
  /** Where it stood when it was last seen alive: what lies at or below is durable. */
  durableTs: bigint;
}

const rangeOf = (from: number, to: number): KeyRange => ({ start: Uint8Array.of(from), end: Uint8Array.of(to + 1) });
const covers = ({ range }: DispatcherConfig, key: number) => (range?.start[0] ?? 0) <= key && key < (range?.end[0] ?? 0);

/** A coordinator between two workers and a maintainer that believes what it hears, and what may befall them. */
class World {
  readonly host = new TestHost({ heartbeatFirst: 20, heartbeatInterval: 20, completeHeartbeatInterval: 300 });
  readonly workers: ModelWorker[] = modelWorkers(this.host);
  readonly lost = new Set<string>();
  /** Every dispatcher there ever was, by handle and generation. */
  readonly ever = new Map<string, Known>();
  /** Those that the maintainer takes for alive. */
  readonly believed = new Set<string>();
  /** Those of them that it has asked back: their ranges bound the checkpoint by themselves (K-3), and it asks again. */
  readonly asked = new Set<string>();
  /** By target: sources of merges that were asked for. */
  readonly #sources = new Map<string, readonly string[]>();
  /** Of so many heartbeats one is lost; 0: none. */
  loss = 0;
  epoch = 1;
  #handle = 10;
  readonly #pick: (below: number) => number;

  constructor(seed: number) {
    let state = seed >>> 0;
    this.#pick = (below) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % below;
    };
    this.bootstrap();
    this.settle();
    for (const key of KEYS) this.create(rangeOf(key, key), 100n);
    this.settle();
  }

  step(): void {
    const worker = this.workers[this.#pick(2)] as ModelWorker;
    const alive = [...worker.dispatchers.keys()].filter((handle) => handle > 1);
    const one = alive[this.#pick(Math.max(1, alive.length))];
    switch (this.#pick(14)) {
      case 0:
      case 1:
        this.merge();
        break;
      case 2:
        if (one !== undefined && this.#pick(3) === 0) this.remove(one);
        break;
      case 3:
        if (this.#pick(4) === 0) this.lose(worker);
        else this.heal();
        break;
      case 4:
        this.replace(worker);
        break;
      case 5:
        if (this.#pick(8) === 0) this.succeed();
        break;
      case 6:
      case 7:
        if (one !== undefined) worker.work(one);
        break;
      case 8:
      case 9:
        if (one !== undefined) worker.advance(one, (worker.dispatchers.get(one)?.checkpointTs ?? 0n) + BigInt(this.#pick(30)));
        break;
      case 10:
        if (!this.lost.has(worker.address)) worker.heartbeat();
        break;
      case 11:
        this.host.advance(this.#pick(40));
        break;
      default:
        worker.take();
        if (!this.lost.has(worker.address)) worker.obeyOne();
    }
    this.observe();
  }

  /** Everything that was sent arrives, everybody works, nothing goes wrong any more. */
  settle(): void {
    const { loss } = this;
    this.loss = 0;
    for (let round = 0; round < 40; round++) {
      for (const name of [...this.asked]) this.#askBack(name);
      for (const worker of this.workers) {
        this.replace(worker);
        worker.obeyAll();
        for (const handle of worker.dispatchers.keys()) worker.work(handle);
        worker.heartbeat();
        this.observe();
      }
      this.host.advance(20);
      this.observe();
    }
    this.loss = loss;
  }

  bootstrap(): void {
    const trigger = config(0, { id: `${this.epoch}`.padStart(32, 'f'), generation: this.epoch, startTs: 100n });
    this.host.receive(MAINTAINER, { type: 'bootstrap', epoch: this.epoch, startTs: 100n, trigger });
  }

  create(range: KeyRange, startTs: bigint): void {
    const handle = this.#handle++;
    const created = config(handle, { tableId: 1, range, startTs });
    this.host.receive(MAINTAINER, { type: 'schedule', epoch: this.epoch, create: [created], remove: [] });
  }

  /** Asks for a merge of neighbours that the maintainer takes for alive; sometimes of such that are none. */
  merge(): void {
    const sources = [...this.believed].flatMap((name) => this.ever.get(name)?.config ?? []);
    sources.sort((a, b) => (a.range?.start[0] ?? 0) - (b.range?.start[0] ?? 0));
    const at = this.#pick(Math.max(1, sources.length));
    const chosen = sources.slice(at, at + 2 + this.#pick(2));
    if (chosen.length < 2) return;
    const handle = this.#handle++;
    const range = { start: chosen[0]?.range?.start ?? Uint8Array.of(0), end: chosen.at(-1)?.range?.end ?? Uint8Array.of(0) };
    const target = config(handle, { tableId: 1, range, startTs: 0n });
    const named = chosen.map(({ id, handle: source, generation }) => ({ id, handle: source, generation }));
    this.host.receive(MAINTAINER, { type: 'merge', epoch: this.epoch, target, sources: named });
    this.#sources.set(
      `${handle}/1`,
      chosen.map((one) => `${one.handle}/${one.generation}`),
    );
    if (this.#pick(3) === 0) this.remove(handle);
  }

  remove(handle: number): void {
    this.#askBack(`${handle}/1`);
  }

  #askBack(name: string): void {
    const handle = Number(name.split('/')[0]);
    this.asked.add(name);
    this.host.receive(MAINTAINER, {
      type: 'schedule',
      epoch: this.epoch,
      create: [],
      remove: [{ id: '', handle, generation: 1 }],
    });
  }

  /** Creates anew what nobody serves, as a maintainer does when all is known. */
  heal(): void {
    for (const worker of this.workers) worker.take();
    const { merges, waitingCreates } = this.host.coordinator.inspect();
    const isBusy = merges.length + waitingCreates > 0 || this.workers.some(({ inbox }) => inbox.length > 0);
    if (isBusy || this.host.coordinator.inspect().maintainer === undefined) return;
    const alive = this.workers.flatMap(({ dispatchers }) => [...dispatchers.values()]);
    for (const key of KEYS) {
      if (!alive.some(({ config: one }) => one.handle > 1 && covers(one, key)))
        this.create(rangeOf(key, key), this.#durable(key));
    }
  }

  lose(worker: ModelWorker): void {
    if (this.lost.has(worker.address)) return;
    this.lost.add(worker.address);
    worker.die();
    this.host.receive('@outside', { type: 'worker-lost', worker: worker.address });
  }

  replace(worker: ModelWorker): void {
    if (!this.lost.delete(worker.address)) return;
    worker.die();
    this.host.receive('@outside', { type: 'worker-replaced', worker: worker.address });
  }

  /** The maintainer dies, and the next one takes over as soon as it is let. It believes what the response says. */
  succeed(): void {
    this.host.receive('@outside', { type: 'owner-lost', epoch: this.epoch });
    this.epoch++;
    for (let round = 0; round < 4 && this.host.coordinator.inspect().maintainer === undefined; round++) {
      for (const worker of this.workers) if (!this.lost.has(worker.address)) worker.obeyAll();
      this.bootstrap();
      this.observe();
    }
  }

  /** Checks what the maintainer hears against what is so. */
  observe(): void {
    for (const { dispatchers } of this.workers) {
      for (const { config: created, checkpointTs } of dispatchers.values()) {
        const name = `${created.handle}/${created.generation}`;
        if (created.handle > 1 && !this.ever.has(name)) this.#begins(created);
        if (created.handle > 1) this.ever.set(name, { config: created, durableTs: checkpointTs });
      }
    }
    for (const message of this.host.messages(MAINTAINER)) {
      if (typeOf(message) === 'heartbeat' && (this.loss === 0 || this.#pick(this.loss) > 0))
        this.#heard(message as HeartbeatRequest);
      else if (typeOf(message) === 'bootstrap-response') this.#rebuild(message as never);
    }
  }

  /** T-6: the target of a merge begins where everything is durable that its sources had, and they stand still. */
  #begins(target: DispatcherConfig): void {
    for (const key of KEYS.filter((one) => covers(target, one))) {
      const durable = this.#durable(key);
      if (target.startTs > durable) throw new Error(`target from ${target.startTs}, but key ${key} is durable up to ${durable}`);
    }
    for (const { dispatchers } of this.workers) {
      for (const { config: other, state } of dispatchers.values()) {
        const overlaps = other.handle > 1 && KEYS.some((key) => covers(target, key) && covers(other, key));
        if (overlaps && other.handle !== target.handle && state === WORKING) throw new Error(`source ${other.handle} runs`);
      }
    }
  }

  #durable(key: number): bigint {
    const owners = [...this.ever.values()].filter((known) => covers(known.config, key));
    return owners.reduce((most, { durableTs }) => (durableTs > most ? durableTs : most), START);
  }

  #rebuild(response: {
    readonly spans: readonly { config: DispatcherConfig; state: number; removing?: boolean }[];
    readonly error?: unknown;
  }): void {
    if (response.error !== undefined) return;
    this.believed.clear();
    for (const { config: told, state, removing } of response.spans) {
      if (told.handle > 1 && removing !== true && state !== ComponentState.PREPARING)
        this.believed.add(`${told.handle}/${told.generation}`);
    }
  }

  #heard({ statuses, watermark, epoch, confirm }: HeartbeatRequest): void {
    if (confirm !== undefined) this.host.receive(MAINTAINER, { type: 'heartbeat-taken', epoch, confirm });
    for (let row = 0; row < (statuses?.handle.length ?? 0); row++) {
      const name = `${statuses?.handle[row]}/${statuses?.generation[row]}`;
      const state = statuses?.state[row];
      if (state === STOPPED || state === REMOVED) {
        this.believed.delete(name);
        this.asked.delete(name);
      }
      if (state === WORKING && this.ever.has(name)) this.believed.add(name);
      // T-8: the range is the target's; what it was made of goes.
      if (state === WORKING || state === STOPPED) for (const source of this.#sources.get(name) ?? []) this.asked.add(source);
    }
    const checkpointTs = watermark?.checkpointTs;
    if (checkpointTs === undefined || checkpointTs === MAX_TS) return;
    // T-8, K-9, I-7: where the maintainer believes that somebody serves a key, everything below the watermark is durable.
    for (const key of KEYS) {
      const owners = [...this.ever].filter(([, known]) => covers(known.config, key));
      if (!owners.some(([name]) => this.believed.has(name) && !this.asked.has(name))) continue;
      const durable = this.#durable(key);
      if (checkpointTs > durable) throw new Error(`watermark ${checkpointTs}, but key ${key} is durable up to ${durable}`);
    }
  }
}

test('merges, removals, deaths of workers and maintainers in any order: no range is lost from the watermark, and nothing is left (T-6 to T-8, F-10, K-9, I-7, I-10)', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const world = new World(seed);
      world.loss = seed % 3;
      expect(world.believed.size).toBe(KEYS.length);
      for (let step = 0; step < 300; step++) world.step();
      world.settle();
      if (world.host.coordinator.inspect().maintainer === undefined) world.bootstrap();
      world.settle();
      const { merges, statuses, workers, subscriptions } = world.host.coordinator.inspect();
      expect({ merges, keys: statuses.keys, subscriptions }).toEqual({ merges: [], keys: 0, subscriptions: 0 });
      // What the coordinator has is what the workers have, and all of it works but a trigger that waits.
      workers.forEach(({ dispatchers, waiting, states }, index) => {
        expect([dispatchers, waiting]).toEqual([world.workers[index]?.dispatchers.size, 0]);
        expect(Object.keys(states).filter((state) => state !== 'working' && state !== 'initializing')).toEqual([]);
      });
      const states = world.workers.flatMap(({ dispatchers }) => [...dispatchers.values()]);
      expect(states.filter(({ config: one, state }) => one.handle > 1 && state !== WORKING)).toEqual([]);
      const alive = world.workers.flatMap((worker) => [...worker.dispatchers.keys()]).filter((handle) => handle > 1);
      expect([...world.believed].map((name) => Number(name.split('/')[0])).sort()).toEqual(alive.sort());
    }),
    { numRuns: 60 },
  );
}, 60_000);
