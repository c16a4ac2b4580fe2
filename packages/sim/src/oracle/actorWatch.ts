import type { Actor, Address } from '@tidegate/runtime';
import type { Scenario } from '../scenario.js';
import type { Violations } from './violation.js';

/** Looks into the actors for a stale message at most so often in a life: a look costs as much as many steps. */
const MOST_LOOKS = 200;

/** Figures and their bounds, by the names under which an actor shows both. */
const SHOWN: readonly (readonly [figure: string, bound: string])[] = [
  ['pending', 'pendingCapacity'],
  ['queued', 'queueCapacity'],
];

/** Figures that take a message whole: one less than the bound, and the rows of the largest message of these types. */
const BY_MESSAGE: Readonly<Record<string, readonly string[]>> = {
  'progress.mostComponentStatuses': ['component-statuses', 'worker-snapshot', 'merge'],
  'buffered.most': ['block-statuses'],
};

/** The part of a host's name before an actor's own, and the actor's number. */
const PLACE = /^h\d+\/|-\d+$/g;

/** Figures of an actor that an option bounds: a worker's, a coordinator's, the maintainer's. */
export interface QueueBounds {
  readonly worker: Readonly<Record<string, number | undefined>>;
  readonly coordinator: Readonly<Record<string, number | undefined>>;
  readonly maintainer: Readonly<Record<string, number | undefined>>;
}

/** The bounds that a scenario sets. What it leaves at its default is far beyond the reach of its log. */
export function boundsOf({
  group,
  coordinator,
  maintainer,
}: Pick<Scenario, 'group' | 'coordinator' | 'maintainer'>): QueueBounds {
  return {
    worker: { reports: group.maxReports, 'executor.running': group.executorSlots },
    coordinator: {
      'workers.*.waiting': coordinator.outboxCapacity,
      'statuses.mostOutstanding': coordinator.outstandingCapacity,
      'progress.mostComponentStatuses': coordinator.componentStatusCapacity,
    },
    maintainer: {
      'buffered.most': maintainer.statusCapacity,
      'changefeed.operators.add': maintainer.maxScheduling,
      'changefeed.redo.operators.add': maintainer.maxScheduling,
    },
  };
}

/** Looks into the actors of one life: no queue is longer than its option says, and what is stale changes nothing (I-11). */
export class ActorWatch {
  readonly #violations: Violations;
  readonly #bounds: QueueBounds;
  readonly #actors = new Map<Address, Actor>();
  /** Rows of the largest message of a type that an actor was sent. */
  readonly #largest = new Map<string, number>();
  #latestEpoch = 0;
  #looks = 0;

  constructor(violations: Violations, bounds: QueueBounds) {
    this.#violations = violations;
    this.#bounds = bounds;
  }

  /** Messages of a foreign epoch whose receiver was looked into. */
  get looks(): number {
    return this.#looks;
  }

