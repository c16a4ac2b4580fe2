import type { SourceEvent } from '@tidegate/dispatcher';
import { Random } from '../random.js';
import { DdlMaker } from './ddlMaker.js';
import { keepConsistent } from './omit.js';
import { routed } from './routing.js';
import { keyBytes, type Workload, workloadOf } from './workload.js';

/** What a random log is made from. */
export interface WorkloadOptions {
  readonly seed: number;
  /** Events, marks included. A shorter log of the same seed is a prefix. */
  readonly length: number;
  /** Tables that exist before the first event. */
  readonly tables: number;
  readonly schemas: number;
  /** Tables in a thousand that may be split. */
  readonly splittable: number;
  /** Different keys of a table's rows. */
  readonly keys: number;
  /** Block events in a thousand; the rest are rows and marks. */
  readonly ddl: number;
  /** In a thousand block events: those that begin a storm, a row of block events with nothing in between. */
  readonly storms: number;
  readonly syncPoints: boolean;
  /** Tables are routed by their names (section 23). `clash`: one DDL claims a target that another table has. Absent: they are not. */
  readonly routes?: 'legal' | 'clash';
  /** Ranges [from, to) of events that are left out, with everything that cannot be without them. */
  readonly omit?: readonly (readonly [number, number])[];
}

const FIRST_TS = 100n;
const STORM = 12;
/** The last mark lies beyond the last event: a checkpoint at an event's ts does not prove that the event is over (B-60). */
const BEYOND = 5n;

/**
 * Makes a random commit-ordered log that keeps to section 3 of the protocol: tables come and go, are truncated, moved, altered
 * and exchanged, schemas are dropped, everything stops now and then; rows in between, and marks.
 */
export function generateWorkload(options: WorkloadOptions): Workload {
  const random = new Random(options.seed);
  const events: SourceEvent[] = [];
  const ddls = new DdlMaker(random, options, FIRST_TS);
  let storm = 0;
  while (events.length < options.length) {
    if (storm > 0) storm--;
    else if (random.chance((options.ddl * options.storms) / 1000)) storm = random.between(2, STORM);
    const last = events.at(-1);
    if (ddls.wanted || storm > 0 || random.chance(options.ddl)) events.push(...ddls.next(last));
    else if (random.chance(80)) events.push({ type: 'resolved', ts: ddls.ts });
    else events.push(...rows(ddls, random, options.keys));
  }
  const kept = options.omit === undefined ? events : keepConsistent(ddls.initial, events, options.omit);
  const complete: SourceEvent[] = [...kept, { type: 'resolved', ts: ddls.ts + BEYOND }];
  if (options.routes === undefined) return workloadOf(ddls.initial, FIRST_TS, complete);
  const { events: admitted, routing } = routed(ddls.initial, complete);
  return { ...workloadOf(ddls.initial, FIRST_TS, admitted), routing };
}

function rows(ddls: DdlMaker, random: Random, keys: number): SourceEvent[] {
  const commitTs = ddls.tick();
  return Array.from({ length: random.between(1, 4) }, () => ({
    type: 'rows',
    tableId: ddls.anyTable().id,
    commitTs,
    count: 1,
    bytes: new Uint8Array(0),
    key: keyBytes(random.below(keys)),
  }));
}
