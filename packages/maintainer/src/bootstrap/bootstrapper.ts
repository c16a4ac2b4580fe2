import type { BootstrapResponse, BootstrapSpan, HostId } from '@tidegate/protocol';
import { BootstrapError } from '../errors.js';
import type { Hosts } from '../hosts.js';

/** The parts of a response that have come so far, each next to the one before. */
interface Parts {
  readonly head: BootstrapResponse;
  readonly of: number;
  next: number;
  readonly spans: BootstrapSpan[];
}

/** What is known of one host. */
interface Asked {
  /** Which coming of it this is; undefined: it was there from the start. */
  readonly join: number | undefined;
  at: number;
  answered: boolean;
  /** Until {@link Bootstrapper.clear}. */
  response: BootstrapResponse | undefined;
  parts: Parts | undefined;
  /** Since when it refuses, and what it said last. */
  refused: { readonly since: number; readonly code: string; readonly text: string } | undefined;
}

/** Refusals that end by themselves: an earlier trigger is still being removed, or a worker is busy (S-2). */
const TEMPORARY = /(TRIGGER_MISMATCH|WORKER_SILENT|STALE_EPOCH)$/;

/**
 * Asks every host what it has and gathers the answers (S-1, S-4). They are kept until all are there, also over the loss
 * and the joining of hosts. A host that joins later is asked as well; its answer says only that it is ready (T-10).
 */
export class Bootstrapper {
  readonly #hosts: Hosts;
  readonly #resendAfter: number;
  readonly #patience: number;
  readonly #asked = new Map<HostId, Asked>();
  #joins = 0;

  constructor(hosts: Hosts, options: { readonly resendAfter: number; readonly patience: number }) {
    this.#hosts = hosts;
    this.#resendAfter = options.resendAfter;
    this.#patience = options.patience;
    for (const host of hosts.alive()) this.#expect(hosts.name(host), undefined);
  }

  /** Hosts to ask at `now`: those never asked, and those that owe an answer for too long. */
  due(now: number): number[] {
    const hosts: number[] = [];
    for (const [name, asked] of this.#asked) {
      if (asked.answered) continue;
      this.#expire(name, asked, now);
      if (now - asked.at < this.#resendAfter) continue;
      asked.at = now;
      hosts.push(this.#hosts.indexOf(name));
    }
    return hosts;
  }

  /**
   * Takes an answer, or a part of one. True: this host has answered now, and had not before. Throws
   * {@link BootstrapError} when it refuses for good, or for too long (S-2).
   */
  answer(name: HostId, response: BootstrapResponse, now: number): boolean {
    const asked = this.#asked.get(name);
    // A former process under this name was asked for that: it says nothing of what is there now.
    if (asked === undefined || asked.answered || asked.join !== response.join) return false;
    const { error } = response;
    if (error !== undefined) {
      this.refuse(name, error, now);
      return false;
    }
    asked.response = gather(asked, response);
    if (asked.response === undefined) return false;
    asked.answered = true;
    asked.parts = undefined;
    asked.refused = undefined;
    return true;
  }

  /** A host does not answer but says why. */
  refuse(name: HostId, { code, message }: { readonly code: string; readonly message: string }, now: number): void {
    const asked = this.#asked.get(name);
    if (asked === undefined || asked.answered) return;
    asked.refused = { since: asked.refused?.since ?? now, code, text: message };
    if (!TEMPORARY.test(code)) throw new BootstrapError(`host "${name}" answers ${code}: ${message}`);
    this.#expire(name, asked, now);
  }

  /** T-10 */
  join(name: HostId): void {
    this.#expect(name, ++this.#joins);
  }

  /** What a request to a host must name so that its answer counts. */
  joinOf(name: HostId): number | undefined {
    return this.#asked.get(name)?.join;
  }

  /** T-9 */
  leave(name: HostId): void {
    this.#asked.delete(name);
  }

  /** S-4: every host has answered. */
  get complete(): boolean {
    for (const { answered } of this.#asked.values()) if (!answered) return false;
    return true;
  }

  /** Hosts that have not answered, and why if they have said so. */
  get waiting(): readonly { readonly host: HostId; readonly refused?: string }[] {
    return [...this.#asked].flatMap(([host, { answered, refused }]) => {
      if (answered) return [];
      return [{ host, ...(refused && { refused: `${refused.code}: ${refused.text}` }) }];
    });
  }

  /** The answers that were not cleared. */
  get responses(): readonly BootstrapResponse[] {
    return [...this.#asked.values()].flatMap(({ response }) => (response === undefined ? [] : [response]));
  }

  /** What hosts had is built into tasks, and needed no more. */
  clear(): void {
    for (const asked of this.#asked.values()) asked.response = undefined;
  }

  #expect(name: HostId, join: number | undefined): void {
    const at = Number.NEGATIVE_INFINITY;
    this.#asked.set(name, { join, at, answered: false, response: undefined, parts: undefined, refused: undefined });
  }

  #expire(name: HostId, { refused }: Asked, now: number): void {
    if (refused === undefined || now - refused.since < this.#patience) return;
    throw new BootstrapError(`host "${name}" has answered ${refused.code} for ${now - refused.since} ms: ${refused.text}`);
  }
}

/** The whole response once its last part is here. A part that does not follow the one before ends the attempt: it is asked for again. */
function gather(asked: Asked, response: BootstrapResponse): BootstrapResponse | undefined {
  const { part, more = false } = response;
  if (part === undefined) return response;
  if (part.index === 0) asked.parts = { head: response, of: part.of, next: 0, spans: [] };
  const { parts } = asked;
  if (parts === undefined || parts.of !== part.of || parts.next !== part.index) {
    asked.parts = undefined;
    return undefined;
  }
  parts.next++;
  for (const span of response.spans) parts.spans.push(span);
  return more ? undefined : { ...response, ...(parts.head.merges && { merges: parts.head.merges }), spans: parts.spans };
}
