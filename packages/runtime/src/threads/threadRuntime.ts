import { Doorbell, LaneConsumer, LaneProducer } from '@tidegate/ring';
import type { Address } from '../actor.js';
import type { AskOutcome } from '../core/asks.js';
import { RealClock } from '../core/clock.js';
import { Codec } from '../core/codec.js';
import { LaneReceiver, LaneSender } from '../core/laneLink.js';
import { loadActor } from '../core/loadActor.js';
import { Loop } from '../core/loop.js';
import { MemoryLink } from '../core/memoryLink.js';
import { Scheduler } from '../core/scheduler.js';
import { type StopOutcome, stopActors } from '../core/stopActors.js';
import { reconnect, sever } from '../core/ways.js';
import { AskError, MailboxFullError } from '../errors.js';
import { DoorbellParking } from './doorbellParking.js';
import { OwedBell } from './owedBell.js';
import { ReportOutlet } from './reportOutlet.js';
import type { LinkSpec, OutsideOutcome, ThreadControl, ThreadSpec } from './threadSpec.js';
import { threadUsage } from './threadUsage.js';

/**
 * A sleeping thread looks up at least this often, in milliseconds, though nobody rang: the net under a ringer that died before it
 * rang. Whoever takes its place rings, so it may be long; each look costs a thread that has nothing to do.
 */
const SLICE_MS = 5_000;

/** The actors of one worker thread, their lanes, and the loop that runs them. */
export class ThreadRuntime {
  readonly control: ThreadControl;
  readonly #scheduler: Scheduler;
  readonly #outlet: ReportOutlet;
  readonly #loop: Loop;
  #start: () => void = () => {};
  readonly #started: Promise<void> = new Promise((resolve) => {
    this.#start = resolve;
  });

  private constructor(spec: ThreadSpec) {
    const scheduler = new Scheduler(spec.name, new RealClock(), spec.limits, new Set(spec.addresses), spec.seed);
    const bell = Doorbell.attach(spec.doorbell, { sliceMs: SLICE_MS });
    this.#scheduler = scheduler;
    this.#outlet = new ReportOutlet(spec.reportPort, scheduler.reports, () => scheduler.wake());
    const peers = new Map<SharedArrayBuffer, OwedBell>();
    for (const actor of spec.actors) scheduler.add(actor.address, actor.tickInterval, spec.incarnation);
    const codec = new Codec(spec.structures);
    const takeOver = spec.incarnation > 0;
    if (takeOver) bell.reset();
    for (const link of spec.links) connect(scheduler, link, codec, { bell, peers, takeOver });
    this.#loop = new Loop(scheduler, new DoorbellParking(bell, peers.values(), spec.parking === 'blocking'), () =>
      this.#outlet.flush(),
    );
    this.control = this.#makeControl();
  }

  /** @throws StartError, or what attaching a lane throws. */
  static async create(spec: ThreadSpec): Promise<ThreadRuntime> {
    const runtime = new ThreadRuntime(spec);
    const scheduler = runtime.#scheduler;
    for (const placement of spec.actors) {
      const cell = scheduler.cell(placement.address);
      if (cell !== undefined) cell.start(await loadActor(placement, scheduler.contextOf(cell)));
    }
    return runtime;
  }

  /** Runs from the control's `start` to its `finish`. */
  async run(): Promise<void> {
    this.#outlet.ready();
    await this.#started;
    await this.#loop.run();
    this.#outlet.end();
  }

  #makeControl(): ThreadControl {
    const scheduler = this.#scheduler;
    return {
      start: () => this.#start(),
      ask: (address, message, deadline) => this.#ask(address, message, deadline),
      send: (address, message) => this.#deliver(address, message) ?? { type: 'done', value: undefined },
      stop: (addresses, milliseconds): Promise<StopOutcome[]> =>
        stopActors(scheduler, addresses, scheduler.clock.now() + milliseconds),
      inspect: () => ({ ...scheduler.report(), usage: threadUsage() }),
      sever: (addresses) => {
        for (const cell of scheduler.cells) sever(cell, new Set(addresses));
      },
      drained: (addresses, milliseconds) => {
        const dead = new Set(addresses);
        const links = scheduler.cells.flatMap(({ inbound }) => inbound.filter(({ from }) => dead.has(from)));
        return scheduler.until(() => links.every(({ empty }) => empty), scheduler.clock.now() + milliseconds);
      },
      reconnect: (addresses) => {
        for (const cell of scheduler.cells) reconnect(cell, new Set(addresses));
      },
      abort: async () => {
        await Promise.all(scheduler.cells.map((cell) => cell.abort()));
      },
      finish: () => {
        this.#loop.end();
        this.#start();
      },
    };
  }

  async #ask(address: Address, message: unknown, deadline: number): Promise<OutsideOutcome> {
    const scheduler = this.#scheduler;
    let outcome: AskOutcome | undefined;
    const failure = this.#deliver(address, message, (given) => {
      outcome = given;
      scheduler.wake();
    });
    if (failure !== undefined) return failure;
    await scheduler.until(() => outcome !== undefined, scheduler.clock.now() + deadline);
    if (outcome === undefined) return { type: 'failed', reason: 'deadline' };
    if ('reply' in outcome) return { type: 'done', value: outcome.reply };
    return { type: 'failed', reason: outcome.error instanceof AskError ? outcome.error.reason : 'receiver-failed' };
  }

  #deliver(address: Address, message: unknown, answer?: (outcome: AskOutcome) => void): OutsideOutcome | undefined {
    try {
      this.#scheduler.sendFromOutside(address, message, answer);
      return undefined;
    } catch (error) {
      if (error instanceof AskError) return { type: 'failed', reason: error.reason };
      if (error instanceof MailboxFullError) return { type: 'full', limit: this.#scheduler.limits.selfQueue };
      throw error;
    }
  }
}

interface Bells {
  /** Of this thread. */
  readonly bell: Doorbell;
  /** Of those that it publishes to: one each, however many lanes there are. */
  readonly peers: Map<SharedArrayBuffer, OwedBell>;
  readonly takeOver: boolean;
}

function connect(scheduler: Scheduler, link: LinkSpec, codec: Codec, { bell, peers, takeOver }: Bells): void {
  const { from, to, outbox, lane, peerDoorbell, capacityBytes, reserveBytes } = link;
  if (lane === undefined || peerDoorbell === undefined) {
    const memory = new MemoryLink(capacityBytes, reserveBytes);
    scheduler.cell(from)?.connect(to, { sender: memory, outbox });
    scheduler.cell(to)?.connect(from, { receiver: memory });
    return;
  }
  const { fingerprint } = codec;
  const sender = scheduler.cell(from);
  if (sender !== undefined) {
    const peer = peers.get(peerDoorbell) ?? OwedBell.attach(peerDoorbell);
    peers.set(peerDoorbell, peer);
    const producer = LaneProducer.attach(lane, { fingerprint, takeOver, doorbell: bell, consumerDoorbell: peer });
    sender.connect(to, { sender: new LaneSender(producer, codec, from, to), outbox });
  } else {
    // Who waits for room waits for much of it: that is worth a wake-up at once.
    const peer = Doorbell.attach(peerDoorbell);
    const consumer = LaneConsumer.attach(lane, { fingerprint, takeOver, doorbell: bell, producerDoorbell: peer });
    scheduler.cell(to)?.connect(from, { receiver: new LaneReceiver(consumer, codec) });
  }
}
