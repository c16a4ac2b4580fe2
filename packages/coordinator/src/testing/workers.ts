import {
  type BootstrapSpan,
  ComponentState,
  type CoordinatorToWorker,
  configsOf,
  type DispatcherConfig,
  type EventKey,
  MAX_TS,
  minTs,
} from '@tidegate/protocol';
import { componentStatuses, type TestHost, workerHeartbeat } from './host.js';

/** A dispatcher of a model worker. */
export interface ModelDispatcher {
  readonly config: DispatcherConfig;
  state: ComponentState;
  checkpointTs: bigint;
  parkedAt?: EventKey;
}

/** A worker that does what it is told when the test lets it: obeys in order, reports in order. */
export class ModelWorker {
  readonly address: string;
  readonly dispatchers = new Map<number, ModelDispatcher>();
  created = 0;
  readonly inbox: CoordinatorToWorker[] = [];
  readonly #host: TestHost;

  constructor(host: TestHost, address: string) {
    this.#host = host;
    this.address = address;
  }

  /** Takes what the coordinator has sent so far, to be obeyed later. */
  take(): void {
    for (const message of this.#host.messages(this.address)) this.inbox.push(message as CoordinatorToWorker);
  }

  /** Obeys everything that was sent, until nothing more comes of it. */
  obeyAll(): void {
    for (this.take(); this.inbox.length > 0; this.take()) this.obeyOne();
  }

  /** Obeys the first message of those taken. */
  obeyOne(): void {
    const message = this.inbox.shift();
    if (message?.type === 'create' || message?.type === 'create-many') this.#create(configsOf(message));
    else if (message?.type === 'remove') this.#each(message, (handle) => this.#report(handle, ComponentState.STOPPED));
    else if (message?.type === 'freeze') {
      this.#each(message, (handle) => this.#report(handle, ComponentState.WAITING_MERGE));
      this.#each(message, (handle) => this.#standStill(handle));
    } else if (message?.type === 'thaw') {
      this.#each(message, (handle) => {
        if (this.dispatchers.get(handle)?.state === ComponentState.WAITING_MERGE) this.#report(handle, ComponentState.WORKING);
      });
    } else if (message?.type === 'snapshot') this.#snapshot(message.id);
    else if (message?.type === 'write-redo-meta') {
      this.#host.receive(this.address, { type: 'redo-meta-written', resolvedTs: message.resolvedTs });
    }
  }

  /** The stream of a dispatcher has begun: it works. */
  work(handle: number): void {
    if (this.dispatchers.get(handle)?.state === ComponentState.INITIALIZING) this.#report(handle, ComponentState.WORKING);
  }

  advance(handle: number, checkpointTs: bigint): void {
    const one = this.dispatchers.get(handle);
    if (one?.state === ComponentState.WORKING && checkpointTs > one.checkpointTs) one.checkpointTs = checkpointTs;
  }

  heartbeat(): void {
    const least = (mode: number) =>
      [...this.dispatchers.values()]
        .filter(({ config }) => config.mode === mode)
        .reduce((sum, { checkpointTs }) => minTs(sum, checkpointTs), MAX_TS);
    const [checkpointTs, redoCheckpointTs] = [least(0), least(1)];
    const redo = { redoCheckpointTs, redoResolvedTs: redoCheckpointTs };
    this.#host.receive(this.address, workerHeartbeat(this.created, { checkpointTs, resolvedTs: checkpointTs, ...redo }));
  }

  spans(): BootstrapSpan[] {
    return [...this.dispatchers.values()].map(({ config, state, checkpointTs }) => ({ config, state, checkpointTs }));
  }

  /** Everything that it has and was sent is gone. */
  die(): void {
    this.take();
    this.inbox.length = 0;
    this.dispatchers.clear();
    this.created = 0;
  }

  #create(configs: readonly DispatcherConfig[]): void {
    for (const config of configs) {
      this.created++;
      this.dispatchers.set(config.handle, { config, state: ComponentState.INITIALIZING, checkpointTs: config.startTs });
      this.#report(config.handle, ComponentState.INITIALIZING);
    }
  }

  #snapshot(id: number): void {
    this.#host.receive(this.address, { type: 'worker-snapshot', id, spans: this.spans(), created: this.created });
  }

  #standStill(handle: number): void {
    const one = this.dispatchers.get(handle);
    if (one === undefined) return;
    const { generation } = one.config;
    const { checkpointTs, parkedAt } = one;
    const told = { handle, generation, checkpointTs, ...(parkedAt && { parkedAt }) };
    this.#host.receive(this.address, { type: 'frozen', dispatchers: [told] });
  }

  #report(handle: number, state: ComponentState): void {
    const one = this.dispatchers.get(handle);
    if (one === undefined) return;
    one.state = state;
    if (state === ComponentState.STOPPED) this.dispatchers.delete(handle);
    const { generation, mode } = one.config;
    const statuses = componentStatuses([{ handle, generation, state, mode, checkpointTs: one.checkpointTs }]);
    this.#host.receive(this.address, { type: 'component-statuses', statuses });
  }

  #each(message: { readonly handle: Uint32Array }, visit: (handle: number) => void): void {
    for (const handle of message.handle) if (this.dispatchers.has(handle)) visit(handle);
  }
}

/** Both workers of a {@link TestHost}. */
export function modelWorkers(host: TestHost): [ModelWorker, ModelWorker] {
  return [new ModelWorker(host, 'worker-0'), new ModelWorker(host, 'worker-1')];
}
