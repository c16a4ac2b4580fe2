import type { FinishReport, Host, HostEvents, HostListener, HostOptions, HostSnapshot, HostStopReport } from '@tidegate/host';
import type { StartHost } from '../replicate.js';

/** A host that does what the test says. */
export class FakeHost implements Host {
  readonly finished: Promise<FinishReport>;
  readonly options: HostOptions;
  /** Deadlines of the stops that were asked for. */
  readonly stops: (number | undefined)[] = [];
  snapshot: HostSnapshot;
  stopReport: HostStopReport;
  readonly #listeners = new Map<string, Set<(event: never) => void>>();
  #resolve: (report: FinishReport) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  constructor(options: HostOptions, snapshot: HostSnapshot) {
    this.options = options;
    this.snapshot = snapshot;
    this.stopReport = { finished: true, unfinished: [], checkpointTs: snapshot.checkpointTs };
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  on<Name extends keyof HostEvents>(name: Name, listener: HostListener<Name>): void {
    const listeners = this.#listeners.get(name) ?? new Set();
    listeners.add(listener as (event: never) => void);
    this.#listeners.set(name, listeners);
  }

  off<Name extends keyof HostEvents>(name: Name, listener: HostListener<Name>): void {
    this.#listeners.get(name)?.delete(listener as (event: never) => void);
  }

  emit<Name extends keyof HostEvents>(name: Name, event: HostEvents[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(event as never);
  }

  async split(): Promise<readonly string[]> {
    return [];
  }

  async merge(): Promise<readonly string[]> {
    return [];
  }

  async replace(): Promise<void> {
    throw new Error('a fake host has no threads');
  }

  async inspect(): Promise<HostSnapshot> {
    return this.snapshot;
  }

  async stop(options: { readonly deadline?: number } = {}): Promise<HostStopReport> {
    this.stops.push(options.deadline);
    this.finish();
    return this.stopReport;
  }

  /** Ends as a host does at the end of its source, or after a stop. */
  finish(): void {
    const { checkpointTs, endTs } = this.snapshot;
    this.#resolve({ endTs: endTs ?? checkpointTs, checkpointTs, snapshot: this.snapshot });
  }

  fail(error: Error): void {
    this.#reject(error);
  }
}

export function hostSnapshot(rest: Partial<HostSnapshot> = {}): HostSnapshot {
  return { state: 'running', checkpointTs: 0n, resolvedTs: 0n, workers: {}, threads: [], ...rest };
}

/** A {@link StartHost} that makes a {@link FakeHost}, and a promise of it for the test. */
export function fakeStart(snapshot: HostSnapshot): { readonly start: StartHost; readonly host: Promise<FakeHost> } {
  let started: (host: FakeHost) => void = () => undefined;
  const host = new Promise<FakeHost>((resolve) => {
    started = resolve;
  });
  return {
    host,
    start: async (options) => {
      const made = new FakeHost(options, snapshot);
      // After the command has got it and listens.
      setImmediate(() => started(made));
      return made;
    },
  };
}
