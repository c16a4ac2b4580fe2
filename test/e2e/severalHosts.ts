import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type HostActorsOptions, hostActors, hostsOf, startChangefeed } from '@tidegate/host';
import type { MaintainerEvent, TopologyReply, TopologyRequest } from '@tidegate/protocol';
import { createLocal, createPeer, HostGate, type LocalSystem, MemoryTransport } from '@tidegate/runtime';
import { type Life, readLives } from './repeats.js';

/** The host of the maintainer and the table trigger. */
export const HOME = 'h1';

const SINK = new URL('./dyingSink.mjs', import.meta.url);
const SOURCE = import.meta.resolve('@tidegate/canal-json');

export interface SeveralHostsOptions {
  /** Options of the recorded log's source. */
  readonly log: Readonly<Record<string, unknown>>;
  /** Where the sinks of each host write down what they do. */
  readonly directory: string;
  readonly workers: number;
  /** Hosts that will ever take part. */
  readonly hosts: readonly string[];
  /** Share of the messages between hosts that is lost. */
  readonly loss?: number;
  readonly maxDelay?: number;
  /** Further options of each host. */
  readonly more?: (name: string) => Partial<HostActorsOptions>;
}

interface Running {
  readonly system: LocalSystem;
  readonly gate: HostGate;
}

/** Who waits for something that the maintainer or the source of its host tells. */
interface Waiter {
  readonly isIt: (event: MaintainerEvent) => boolean;
  readonly resolve: (event: MaintainerEvent) => void;
  readonly reject: (error: Error) => void;
}

/** Hosts of one process, each a system of its own on the real clock, with a transport between them. */
export class SeveralHosts {
  readonly transport: MemoryTransport;
  readonly events: MaintainerEvent[] = [];
  checkpointTs = 0n;
  readonly #options: SeveralHostsOptions;
  readonly #counter = new SharedArrayBuffer(12);
  readonly #running = new Map<string, Running>();
  readonly #waiters = new Set<Waiter>();
  #epoch = 0;
  #endTs: bigint | undefined;
  #failure: Error | undefined;

  constructor(options: SeveralHostsOptions) {
    this.#options = options;
    const { loss = 0, directory, hosts } = options;
    for (const name of hosts) mkdirSync(join(directory, name));
    this.transport = new MemoryTransport({ loses: () => Math.random() < loss });
  }

  /** A host comes up; its source opens at the checkpoint. Nobody is told. */
  async open(name: string): Promise<void> {
    const gate = await HostGate.open(this.transport, name);
    const system = await createLocal(hostActors(this.#hostOptions(name, gate)));
    this.#running.set(name, { system, gate });
    system.on('fault', (error) => this.#fail(new Error(`${name}: ${error.message}`, { cause: error })));
    system.on('event', ({ event }) => this.#take(name, event as MaintainerEvent));
  }

  /** Starts the changefeed, in the next epoch, over all hosts that are up. */
  async start(): Promise<void> {
    const { system, gate } = this.#home;
    await startChangefeed(system, { ...this.#hostOptions(HOME, gate), epoch: ++this.#epoch }, this.#alive);
  }

  /** The host is gone in this instant; nobody is told. */
  async lose(name: string): Promise<void> {
    const running = this.#running.get(name);
    this.#running.delete(name);
    this.transport.lose(name);
    await running?.system.terminate();
  }

  /** Tells the maintainer who is up. */
  async tellHosts(): Promise<void> {
    await this.#home.system.send('maintainer', { type: 'hosts', hosts: hostsOf(this.#alive) });
  }

  async request(request: TopologyRequest): Promise<TopologyReply> {
    return (await this.#home.system.ask('maintainer', request, { deadline: 5_000 })) as TopologyReply;
  }

  /** The next event for which `isIt` says so. */
  told(isIt: (event: MaintainerEvent) => boolean): Promise<MaintainerEvent> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => this.#waiters.add({ isIt, resolve, reject }));
  }

  async reached(ts: bigint): Promise<void> {
    if (this.checkpointTs < ts) await this.told(() => this.checkpointTs >= ts);
  }

  /** Everything is replicated and every host has stopped. */
  async finish(): Promise<void> {
    const isOver = (): boolean => this.#endTs !== undefined && this.checkpointTs >= this.#endTs;
    if (!isOver()) await this.told(isOver);
    await this.close();
  }

  async close(): Promise<void> {
    const running = [...this.#running.values()];
    this.#running.clear();
    for (const { system, gate } of running) {
      await system.stop({ deadline: 5_000 });
      await gate.close();
    }
  }

  /** What the sinks of each host did. */
  lives(): Map<string, Life[]> {
    return new Map(this.#options.hosts.map((name) => [name, readLives(join(this.#options.directory, name))]));
  }

  async inspect(name: string, address: string): Promise<unknown> {
    const snapshot = await this.#running.get(name)?.system.inspect();
    const actors = snapshot?.threads.flatMap((thread) => (thread.state === 'running' ? thread.actors : [])) ?? [];
    return actors.find((actor) => actor.address === address)?.detail;
  }

  get #home(): Running {
    const home = this.#running.get(HOME);
    if (home === undefined) throw new Error(`host ${HOME} is not up`);
    return home;
  }

  get #alive(): string[] {
    return this.#options.hosts.filter((name) => this.#running.has(name));
  }

  #hostOptions(name: string, gate: HostGate): HostActorsOptions {
    const { log, directory, hosts, workers, maxDelay = 0, more } = this.#options;
    const sink = { counter: this.#counter, directory: join(directory, name), deaths: [], how: 'exit', maxDelay };
    return {
      name,
      hosts,
      peer: (remote) => ({ create: createPeer as never, options: { gate, remote } }),
      workers,
      startTs: this.checkpointTs,
      source: { module: SOURCE, options: log },
      sink: { module: SINK, options: sink },
      dispatcher: { heartbeatInterval: 10, heartbeatFirst: 0, retryInterval: 100 },
      coordinator: { heartbeatInterval: 10, heartbeatFirst: 0, outstandingResend: 100, completeHeartbeatInterval: 500 },
      maintainer: {
        tick: 10,
        barrierResend: 100,
        quietWindow: 50,
        operatorResend: 300,
        bootstrapResend: 100,
        splitTables: true,
        redoMetaInterval: 10,
      },
      ...more?.(name),
    };
  }

  #take(
    name: string,
    event: MaintainerEvent | { type: 'source-end'; endTs: bigint } | { type: 'source-failed'; message: string },
  ) {
    if (event.type === 'source-failed' || event.type === 'fault') this.#fail(new Error(`${name}: ${event.message}`));
    if (name !== HOME || event.type === 'source-failed') return;
    if (event.type === 'source-end') this.#endTs = event.endTs;
    else {
      this.events.push(event);
      if (event.type === 'checkpoint') this.checkpointTs = event.checkpointTs;
    }
    for (const waiter of this.#waiters) {
      if (!waiter.isIt(event as MaintainerEvent)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(event as MaintainerEvent);
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const waiter of this.#waiters) waiter.reject(this.#failure);
    this.#waiters.clear();
  }
}
