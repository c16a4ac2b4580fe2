import {
  type AnswerTarget,
  type BlockFacts,
  type CoordinatorToWorker,
  configsOf,
  type DispatcherConfig,
  Mode,
  Stage,
  statusFlags,
  tsHigh,
  tsLow,
  type WorkerToCoordinator,
  writeStatuses,
} from '@tidegate/protocol';
import type { Actor, ActorContext, ActorFactory, RecordOutlet } from '@tidegate/runtime';
import { syncPoint } from '../drivers/requests.js';
import { nanoseconds } from '../harness/sharedClock.js';
import { PostingDispatchers, workingStatuses } from './dispatchers.js';
import { COORDINATOR, FIRST_TS, type PostCommand, type PostedEvent, TS_STEP } from './messages.js';

interface More {
  readonly type: 'bench-more';
}

/** Records of one turn: what is claimed becomes visible when the turn ends. */
const TURN = 2_048;
/** A status is offered again this many records later, while its first is pending. */
const BLOCK = 64;
/** Statuses of a dispatcher at one event: WAITING, DONE. */
const STAGES = 2;

/**
 * Stands for the dispatchers of one worker: takes the production's creates, and offers WAITING and DONE of one sync point
 * after the other as records on the production's lane, facts ahead. As dispatchers do, each offers its next status only
 * when the one before is acknowledged. It has no rows to flush and waits for no action: what is timed is the path.
 */
class PostingActor implements Actor<CoordinatorToWorker | PostCommand | More> {
  readonly #context: ActorContext;
  readonly #outlet: RecordOutlet;
  readonly #dispatchers = new PostingDispatchers();
  readonly #flags = statusFlags(true, Mode.DEFAULT, false);
  /** Statuses of each dispatcher that the run goes up to, and where the run stands: status number, block, repeat, row. */
  #goal = 0;
  #number = 0;
  #block = 0;
  #round = 0;
  #row = 0;
  #repeats = 0;
  #running = false;
  /** A turn that goes on is on its way. */
  #more = false;
  #began = 0;
  #offered = 0;
  #left = 0;
  /** Number of the status in hand, and what its records have in common. */
  #isAt = -1;
  #stage: Stage = Stage.WAITING;
  #facts: BlockFacts | undefined;
  #high = 0;
  #low = 0;

  constructor(context: ActorContext) {
    this.#context = context;
    this.#outlet = context.records(COORDINATOR);
  }

  receive(message: CoordinatorToWorker | PostCommand | More): void {
    switch (message.type) {
      case 'create':
      case 'create-many':
        this.#create(configsOf(message));
        return;
      case 'snapshot':
        if (message.columns === true)
          this.#send({ type: 'component-statuses', snapshot: message.id, statuses: workingStatuses([]) });
        else this.#send({ type: 'worker-snapshot', id: message.id, spans: [] });
        return;
      case 'answer':
        if (message.answer.ack !== undefined) this.#acknowledged(message.answer.target);
        return;
      case 'bench-post':
        this.#begin(message);
        return;
      case 'bench-more':
        this.#more = false;
        this.#post();
        return;
      case 'remove':
      case 'sink-checkpoint':
      case 'freeze':
      case 'thaw':
      case 'fence':
      case 'redo-gate':
      case 'write-redo-meta':
        return;
    }
  }

  room(): void {
    this.#post();
  }

  #create(configs: readonly DispatcherConfig[]): void {
    this.#dispatchers.add(configs);
    this.#send({ type: 'component-statuses', statuses: workingStatuses(configs) });
  }

  #begin({ rounds, repeats }: PostCommand): void {
    this.#goal += rounds * STAGES;
    this.#repeats = repeats;
    this.#left = this.#dispatchers.count * rounds * STAGES;
    this.#offered = 0;
    this.#running = true;
    this.#began = nanoseconds();
    this.#post();
  }

  #acknowledged(target: AnswerTarget): void {
    if (target.type !== 'normal') return;
    this.#left -= this.#dispatchers.acknowledge(target.handle, this.#number, this.#round > 0 ? this.#blockEnd : this.#row);
    if (this.#left === 0 && this.#running) this.#end();
    else this.#post();
  }

  /** Offers up to one turn's worth; goes on when there is room, when acknowledgements come, or at once after this turn. */
  #post(): void {
    let posted = 0;
    let told = -1;
    // A block and its repeats go into one turn: a repeat is to find its first still pending.
    while ((posted < TURN || this.#round > 0) && this.#number < this.#goal && this.#isOpen()) {
      if (this.#isAt !== this.#number) this.#meetEvent();
      // T-A: ahead of each burst of statuses that refer to them.
      if (this.#stage === Stage.WAITING && told !== this.#number && !this.#sendFacts()) break;
      told = this.#number;
      posted += this.#offerBlock();
      if (this.#row < this.#blockEnd) break;
      this.#nextPass();
    }
    this.#offered += posted;
    if (posted < TURN || this.#more) return;
    this.#more = true;
    this.#context.post({ type: 'bench-more' } satisfies More);
  }

  #meetEvent(): void {
    const ts = FIRST_TS + BigInt(Math.floor(this.#number / STAGES)) * TS_STEP;
    this.#isAt = this.#number;
    this.#stage = this.#number % STAGES === 0 ? Stage.WAITING : Stage.DONE;
    this.#facts = syncPoint(ts).facts;
    this.#high = tsHigh(ts);
    this.#low = tsLow(ts);
  }

  #sendFacts(): boolean {
    return this.#context.send(COORDINATOR, { type: 'facts', mode: Mode.DEFAULT, facts: this.#facts as BlockFacts }, 'refusable');
  }

  /** Whether every dispatcher of the block has its earlier statuses acknowledged. */
  #isOpen(): boolean {
    if (this.#round > 0 || this.#row > this.#block) return true;
    const { acknowledged } = this.#dispatchers;
    const number = this.#number;
    const end = this.#blockEnd;
    for (let row = this.#block; row < end; row++) if (acknowledged[row]! < number) return false;
    return true;
  }

  get #blockEnd(): number {
    return Math.min(this.#block + BLOCK, this.#dispatchers.count);
  }

  /** Offers the rest of the block as far as the lane has room. Allocates nothing. */
  #offerBlock(): number {
    const { handle, generation } = this.#dispatchers;
    const outlet = this.#outlet;
    const { words } = outlet;
    const end = this.#blockEnd;
    const from = this.#row;
    let row = from;
    while (row < end) {
      const count = outlet.claimRun(end - row);
      if (count === 0) break;
      writeStatuses(words, outlet.runAt, count, this.#stage, this.#flags, handle, generation, row, this.#high, this.#low);
      row += count;
    }
    this.#row = row;
    return row - from;
  }

  /** To the next repeat of the block, the next block, or the next status of everybody. */
  #nextPass(): void {
    if (this.#round < this.#repeats) this.#round++;
    else {
      this.#round = 0;
      this.#block += BLOCK;
      if (this.#block >= this.#dispatchers.count) {
        this.#block = 0;
        this.#number++;
      }
    }
    this.#row = this.#block;
  }

  #end(): void {
    this.#running = false;
    const event: PostedEvent = { type: 'bench-posted', began: this.#began, ended: nanoseconds(), offered: this.#offered };
    this.#context.emit(event);
  }

  #send(message: WorkerToCoordinator): void {
    this.#context.send(COORDINATOR, message, 'lossless');
  }
}

export const createPostingActor: ActorFactory = (context) => new PostingActor(context) as Actor;
