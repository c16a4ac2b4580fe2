import type { SinkCompletion, SinkPort, SinkToken, TableRows, WriteOutcome } from '@tidegate/dispatcher';
import type { BlockEvent, DdlEvent, RedoMeta, SyncPointEvent, TableInfo } from '@tidegate/protocol';
import type { ActorContext } from '@tidegate/runtime';
import type { FaultPoint } from '../faults/points.js';
import type { Oracle } from '../oracle/oracle.js';

/** What a sink does when a point of it is reached: the call fails there, or never comes back because its worker is about to die. */
export type AtPoint = (point: FaultPoint, who: string) => 'fail' | 'die' | undefined;

export interface SimSinkOptions {
  readonly oracle: Oracle;
  /** The worker and its life: a worker that was restarted is another. */
  readonly incarnation: string;
  /** Longest time of a call in milliseconds. */
  readonly maxDelay: number;
  readonly wakeOn: 'enqueue' | 'flush';
  /** How a write begins: taken at once, taken a while later, or durable at once. */
  readonly writes: WriteOutcome;
  readonly atPoint: AtPoint;
}

/** What fate may do to a sink. */
export interface SimulatedSink {
  /** Milliseconds on top of every call that begins. */
  slowness: number;
  /** Its host has lost its lease: nothing may begin any more (F-12). */
  fenced: boolean;
  /** Its worker has died. Of each call that was under way `effective` says whether it still took effect. */
  die(effective: () => boolean): void;
}

/** What a call does downstream: it takes effect, or nobody knows whether it did. */
interface Effect {
  readonly end: () => void;
  readonly abandon: (effective: boolean) => void;
}

interface OpenCall extends Effect {
  /** It has failed, or stands still, before it could take effect. */
  readonly spoilt: boolean;
}

type Verb = 'write' | 'flush' | 'execute' | 'sync-point' | 'pass' | 'checkpoint';

/** A completion on its way. What it does downstream happens when it is delivered: durable means that the group may know. */
export class Completed {
  /** What the group is told; undefined: nothing. */
  readonly settle: () => SinkCompletion | undefined;

  constructor(settle: () => SinkCompletion | undefined) {
    this.settle = settle;
  }
}

const NOTHING: Effect = { end: () => undefined, abandon: () => undefined };

/** A sink on the virtual clock: everything takes a random while, and the oracle is told when it begins and when it is done. */
export class SimSink implements SinkPort, SimulatedSink {
  readonly wakeOn: 'enqueue' | 'flush';
  readonly wantsPass = true;
  slowness = 0;
  fenced = false;
  readonly #context: ActorContext;
  readonly #options: SimSinkOptions;
  /** When the last write of each table is durable. */
  readonly #due = new Map<number, number>();
  readonly #open = new Set<OpenCall>();

  constructor(context: ActorContext, options: SimSinkOptions) {
    this.#context = context;
    this.#options = options;
    this.wakeOn = options.wakeOn;
  }

  write(token: SinkToken, rows: TableRows): WriteOutcome {
    const { oracle, incarnation, writes } = this.#options;
    if (this.fenced) oracle.afterFence(incarnation, 'write');
    const { tableId } = rows.table;
    const open = oracle.beginWrite(incarnation, rows);
    const call = { end: () => oracle.rows.end(open), abandon: (effective: boolean) => oracle.rows.abandon(open, effective) };
    const now = this.#context.now();
    const earlier = this.#due.get(tableId) ?? 0;
    if (writes === 'done' && earlier <= now && this.slowness === 0) {
      call.end();
      return 'done';
    }
    const due = Math.max(earlier, now + this.#delay());
    this.#due.set(tableId, due);
    this.#call('write', token, due - now, call);
    if (writes !== 'pending') return 'enqueued';
    this.#context.schedule(Math.min(due - now, this.#delay()), new Completed(() => ({ type: 'sink-enqueued', token })));
    return 'pending';
  }

  flush(token: SinkToken, table: TableInfo | undefined): void {
    const due = table === undefined ? 0 : (this.#due.get(table.tableId) ?? 0);
    this.#call('flush', token, Math.max(due - this.#context.now(), this.#delay()), NOTHING);
  }

  execute(token: SinkToken, ddl: DdlEvent): void {
    this.#block('execute', token, ddl);
  }

  syncPoint(token: SinkToken, event: SyncPointEvent): void {
    this.#block('sync-point', token, event);
  }

  pass(token: SinkToken, ddl: DdlEvent): void {
    this.#options.oracle.passed(this.#options.incarnation, ddl);
    this.#call('pass', token, this.#delay(), NOTHING);
  }

  checkpoint(token: SinkToken, _ts: bigint): void {
    this.#call('checkpoint', token, this.#delay(), NOTHING);
  }

  meta(token: SinkToken, meta: RedoMeta): void {
    this.#options.oracle.meta(meta);
    this.#call('checkpoint', token, this.#delay(), NOTHING);
  }

  die(effective: () => boolean): void {
    for (const call of this.#open) call.abandon(!call.spoilt && effective());
    this.#open.clear();
  }

  #block(verb: Verb, token: SinkToken, event: BlockEvent): void {
    const { oracle, incarnation } = this.#options;
    const open = oracle.beginBlock(incarnation, event);
    if (open === undefined) this.#call(verb, token, this.#delay(), NOTHING);
    else {
      const end = () => oracle.blocks.end(open);
      const abandon = (effective: boolean) => oracle.blocks.abandon(open, effective);
      this.#call(verb, token, this.#delay(), { end, abandon });
    }
  }

  #call(verb: Verb, token: SinkToken, delay: number, effect: Effect): void {
    if (this.fenced) this.#options.oracle.afterFence(this.#options.incarnation, verb);
    const before = this.#options.atPoint(`before-${verb}`, this.#context.self);
    const call: OpenCall = { ...effect, spoilt: before !== undefined };
    this.#open.add(call);
    const settle = (): SinkCompletion | undefined => {
      if (!this.#open.delete(call)) return undefined;
      if (call.spoilt) call.abandon(false);
      else call.end();
      const outcome = before ?? this.#options.atPoint(`after-${verb}`, this.#context.self);
      if (outcome === 'die') return undefined;
      if (outcome === undefined) return { type: 'sink-done', token };
      const where = before === undefined ? 'after it took effect' : 'before it took effect';
      return { type: 'sink-failed', token, error: new Error(`${verb} of the simulated sink has failed ${where}`) };
    };
    this.#context.schedule(delay, new Completed(settle));
  }

  #delay(): number {
    return this.slowness + (this.#context.random() % (this.#options.maxDelay + 1));
  }
}
