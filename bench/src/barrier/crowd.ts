import {
  Action,
  type Answer,
  type BlockFacts,
  ComponentState,
  type ComponentStatuses,
  type CoordinatorToWorker,
  configsOf,
  type DispatcherConfig,
  MAX_TS,
  Mode,
  STATUS_WORDS,
  Stage,
  statusFlags,
  TRIGGER_HANDLE,
  tsHigh,
  tsLow,
  type WorkerToCoordinator,
  writeStatus,
} from '@tidegate/protocol';

/** What a crowd says: messages as they are, statuses as records. */
export interface CrowdOutlet {
  message(message: WorkerToCoordinator): void;
  /** Takes records that lie side by side from the start of `words` on. Returns how many: the rest waits. */
  records(words: Uint32Array, count: number): number;
}

/** Statuses that a worker says before somebody else has a turn, as a lane's burst. */
const BURST = 1_024;

/** Where a dispatcher stands at the event in hand. */
const AWAY = 0;
const WAITING = 1;
const DONE = 2;

/**
 * The dispatchers of one worker, played: they report that they exist and work, wait at an event when told, and answer the
 * actions. A row each; what is to be said waits in a queue that is taken in bursts, as a lane is.
 */
export class Crowd {
  /** Dispatchers that have said WAITING and DONE at the event in hand. */
  waiting = 0;
  done = 0;
  /** WAITINGs of the event in hand that were acknowledged. */
  acknowledged = 0;
  #writes = 0;
  readonly #outlet: CrowdOutlet;
  readonly #words = new Uint32Array(BURST * STATUS_WORDS);
  #generation = new Uint32Array(64);
  #stand = new Uint8Array(64);
  /** Handles in the order in which they came, the table trigger first. */
  #handles = new Uint32Array(64);
  #size = 0;
  #created = 0;
  #queue = new Uint32Array(64);
  #head = 0;
  #tail = 0;
  #key = { commitTs: 0n, isSyncPoint: false };
  #takesPart: (handle: number) => boolean = () => true;

  constructor(outlet: CrowdOutlet) {
    this.#outlet = outlet;
  }

  /** Dispatchers, the table trigger included. */
  get size(): number {
    return this.#size;
  }

  /** Writes asked for at the event in hand. */
  get writes(): number {
    return this.#writes;
  }

  take(message: CoordinatorToWorker): void {
    if (message.type === 'create' || message.type === 'create-many') this.#create(configsOf(message));
    else if (message.type === 'answer') this.#answer(message.answer);
    else if (message.type === 'snapshot') this.#snapshot(message.id, message.columns === true);
  }

  /** Those who take part in the event are to wait at it. */
  arrive(facts: BlockFacts, takesPart: (handle: number) => boolean): void {
    this.#key = facts.key;
    this.#takesPart = takesPart;
    this.waiting = 0;
    this.done = 0;
    this.acknowledged = 0;
    this.#writes = 0;
    this.#stand.fill(AWAY);
    this.#outlet.message({ type: 'facts', mode: Mode.DEFAULT, facts });
    for (let i = 0; i < this.#size; i++) {
      const handle = this.#handles[i]!;
      if (!takesPart(handle)) continue;
      this.waiting++;
      this.#say(handle, WAITING);
    }
  }

  /** Says at most {@link BURST} of what waits to be said. False: nothing does. */
  burst(): boolean {
    if (this.#head === this.#tail) return false;
    const { commitTs, isSyncPoint } = this.#key;
    const [high, low] = [tsHigh(commitTs), tsLow(commitTs)];
    const flags = statusFlags(isSyncPoint, Mode.DEFAULT, false);
    const count = Math.min(this.#tail - this.#head, BURST);
    for (let i = 0; i < count; i++) {
      const entry = this.#queue[this.#head + i]!;
      const handle = entry >>> 2;
      const stage = (entry & 3) === WAITING ? Stage.WAITING : Stage.DONE;
      writeStatus(this.#words, i * STATUS_WORDS, stage, flags, handle, this.#generation[handle]!, high, low);
    }
    this.#head += this.#outlet.records(this.#words, count);
    if (this.#head === this.#tail) this.#head = this.#tail = 0;
    return true;
  }

  #say(handle: number, what: number): void {
    this.#stand[handle] = what;
    if (this.#tail === this.#queue.length) this.#queue = grown(this.#queue, this.#tail + 1);
    this.#queue[this.#tail++] = (handle << 2) | what;
  }

  #answer({ target, ack, action }: Answer): void {
    const key = ack ?? action?.key;
    if (key === undefined || key.commitTs !== this.#key.commitTs) return;
    if (ack !== undefined && target.type === 'normal') this.acknowledged += target.handle.length;
    if (action === undefined) return;
    if (action.action === Action.WRITE) this.#writes++;
    if (target.type === 'normal') for (const handle of target.handle) this.#pass(handle);
    else for (let i = 0; i < this.#size; i++) if (this.#takesPart(this.#handles[i]!)) this.#pass(this.#handles[i]!);
  }

  #pass(handle: number): void {
    if (this.#stand[handle] !== WAITING) return;
    this.done++;
    this.#say(handle, DONE);
  }

  #create(configs: readonly DispatcherConfig[]): void {
    this.#created += configs.length;
    for (const { handle, generation } of configs) {
      if (handle >= this.#generation.length) {
        this.#generation = grown(this.#generation, handle + 1);
        this.#stand = new Uint8Array(this.#generation.length);
      }
      if (this.#size === this.#handles.length) this.#handles = grown(this.#handles, this.#size + 1);
      this.#generation[handle] = generation;
      this.#handles[this.#size++] = handle;
    }
    for (const state of [ComponentState.INITIALIZING, ComponentState.WORKING]) {
      const statuses = this.#statuses(
        configs.map(({ handle }) => handle),
        state,
      );
      this.#outlet.message({ type: 'component-statuses', statuses });
    }
    const progress = { checkpointTs: 10n, resolvedTs: 10n, lastSyncedTs: 0n, redoCheckpointTs: MAX_TS, redoResolvedTs: MAX_TS };
    this.#outlet.message({ type: 'worker-heartbeat', created: this.#created, ...progress });
  }

  #snapshot(id: number, asColumns: boolean): void {
    if (!asColumns) this.#outlet.message({ type: 'worker-snapshot', id, spans: [], created: 0 });
    else {
      const statuses = this.#statuses(this.#handles.subarray(0, this.#size), ComponentState.WORKING);
      this.#outlet.message({ type: 'component-statuses', statuses, snapshot: id });
    }
  }

  #statuses(handles: ArrayLike<number>, state: ComponentState): ComponentStatuses {
    const handle = Uint32Array.from(handles);
    return {
      handle,
      generation: handle.map((one) => this.#generation[one]!),
      state: new Uint8Array(handle.length).fill(state),
      mode: new Uint8Array(handle.length),
      checkpointTs: new BigUint64Array(handle.length).fill(10n),
    };
  }
}

/** The table trigger takes part. */
export const isTrigger = (handle: number): boolean => handle === TRIGGER_HANDLE[Mode.DEFAULT];

function grown(column: Uint32Array, needed: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.max(needed, column.length * 2));
  larger.set(column);
  return larger;
}
