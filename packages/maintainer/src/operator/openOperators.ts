import { NO_HOST } from '../hosts.js';
import { growColumn, grownCapacity } from '../span/columns.js';
import { OperatorKind } from './operatorKind.js';

const PAGE_SHIFT = 12;
const PAGE_ROWS = 1 << PAGE_SHIFT;
const PAGE_MASK = PAGE_ROWS - 1;

/** What runs for 4096 handles: 11 bytes each. */
class Page {
  readonly kind = new Uint8Array(PAGE_ROWS);
  /** The host that an operator speaks with, remembered: the task may be gone from the table by then. */
  readonly host = new Uint16Array(PAGE_ROWS);
  /** When it was sent last, in milliseconds of 32 bits. */
  readonly sentAt = new Uint32Array(PAGE_ROWS);
  /** When its request was sent first, likewise. */
  readonly begunAt = new Uint32Array(PAGE_ROWS);
  live = 0;
}

/**
 * What runs for each task, in pages that exist as long as something runs in them: at rest that is hardly one. One byte a
 * task stays, which tells how often the last request was sent.
 */
export class OpenOperators {
  readonly #pages: (Page | undefined)[] = [];
  /** A page that nobody needs, for the next one: tables come and go one by one. */
  #spare: Page | undefined;
  #times: Uint8Array = new Uint8Array(0);
  #size = 0;

  /** How many run. */
  get size(): number {
    return this.#size;
  }

  /** One more than the largest handle that ever had an operator. */
  get end(): number {
    return this.#times.length;
  }

  kindOf(handle: number): OperatorKind {
    return (this.#pages[handle >>> PAGE_SHIFT]?.kind[handle & PAGE_MASK] ?? OperatorKind.NONE) as OperatorKind;
  }

  hostOf(handle: number): number {
    const page = this.#pages[handle >>> PAGE_SHIFT];
    const row = handle & PAGE_MASK;
    return page === undefined || page.kind[row] === OperatorKind.NONE ? NO_HOST : page.host[row]!;
  }

  /** Begins one, or another one in its place. */
  set(handle: number, kind: OperatorKind, host: number): void {
    const page = this.#pageFor(handle);
    const row = handle & PAGE_MASK;
    if (page.kind[row] === OperatorKind.NONE) {
      page.live++;
      this.#size++;
    }
    page.kind[row] = kind;
    page.host[row] = host;
    if (handle >= this.#times.length) this.#times = growColumn(this.#times, grownCapacity(this.#times.length, handle + 1));
    this.#times[handle] = 0;
  }

  clear(handle: number): void {
    const page = this.#pages[handle >>> PAGE_SHIFT];
    const row = handle & PAGE_MASK;
    if (page === undefined || page.kind[row] === OperatorKind.NONE) return;
    page.kind[row] = OperatorKind.NONE;
    page.live--;
    this.#size--;
    if (page.live > 0) return;
    this.#pages[handle >>> PAGE_SHIFT] = undefined;
    this.#spare = page;
  }

  /** Its request was sent. Nothing is noted of one that is over. */
  sent(handle: number, now: number): void {
    const page = this.#pages[handle >>> PAGE_SHIFT];
    const row = handle & PAGE_MASK;
    if (page === undefined || page.kind[row] === OperatorKind.NONE) return;
    if (this.#times[handle] === 0) page.begunAt[row] = now >>> 0;
    page.sentAt[row] = now >>> 0;
    this.#times[handle] = Math.min(this.#times[handle]! + 1, 2);
  }

  /** Whether its last request was sent at `time`, and at all. */
  wasSentAt(handle: number, time: number): boolean {
    const page = this.#pages[handle >>> PAGE_SHIFT];
    const row = handle & PAGE_MASK;
    if (page === undefined || page.kind[row] === OperatorKind.NONE) return false;
    // What is noted there may be of the operator before, or of another task that had the page.
    return this.#times[handle] !== 0 && page.sentAt[row] === time >>> 0;
  }

  /** For how many milliseconds its request has been unanswered; 0 when none was sent. */
  ageOf(handle: number, now: number): number {
    if (this.kindOf(handle) === OperatorKind.NONE || this.#times[handle] === 0) return 0;
    return ((now >>> 0) - this.#pages[handle >>> PAGE_SHIFT]!.begunAt[handle & PAGE_MASK]!) >>> 0;
  }

  /** The last request, of an operator that may be over, was sent more than once: a repeat may still be on its way. */
  wasRepeated(handle: number): boolean {
    return this.#times[handle] === 2;
  }

  #pageFor(handle: number): Page {
    let page = this.#pages[handle >>> PAGE_SHIFT];
    if (page === undefined) {
      page = this.#spare ?? new Page();
      this.#spare = undefined;
      this.#pages[handle >>> PAGE_SHIFT] = page;
    }
    return page;
  }
}
