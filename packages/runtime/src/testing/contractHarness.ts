import assert from 'node:assert/strict';
import type { Address } from '../actor.js';
import type { System } from '../system.js';
import type { LinkDeclaration, Topology } from '../topology.js';
import type { ProbeCommand, ProbeOptions, ProbeReport } from './probeMessages.js';

/** What the contract cases need of a binding. */
export interface ContractBinding {
  readonly name: 'stepped' | 'local' | 'threads';
  /** URL of the probe's module. */
  readonly probe: string;
  start(topology: Topology): Promise<System>;
  /** Lets the promise settle: a stepped system has to be stepped meanwhile. */
  settle<T>(system: System, promise: Promise<T>): Promise<T>;
  /** Lets time pass: at least so many milliseconds on the system's clock. */
  pass(system: System, milliseconds: number): Promise<void>;
}

/** One promise of the runtime, checked on a binding. */
export interface ContractCase {
  readonly name: string;
  run(binding: ContractBinding): Promise<void>;
}

/** A probe to place. */
export interface ProbePlacement {
  readonly address: Address;
  readonly options?: ProbeOptions;
  readonly tickInterval?: number;
}

/** What a link between probes may say of itself, `a>b` standing for `from` and `to`. */
export type LinkShape = Partial<Omit<LinkDeclaration, 'from' | 'to'>>;

const POLL_MS = 5;
const DEADLINE_MS = 20_000;

/** Probes on a system, one thread each, and short ways to speak to them. */
export class Bench {
  readonly binding: ContractBinding;
  readonly system: System;
  readonly events: { from: Address; event: unknown }[] = [];
  readonly faults: Error[] = [];
  readonly deadLetters: { from: Address; to: Address; type: string; reason: string }[] = [];
  readonly logs: { level: string; text: string }[] = [];

  private constructor(binding: ContractBinding, system: System) {
    this.binding = binding;
    this.system = system;
    system.on('event', (event) => this.events.push(event));
    system.on('fault', (fault) => this.faults.push(fault));
    system.on('dead-letter', (letter) => this.deadLetters.push(letter));
    system.on('log', (line) => this.logs.push(line));
  }

  static async start(
    binding: ContractBinding,
    probes: readonly (Address | ProbePlacement)[],
    links: Readonly<Record<string, LinkShape>>,
    rest: Partial<Topology> = {},
  ): Promise<Bench> {
    const placements = probes.map((probe) => (typeof probe === 'string' ? { address: probe } : probe));
    const system = await binding.start({
      threads: placements.map((placement) => ({
        name: `${placement.address} thread`,
        actors: [{ module: binding.probe, ...placement }],
      })),
      links: Object.entries(links).map(([way, shape]) => {
        const [from = '', to = ''] = way.split('>');
        return { from, to, ...shape };
      }),
      seed: 7,
      ...rest,
    });
    return new Bench(binding, system);
  }

  /** Tells a probe what to do and gives its answer. */
  async tell(address: Address, command: ProbeCommand, deadline: number = DEADLINE_MS): Promise<unknown> {
    return await this.binding.settle(this.system, this.system.ask(address, command, { deadline }));
  }

  async report(address: Address): Promise<ProbeReport> {
    return (await this.tell(address, { type: 'report' })) as ProbeReport;
  }

  /** Waits, with a deadline, until something holds. */
  async until(what: string, met: () => boolean | Promise<boolean>): Promise<void> {
    for (let waited = 0; !(await met()); waited += POLL_MS) {
      if (waited > DEADLINE_MS) assert.fail(`after ${DEADLINE_MS} ms still not: ${what}`);
      await this.binding.pass(this.system, POLL_MS);
    }
  }

  async untilNoted(address: Address, note: string): Promise<void> {
    await this.until(`${address} noted '${note}'`, async () => (await this.report(address)).notes.includes(note));
  }

  async untilReceived(address: Address, from: Address, count: number): Promise<void> {
    await this.until(`${address} received ${count} items of ${from}`, async () => {
      const stream = (await this.report(address)).streams[from];
      return stream !== undefined && stream.records + stream.messages >= count;
    });
  }

  async stop(options: Parameters<System['stop']>[0] = {}): ReturnType<System['stop']> {
    return await this.binding.settle(this.system, this.system.stop(options));
  }
}

/** Runs a case body on a bench and always ends the system. */
export async function withBench(started: Promise<Bench>, body: (bench: Bench) => Promise<void>): Promise<void> {
  const bench = await started;
  try {
    await body(bench);
  } finally {
    await bench.system.terminate();
  }
}
