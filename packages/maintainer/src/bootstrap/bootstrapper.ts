import type { BootstrapResponse, BootstrapSpan } from '@tidegate/protocol';
import { BootstrapError } from '../errors.js';
import type { Hosts } from '../hosts.js';

/** The parts of a response that have come so far, each next to the one before. */
interface Parts {
  readonly of: number;
  next: number;
  readonly spans: BootstrapSpan[];
}

/** Asks every host what it has and gathers the answers (S-1, S-4). */
export class Bootstrapper {
  readonly #hosts: Hosts;
  readonly #resendAfter: number;
  readonly #responses: (BootstrapResponse | undefined)[];
  readonly #askedAt: number[];
  readonly #parts: (Parts | undefined)[];

  constructor(hosts: Hosts, resendAfter: number) {
    this.#hosts = hosts;
    this.#resendAfter = resendAfter;
    this.#responses = new Array<BootstrapResponse | undefined>(hosts.size).fill(undefined);
    this.#parts = new Array<Parts | undefined>(hosts.size).fill(undefined);
    this.#askedAt = new Array<number>(hosts.size).fill(Number.NEGATIVE_INFINITY);
  }

  /** Hosts to ask at `now`: those never asked, and those that owe an answer for too long. */
  due(now: number): number[] {
    const hosts: number[] = [];
    for (let host = 0; host < this.#hosts.size; host++) {
      if (this.#responses[host] !== undefined || now - this.#askedAt[host]! < this.#resendAfter) continue;
      this.#askedAt[host] = now;
      hosts.push(host);
    }
    return hosts;
  }

  /** Takes an answer, or a part of one. True when now none is missing. Throws {@link BootstrapError} when a host refuses. */
  answer(host: number, response: BootstrapResponse): boolean {
    if (response.error !== undefined) {
      throw new BootstrapError(`host "${response.from}" answers ${response.error.code}: ${response.error.message}`);
    }
    if (this.#responses[host] !== undefined) return false;
    const whole = this.#gather(host, response);
    if (whole === undefined) return false;
    this.#responses[host] = whole;
    this.#parts[host] = undefined;
    return this.waiting.length === 0;
  }

  /** Hosts that have not answered. */
  get waiting(): number[] {
    return this.#responses.flatMap((response, host) => (response === undefined ? [host] : []));
  }

  get responses(): readonly BootstrapResponse[] {
    return this.#responses.filter((response) => response !== undefined);
  }

  /** The whole response once its last part is here. A part that does not follow the one before ends the attempt: it is asked for again. */
  #gather(host: number, response: BootstrapResponse): BootstrapResponse | undefined {
    const { part, more = false } = response;
    if (part === undefined) return response;
    if (part.index === 0) this.#parts[host] = { of: part.of, next: 0, spans: [] };
    const parts = this.#parts[host];
    if (parts === undefined || parts.of !== part.of || parts.next !== part.index) {
      this.#parts[host] = undefined;
      return undefined;
    }
    parts.next++;
    for (const span of response.spans) parts.spans.push(span);
    return more ? undefined : { ...response, spans: parts.spans };
  }
}
