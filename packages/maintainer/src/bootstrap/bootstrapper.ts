import type { BootstrapResponse } from '@tidegate/protocol';
import { BootstrapError } from '../errors.js';
import type { Hosts } from '../hosts.js';

/** Asks every host what it has and gathers the answers (S-1, S-4). */
export class Bootstrapper {
  readonly #hosts: Hosts;
  readonly #resendAfter: number;
  readonly #responses: (BootstrapResponse | undefined)[];
  readonly #askedAt: number[];

  constructor(hosts: Hosts, resendAfter: number) {
    this.#hosts = hosts;
    this.#resendAfter = resendAfter;
    this.#responses = new Array<BootstrapResponse | undefined>(hosts.size).fill(undefined);
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

  /** Takes an answer. True when it was the last one that was missing. Throws {@link BootstrapError} when a host refuses. */
  answer(host: number, response: BootstrapResponse): boolean {
    if (response.error !== undefined) {
      throw new BootstrapError(`host "${response.from}" answers ${response.error.code}: ${response.error.message}`);
    }
    if (this.#responses[host] !== undefined) return false;
    this.#responses[host] = response;
    return this.waiting.length === 0;
  }

  /** Hosts that have not answered. */
  get waiting(): number[] {
    return this.#responses.flatMap((response, host) => (response === undefined ? [host] : []));
  }

  get responses(): readonly BootstrapResponse[] {
    return this.#responses.filter((response) => response !== undefined);
  }
}
