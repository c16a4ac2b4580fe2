import { deepest, type ThreadReport } from './report.js';
import type { StormDepths, StormPhase, StormSample } from './sample.js';

/** Processor time of a thread, in milliseconds, at a time of the storm. */
interface Reading {
  readonly elapsed: number;
  readonly cpu: number;
}

/** What was seen of one thread: the first and the last reading of each phase, and its heap. */
interface ThreadRecord {
  readonly spans: Map<StormPhase, { readonly first: Reading; last: Reading }>;
  last: Reading | undefined;
  heapRest: number;
  heapPeak: number;
}

/** What was seen of a storm; as long as it may take, this stays the same size. */
export class StormRecord {
  readonly #threads = new Map<string, ThreadRecord>();
  #last: StormSample | undefined;
  #most: StormDepths | undefined;

  add(sample: StormSample): void {
    this.#last = sample;
    const isStorm = sample.phase !== 'starting' && sample.phase !== 'resting';
    if (isStorm) this.#most = deepest(this.#most, sample.depths);
    for (const { name, cpu, heap } of sample.threads) {
      const record = this.#recordOf(name);
      if (isStorm) record.heapPeak = Math.max(record.heapPeak, heap);
      else record.heapRest = heap;
      if (cpu === undefined) continue;
      const reading = { elapsed: sample.elapsed, cpu };
      const span = record.spans.get(sample.phase);
      if (span === undefined) record.spans.set(sample.phase, { first: reading, last: reading });
      else span.last = reading;
      record.last = reading;
    }
  }

  get last(): StormSample | undefined {
    return this.#last;
  }

  /** The most that waited at each place since the event. */
  get most(): StormDepths | undefined {
    return this.#most;
  }

  /** What each thread used. */
  threads(): ThreadReport[] {
    return [...this.#threads].map(([name, { spans, last, heapRest, heapPeak }]) => {
      const before = spans.get('resting')?.last ?? spans.get('held')?.first;
      return {
        name,
        cpu: before === undefined || last === undefined ? undefined : last.cpu - before.cpu,
        atRest: share(spans.get('resting')),
        held: share(spans.get('held')),
        heapRest,
        heapPeak,
      };
    });
  }

  #recordOf(name: string): ThreadRecord {
    let record = this.#threads.get(name);
    if (record === undefined) {
      record = { spans: new Map(), last: undefined, heapRest: 0, heapPeak: 0 };
      this.#threads.set(name, record);
    }
    return record;
  }
}

/** Of one core; undefined where there was one reading only. */
function share(span: { readonly first: Reading; readonly last: Reading } | undefined): number | undefined {
  if (span === undefined || span.last.elapsed <= span.first.elapsed) return undefined;
  return (span.last.cpu - span.first.cpu) / (span.last.elapsed - span.first.elapsed);
}
