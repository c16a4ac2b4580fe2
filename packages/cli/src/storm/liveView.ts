import { bytes, count, cut, duration, plural } from '../format.js';
import { Rate } from '../statistics.js';
import type { StormCommandOptions } from './commandOptions.js';
import type { StormPhase, StormSample } from './sample.js';
import { causeText, row, suppressedRow } from './stormText.js';

/** Milliseconds over which a rate and a share are taken. */
const WINDOW = 2_000;

/** The lines that show a storm while it lasts. */
export class LiveView {
  readonly #options: StormCommandOptions;
  readonly #offered = new Rate(WINDOW);
  readonly #cpu = new Map<string, Rate>();
  #restMemory: number | undefined;

  constructor(options: StormCommandOptions) {
    this.#options = options;
  }

  /** The lines after one more look, each at most `width` characters. */
  lines(sample: StormSample, width: number): string[] {
    const { counts, depths, rss, threads, elapsed, phase } = sample;
    this.#offered.add(elapsed, counts.offered);
    for (const { name, cpu } of threads) if (cpu !== undefined) this.#rateOf(name).add(elapsed, cpu);
    if (phase === 'resting') this.#restMemory = rss;
    const above = this.#restMemory === undefined ? '' : `${bytes(Math.max(0, rss - this.#restMemory))} above rest`;
    const again = counts.resent > 0 ? `${count(counts.resent)} of them again; ` : '';
    const statuses = [
      row('offered', count(counts.offered), `${count(this.#offered.perSecond)} a second`),
      suppressedRow(counts),
      row('sent', count(counts.sent), `${again}${plural(depths.inbox, 'message')} in its inbox`),
      row('handled', count(counts.handled)),
    ];
    const lines = [
      this.#headline(sample),
      ...(phase === 'starting' || phase === 'resting' ? [] : statuses),
      row('memory', bytes(rss), above),
      row('processor', percent(threads.reduce((sum, { name }) => sum + this.#share(name), 0)), this.#threadsText(sample)),
    ];
    return lines.map((line) => cut(line, width));
  }

  #headline({ phase, inPhase, working }: StormSample): string {
    const { dispatchers, workers, cause, hold } = this.#options;
    const who = plural(dispatchers, 'dispatcher');
    const what: Readonly<Record<StormPhase, string>> = {
      starting: `starting on ${plural(workers, 'worker')}, ${count(Math.min(working, dispatchers))} work`,
      resting: `at rest on ${plural(workers, 'worker')}`,
      held: `held ${duration(inPhase)} of ${duration(hold)}, ${causeText(cause)}`,
      resuming: `going on for ${duration(inPhase)}`,
      over: 'done',
    };
    return `${what[phase]} · ${who}`;
  }

  #threadsText({ threads }: StormSample): string {
    return threads.map(({ name }) => `${name} ${percent(this.#share(name))}`).join(' · ');
  }

  /** Of one core. */
  #share(thread: string): number {
    return this.#rateOf(thread).perSecond / 1_000;
  }

  #rateOf(thread: string): Rate {
    let rate = this.#cpu.get(thread);
    if (rate === undefined) {
      rate = new Rate(WINDOW);
      this.#cpu.set(thread, rate);
    }
    return rate;
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
