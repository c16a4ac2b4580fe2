import {
  type Answer,
  type AnswerRequest,
  type BlockStatusRequest,
  type BootstrapResponse,
  type DispatcherConfig,
  type EventKey,
  formatEventKey,
  type Mode,
  type RemoveDispatchers,
  STATUS_ALREADY_BIT,
  STATUS_FLAG_ALREADY,
  STATUS_FLAG_REDO,
  STATUS_FLAG_SYNC_POINT,
  STATUS_GENERATION,
  STATUS_HANDLE,
  STATUS_TS_HIGH,
  STATUS_TS_LOW,
  Stage,
  stageName,
  statusFlagsAt,
  statusStage,
  type WorkerAnswer,
} from '@tidegate/protocol';
import type { Violations } from './violation.js';

/** A status of one dispatcher at one event, as a coordinator has it. */
interface Offered {
  readonly handle: number;
  readonly generation: number;
  readonly event: string;
  readonly worker: string;
  /** Stages that were offered and neither sent nor answered since. */
  readonly owed: Set<Stage>;
  waiting: 'no' | 'offered' | 'sent';
  /** Its worker has the acknowledgement: a NONE that was under way then has no more to tell. */
  acknowledged: boolean;
  /** DONE was offered after WAITING. */
  doneBehind: boolean;
}

/**
 * Watches what becomes of block statuses between a worker and the way to the maintainer, where nothing may be lost: a WAITING
 * leaves no later than the DONE that was offered behind it (I-8), and whatever is offered leaves at or after its offer, or is
 * answered, or dies with its dispatcher (I-9).
 */
export class StatusWatch {
  readonly #violations: Violations;
  /** Of each coordinator: by mode, dispatcher and event. */
  readonly #of = new Map<string, Map<string, Offered>>();
  readonly #removed = new Set<string>();
  /** DONE statuses of requests that nobody has replied to, by coordinator and number. */
  readonly #told = new Map<string, Offered[]>();

  constructor(violations: Violations) {
    this.#violations = violations;
  }

  /** A status arrives at a coordinator. */
  offered(words: Uint32Array, worker: string, coordinator: string): void {
    const stage = statusStage(words, 0);
    const flags = statusFlagsAt(words, 0);
    if (stage === Stage.UNKNOWN || (flags & STATUS_FLAG_ALREADY) !== 0) return;
    const commitTs = (BigInt(words[STATUS_TS_HIGH] as number) << 32n) | BigInt(words[STATUS_TS_LOW] as number);
    const event = formatEventKey({ commitTs, isSyncPoint: (flags & STATUS_FLAG_SYNC_POINT) !== 0 });
    const mode = (flags & STATUS_FLAG_REDO) === 0 ? 0 : 1;
    const [handle, generation] = [words[STATUS_HANDLE] as number, words[STATUS_GENERATION] as number];
    if (this.#removed.has(`${handle}.${generation}`)) return;
    const all = this.#all(coordinator);
    const name = nameOf(mode, handle, generation, event);
    let status = all.get(name);
    if (status === undefined) {
      status = { handle, generation, event, worker, owed: new Set(), waiting: 'no', acknowledged: false, doneBehind: false };
      all.set(name, status);
    }
    if (stage === Stage.NONE && status.acknowledged) return;
    status.owed.add(stage);
    if (stage === Stage.WAITING && status.waiting === 'no') status.waiting = 'offered';
    if (stage === Stage.DONE && status.waiting === 'offered') status.doneBehind = true;
  }

  /** A coordinator has sent a request. */
  sent({ mode, seq, events, handle, generation, event, stage }: BlockStatusRequest, coordinator: string): void {
    const all = this.#all(coordinator);
    const told: Offered[] = [];
    for (const [i, column] of stage.entries()) {
      const key = formatEventKey((events[event[i] as number] as { readonly key: EventKey }).key);
      const status = all.get(nameOf(mode, handle[i] as number, generation[i] as number, key));
      if (status === undefined || (column & STATUS_ALREADY_BIT) !== 0) continue;
      status.owed.delete(column as Stage);
      if (column === Stage.WAITING) status.waiting = 'sent';
      if (column === Stage.DONE) told.push(status);
      if (column === Stage.DONE && status.doneBehind && status.waiting === 'offered')
        this.#violations.report(
          'I-8',
          `${coordinator} tells DONE of dispatcher ${status.handle} at ${key}, and has not told the WAITING before it`,
        );
    }
    if (told.length > 0) this.#told.set(`${coordinator} ${seq}`, told);
  }