  /** An actor was made. From now on it is looked into. */
  made(address: Address, actor: Actor): void {
    this.#actors.set(address, actor);
    if (address !== 'maintainer' && !address.endsWith('/coordinator')) return;
    const receive = actor.receive.bind(actor);
    actor.receive = (message, from) => {
      this.#measure(address, message);
      if (from.endsWith('/way') && this.#isForeign(message, actor))
        this.#look(address, actor, message, () => receive(message, from));
      else receive(message, from);
    };
  }

  died(address: Address): void {
    this.#actors.delete(address);
  }

  /** What a living actor shows. */
  inspect(address: Address): unknown {
    return this.#actors.get(address)?.inspect?.();
  }

  /** No queue of any actor is longer than its bound. */
  checkBounds(): void {
    for (const [address, actor] of this.#actors) {
      const detail = actor.inspect?.();
      walk(address, detail, this.#violations);
      const kind = address.replaceAll(PLACE, '');
      const bounds = this.#bounds[kind as keyof QueueBounds] ?? {};
      for (const [path, most] of Object.entries(bounds)) {
        if (most === undefined) continue;
        const bound = most + this.#beyond(address, path);
        for (const has of figuresAt(detail, path.split('.')))
          if (has > bound) this.#violations.report('BOUND', `${address}.${path} is ${has}, and its bound is ${bound}`);
      }
    }
  }

  #measure(address: Address, message: unknown): void {
    const { type, ...rest } = message as { readonly type?: string };
    const rows = rowsOf(rest);
    if (type === undefined || rows === 0) return;
    const name = `${address} ${type}`;
    if (rows > (this.#largest.get(name) ?? 0)) this.#largest.set(name, rows);
  }

  /** What a message that is taken whole may add to a bound. */
  #beyond(address: Address, path: string): number {
    const rows = (BY_MESSAGE[path] ?? []).map((type) => this.#largest.get(`${address} ${type}`) ?? 0);
    return Math.max(1, ...rows) - 1;
  }

  /** Of an epoch that is not its receiver's. A coordinator obeys a later one. */
  #isForeign(message: unknown, actor: Actor): boolean {
    const { epoch } = message as { readonly epoch?: number };
    if (typeof epoch !== 'number') return false;
    this.#latestEpoch = Math.max(this.#latestEpoch, epoch);
    if (epoch === this.#latestEpoch || this.#looks >= MOST_LOOKS) return false;
    const seen = actor.inspect?.() as { readonly epoch?: number; readonly changefeed?: { readonly epoch: number } };
    const current = seen.changefeed?.epoch ?? seen.epoch;
    return current !== undefined && (seen.changefeed === undefined ? epoch < current : epoch !== current);
  }

  #look(address: Address, actor: Actor, message: unknown, receive: () => void): void {
    this.#looks++;
    const before = textOf(actor.inspect?.());
    receive();
    const after = textOf(actor.inspect?.());
    if (before === after) return;
    const { type, epoch } = message as { readonly type: string; readonly epoch: number };
    const at = [...before].findIndex((letter, i) => letter !== after[i]);
    const part = (text: string): string => text.slice(Math.max(0, at - 60), at + 60);
    this.#violations.report(
      'I-11',
      `${address} obeys "${type}" of epoch ${epoch}, which is not its own: …${part(before)}… became …${part(after)}…`,
    );
  }
}

/** Rows of block statuses, of component statuses, of a snapshot; of a merge its sources and its target. */
function rowsOf(message: {
  readonly handle?: ArrayLike<unknown>;
  readonly statuses?: { readonly handle: ArrayLike<unknown> };
  readonly spans?: readonly unknown[];
  readonly sources?: readonly unknown[];
}): number {
  const { handle, statuses, spans, sources } = message;
  return handle?.length ?? statuses?.handle.length ?? spans?.length ?? (sources === undefined ? 0 : sources.length + 1);
}

function textOf(detail: unknown): string {
  return JSON.stringify(detail, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)) ?? '';
}

/** The numbers at a path; `*` stands for every entry of a list. */
function figuresAt(detail: unknown, [name, ...rest]: readonly string[]): readonly number[] {
  if (name === undefined) return typeof detail === 'number' ? [detail] : [];
  if (typeof detail !== 'object' || detail === null) return [];
  if (name === '*') return Object.values(detail).flatMap((each) => figuresAt(each, rest));
  return figuresAt((detail as Readonly<Record<string, unknown>>)[name], rest);
}

function walk(path: string, value: unknown, violations: Violations): void {
  if (typeof value !== 'object' || value === null) return;
  const figures = value as Readonly<Record<string, unknown>>;
  for (const [figure, bound] of SHOWN) {
    const [has, most] = [figures[figure], figures[bound]];
    if (typeof has === 'number' && typeof most === 'number' && has > most)
      violations.report('BOUND', `${path}.${figure} is ${has}, and its bound ${bound} is ${most}`);
  }
  for (const [name, part] of Object.entries(figures)) walk(`${path}.${name}`, part, violations);
}
