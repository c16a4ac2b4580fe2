import type { Delivered } from '@tidegate/runtime';
import { describe, isRoutine } from './describe.js';

interface Entry {
  readonly at: number;
  readonly from?: string;
  readonly to?: string;
  readonly content: unknown;
}

/** What happened in a run, as lines to read: who was told what by whom, and when. Keeps the last entries only. */
export class Story {
  readonly #most: number;
  #entries: Entry[] = [];

  /** `most`: entries that are kept; 0: none, and nothing is written down. */
  constructor(most: number) {
    this.#most = most;
  }

  get enabled(): boolean {
    return this.#most > 0;
  }

  delivered(at: number, { from, to, kind, content }: Delivered): void {
    if (from === to) return;
    // A record is valid only during the call.
    this.#add({ at, from, to, content: kind === 'record' ? (content as Uint32Array).slice() : content });
  }

  say(at: number, text: string): void {
    if (this.enabled) this.#add({ at, content: text });
  }

  /**
   * The last `count` lines (default: all that were kept). `about`: only those that hold one of these texts, and what is no
   * message. Without `routine`: no heartbeats, marks and empty answers.
   */
  lines(options: { readonly count?: number; readonly about?: readonly string[]; readonly routine?: boolean } = {}): string[] {
    const { count, about, routine = false } = options;
    const lines = this.#entries.flatMap((entry) => {
      if (!routine && entry.from !== undefined && isRoutine(entry.content)) return [];
      const text = lineOf(entry);
      return about === undefined || entry.from === undefined || about.some((part) => text.includes(part)) ? [text] : [];
    });
    return count === undefined ? lines : lines.slice(-count);
  }

  #add(entry: Entry): void {
    this.#entries.push(entry);
    if (this.#entries.length > 2 * this.#most) this.#entries = this.#entries.slice(-this.#most);
  }
}

function lineOf({ at, from, to, content }: Entry): string {
  if (from === undefined) return `t=${at} ** ${String(content)}`;
  return `t=${at} ${from} → ${to} ${describe(content)}`;
}