  /** A coordinator hears that a request was handled: an equal DONE that was offered while it was under way is told with it (T-I). */
  replied({ inReplyTo }: AnswerRequest, coordinator: string): void {
    if (inReplyTo === undefined) return;
    const request = `${coordinator} ${inReplyTo}`;
    for (const status of this.#told.get(request) ?? []) status.owed.delete(Stage.DONE);
    this.#told.delete(request);
  }

  /** A worker is given an answer: what it answers needs not be sent any more. */
  answered({ mode, answer }: WorkerAnswer, worker: string, coordinator: string): void {
    const key = answer.ack ?? answer.ignored ?? answer.unknown ?? answer.action?.key;
    if (key === undefined) return;
    const event = formatEventKey(key);
    for (const [name, status] of this.#all(coordinator)) {
      if (status.event !== event || status.worker !== worker || !name.startsWith(`${mode} `)) continue;
      if (!isMeant(answer, status)) continue;
      status.owed.delete(Stage.WAITING);
      status.owed.delete(Stage.NONE);
      status.acknowledged ||= answer.ack !== undefined;
      // Nothing of a WAITING that was answered has to be told before the DONE.
      status.waiting = 'sent';
    }
  }

  /** A worker was told to remove dispatchers: what they still offer counts as long as anybody knows them, and no longer. */
  removed({ handle, generation }: RemoveDispatchers): void {
    for (const [i, each] of handle.entries()) this.#removed.add(`${each}.${generation[i]}`);
    for (const all of this.#of.values())
      for (const [name, status] of all) if (this.#removed.has(`${status.handle}.${status.generation}`)) all.delete(name);
  }

  /** A coordinator or worker has died, with what it had. */
  died(address: string): void {
    this.#of.delete(address);
    for (const all of this.#of.values()) for (const [name, { worker }] of all) if (worker === address) all.delete(name);
  }

  /** All is quiet: nothing is owed any more. */
  finish(): void {
    for (const [coordinator, all] of this.#of) {
      for (const { handle, generation, event, owed } of all.values()) {
        for (const stage of owed)
          this.#violations.report(
            'I-9',
            `${coordinator} was offered ${stageName(stage)} of dispatcher ${handle}.${generation} at ${event}, and neither told nor answered it`,
          );
      }
    }
  }

  #all(coordinator: string): Map<string, Offered> {
    let all = this.#of.get(coordinator);
    if (all === undefined) {
      all = new Map();
      this.#of.set(coordinator, all);
    }
    return all;
  }
}

function nameOf(mode: Mode, handle: number, generation: number, event: string): string {
  return `${mode} ${handle}.${generation} ${event}`;
}

/** A whole schema is taken as meant: which dispatchers are of it is not known here. */
function isMeant({ target }: Answer, { handle, generation }: Offered): boolean {
  if (target.type !== 'normal') return true;
  return target.handle.some((each, i) => each === handle && target.generation[i] === generation);
}

/** What a bootstrap says of dispatchers that stand at an event. */
export function parkedOf({ spans }: BootstrapResponse): readonly { readonly config: DispatcherConfig; readonly event: string }[] {
  return spans.flatMap(({ config, blockState }) =>
    blockState === undefined || blockState.stage === Stage.NONE ? [] : [{ config, event: formatEventKey(blockState.facts.key) }],
  );
}
