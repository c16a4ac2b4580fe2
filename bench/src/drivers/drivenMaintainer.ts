import { createMaintainer, type Maintainer, type MaintainerMessage } from '@tidegate/maintainer';
import {
  Action,
  type AddedTable,
  type BlockStatusRequest,
  ComponentState,
  type DispatcherRef,
  type MaintainerEvent,
  type MaintainerToCoordinator,
  Stage,
  TRIGGER_HANDLE,
} from '@tidegate/protocol';
import { BenchContext } from './benchContext.js';
import { requestsOf, syncPoint } from './requests.js';

const EPOCH = 1;
const COORDINATOR = 'coordinator';

/** A maintainer with `dispatchers` replicating tables, whose one coordinator is played by the driver. */
export class DrivenMaintainer {
  readonly context: BenchContext = new BenchContext('maintainer');
  readonly actor: Maintainer;
  completed = 0;
  readonly #dispatchers: number;
  readonly #waiting: readonly Omit<BlockStatusRequest, 'events'>[];
  readonly #done: readonly Omit<BlockStatusRequest, 'events'>[];
  #ts = 1_000n;
  #writes = 0;
  #passes = 0;

  constructor(dispatchers: number) {
    this.#dispatchers = dispatchers;
    this.actor = createMaintainer(this.context, { maxScheduling: 0xff_ffff }) as Maintainer;
    const created = this.#start();
    const trigger = { handle: TRIGGER_HANDLE[0], generation: EPOCH };
    // The trigger sizes the barrier, and is its writer: last of those that wait, first of those that are done.
    this.#waiting = requestsOf([...created, trigger], Stage.WAITING);
    this.#done = [...requestsOf([trigger], Stage.DONE), ...requestsOf(created, Stage.DONE)];
    this.context.onSend = (_to, message) => this.#count(message as MaintainerToCoordinator);
    this.context.onEvent = (event) => {
      const { type, phase } = event as MaintainerEvent & { phase?: string };
      if (type === 'barrier' && phase === 'completed') this.completed++;
      if (type === 'fault') throw new Error(`the maintainer failed: ${JSON.stringify(event)}`);
    };
  }

  /** Statuses that one {@link barrier} takes. */
  get statuses(): number {
    return 2 * (this.#dispatchers + 1);
  }

  /** One sync point from the first WAITING to the last DONE, with nothing in between to wait for. */
  barrier(): void {
    const { key, facts } = syncPoint(this.#ts);
    this.#ts += 1_000n;
    this.context.time += 1;
    const waiting = [{ key, facts }];
    for (const request of this.#waiting) this.#deliver({ ...request, events: waiting });
    const done = [{ key }];
    for (const request of this.#done) this.#deliver({ ...request, events: done });
  }

  /** What went wrong in `barriers` barriers, if anything did. */
  faultAfter(barriers: number): string | undefined {
    const { completed } = this;
    if (completed !== barriers) return `${barriers} barriers begun, ${completed} completed`;
    return this.#writes === barriers && this.#passes === barriers
      ? undefined
      : `${barriers} barriers, ${this.#writes} writes and ${this.#passes} passes asked for`;
  }

  #deliver(message: MaintainerMessage): void {
    this.actor.receive(message, COORDINATOR);
    this.actor.turnEnd();
  }

  #count(message: MaintainerToCoordinator): void {
    if (message.type !== 'answers') return;
    for (const { action } of message.answers) {
      if (action?.action === Action.WRITE) this.#writes++;
      else if (action?.action === Action.PASS) this.#passes++;
    }
  }

  #start(): DispatcherRef[] {
    const tables: AddedTable[] = Array.from({ length: this.#dispatchers }, (_, i) => ({
      tableId: i + 1,
      schemaId: 1,
      splittable: false,
    }));
    const hosts = [{ host: 'host-0', coordinator: COORDINATOR }];
    const created: DispatcherRef[] = [];
    this.context.onSend = (_to, message) => {
      const sent = message as MaintainerToCoordinator;
      if (sent.type !== 'schedule') return;
      for (const { handle, generation } of sent.create) created.push({ handle, generation });
    };
    this.actor.receive({ type: 'start', epoch: EPOCH, startTs: 10n, tables, hosts }, 'host');
    this.#deliver({ type: 'bootstrap-response', from: 'host-0', epoch: EPOCH, spans: [], checkpointTs: 10n });
    this.#deliver({ type: 'post-bootstrap-response', from: 'host-0', epoch: EPOCH });
    const count = created.length;
    if (count !== this.#dispatchers) throw new Error(`${count} of ${this.#dispatchers} dispatchers were created`);
    const statuses = {
      handle: Uint32Array.from(created, ({ handle }) => handle),
      generation: Uint32Array.from(created, ({ generation }) => generation),
      state: new Uint8Array(count).fill(ComponentState.WORKING),
      mode: new Uint8Array(count),
      checkpointTs: new BigUint64Array(count).fill(10n),
    };
    this.#deliver({ type: 'heartbeat', from: 'host-0', epoch: EPOCH, complete: false, statuses });
    return created;
  }
}
