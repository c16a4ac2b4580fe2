import { Coordinator, type CoordinatorInspection, resolveOptions } from '@tidegate/coordinator';
import {
  type BlockStatusRequest,
  type DispatcherConfig,
  Mode,
  STATUS_WORDS,
  Stage,
  statusFlags,
  tsHigh,
  tsLow,
  writeStatus,
} from '@tidegate/protocol';
import { BenchContext } from './benchContext.js';
import { syncPoint } from './requests.js';

const EPOCH = 1;
const FIRST = 2;
const MAINTAINER = 'maintainer';
const WORKER = 'worker-0';
/** Offers after which the turn ends, as on a lane. */
const TURN = 1_024;

/** A coordinator with `dispatchers` dispatchers on one worker; worker and maintainer are played by the driver. */
export class DrivenCoordinator {
  readonly context: BenchContext = new BenchContext('coordinator');
  readonly actor: Coordinator;
  delivered = 0;
  readonly #dispatchers: number;
  readonly #words = new Uint32Array(TURN * STATUS_WORDS);
  #requests: BlockStatusRequest[] = [];
  #ts = 1_000n;

  constructor(dispatchers: number) {
    this.#dispatchers = dispatchers;
    this.actor = new Coordinator(this.context, resolveOptions({ host: 'host-0', workers: [WORKER] }));
    this.actor.receive({ type: 'bootstrap', epoch: EPOCH, startTs: 10n, trigger: config(0, 0) }, MAINTAINER);
    this.actor.receive({ type: 'worker-snapshot', id: 1, spans: [] }, WORKER);
    const create = Array.from({ length: dispatchers }, (_, i) => config(FIRST + i, i + 1));
    this.actor.receive({ type: 'schedule', epoch: EPOCH, create, remove: [] }, MAINTAINER);
    this.context.onSend = (_to, message) => {
      const request = message as BlockStatusRequest;
      if (request.type === 'block-statuses') this.#requests.push(request);
    };
  }

  /** Every dispatcher offers its WAITING at one sync point `1 + repeats` times while it is pending; then all are acknowledged. */
  syncPoint(repeats: number, block: number): void {
    const { actor, context } = this;
    const words = this.#words;
    const { facts, key } = syncPoint(this.#ts);
    const high = tsHigh(this.#ts);
    const low = tsLow(this.#ts);
    const flags = statusFlags(true, Mode.DEFAULT, false);
    this.#ts += 1_000n;
    actor.receive({ type: 'facts', mode: Mode.DEFAULT, facts }, WORKER);
    let inTurn = 0;
    for (let start = 0; start < this.#dispatchers; start += block) {
      const end = Math.min(start + block, this.#dispatchers);
      for (let round = 0; round <= repeats; round++) {
        for (let i = start; i < end; i++) {
          writeStatus(words, inTurn * STATUS_WORDS, Stage.WAITING, flags, FIRST + i, 1, high, low);
          if (++inTurn === TURN) {
            this.#turn(inTurn);
            inTurn = 0;
          }
        }
      }
    }
    context.time += 1_000;
    this.#turn(inTurn);
    for (const { seq, handle, generation } of this.#requests) {
      this.delivered += handle.length;
      const answers = [{ target: { type: 'normal', handle, generation } as const, ack: key }];
      actor.receive({ type: 'answers', epoch: EPOCH, mode: Mode.DEFAULT, inReplyTo: seq, answers }, MAINTAINER);
    }
    this.#requests = [];
  }

  #turn(records: number): void {
    for (let taken = 0; taken < records; ) {
      taken += this.actor.receiveRecords(this.#words, taken * STATUS_WORDS, records - taken, WORKER);
    }
    this.actor.turnEnd();
  }

  /** What went wrong in `rounds` calls of {@link syncPoint}, if anything did. */
  faultAfter(rounds: number): string | undefined {
    const expected = rounds * this.#dispatchers;
    if (this.delivered !== expected) return `${this.delivered} statuses delivered instead of ${expected}`;
    const { keys, outstanding } = (this.actor.inspect() as CoordinatorInspection).statuses;
    return keys + outstanding === 0 ? undefined : `${keys} keys and ${outstanding} outstanding statuses are left`;
  }
}

function config(handle: number, tableId: number): DispatcherConfig {
  return {
    id: handle.toString(16).padStart(32, '0'),
    handle,
    generation: 1,
    mode: Mode.DEFAULT,
    tableId,
    schemaId: 1,
    startTs: 10n,
    skipDmlAsStartTs: false,
  };
}
