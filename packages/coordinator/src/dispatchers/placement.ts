import {
  type ComponentState,
  type DispatcherConfig,
  type KeyRange,
  MAX_HANDLE,
  type Mode,
  pieceEnd,
  type TableId,
  TsColumn,
} from '@tidegate/protocol';
import { areHere, areOn } from './neighbours.js';
import { type Found, MASK, Page, ROWS, SHIFT } from './placementPage.js';

// Local, so that the engine folds them: it loads an imported binding anew at every use.
const PAGE_SHIFT = SHIFT;
const PAGE_ROWS = ROWS;
const PAGE_MASK = MASK;

/** A dispatcher that was sent to its worker and of which nothing was heard yet; beside the {@link ComponentState} values. */
const CREATED = 7;
const STATE_MASK = 7;
const PLACED = 0x08;
const REDO = 0x10;
const SUBSCRIBED = 0x20;
const REMOVING = 0x40;
/** Created by a former owner. */
const FORMER = 0x80;

/** What `inspect` calls the states. */
const STATE_NAMES = [
  'working',
  'stopped',
  'removed',
  'initializing',
  'preparing',
  'mergeReady',
  'waitingMerge',
  'created',
] as const;

/** Not all dispatchers of a column are here. */
const NOT_ALL = -2;

/** Which worker has which dispatcher, and how far its life has come: flat columns by handle, in pages. */
export class Placement {
  /** Dispatchers on each worker, the trigger included. */
  readonly load: Uint32Array;
  readonly #pages: (Page | undefined)[] = [];
  readonly #start = new TsColumn();
  readonly #states: Uint32Array;
  /** Of the dispatchers that do not serve a complete table: few, so no column. */
  readonly #ranges = new Map<number, KeyRange>();
  /** Table ids that pass 32 bits: few sources give out such. */
  readonly #largeIds = new Map<number, TableId>();
  /** By worker: it takes dispatchers. */
  readonly #open: boolean[];
  #size = 0;
  /** Who is placed stays as and where it is until it is removed. */
  #removals = 0;
  /** By column of handles, which nobody changes: what was found of a request, which is asked again when it is answered. */
  readonly #found = new WeakMap<Uint32Array, Found>();

  constructor(workers: number) {
    this.#open = Array.from({ length: workers }, () => true);
    this.load = new Uint32Array(workers);
    this.#states = new Uint32Array(workers * STATE_NAMES.length);
  }

  /** Dispatchers placed. */
  get size(): number {
    return this.#size;
  }

  /** The worker with the fewest dispatchers; the first among equals; -1 when all are lost. Whoever is placed stays where it is. */
  leastLoaded(): number {
    let least = -1;
    for (let worker = 0; worker < this.#open.length; worker++) {
      if (this.#open[worker] === true && (least < 0 || this.load[worker]! < this.load[least]!)) least = worker;
    }
    return least;
  }

  /** Whether a worker takes dispatchers: one that is lost does not, until its replacement runs. */
  isOpen(worker: number): boolean {
    return this.#open[worker] === true;
  }

  setOpen(worker: number, open: boolean): void {
    this.#open[worker] = open;
  }

  /** Places a dispatcher whose handle is free. `seq`: its number in the order of creation of its mode (H-3). */
  insert(config: DispatcherConfig, worker: number, seq: number): void {
    const { handle } = config;
    const page = this.#pageFor(handle);
    const row = handle & PAGE_MASK;
    page.generation[row] = config.generation;
    page.seq[row] = seq;
    this.#start.setTs(handle, config.startTs);
    page.tableId[row] = config.tableId;
    if (config.tableId > 0xffff_ffff) this.#largeIds.set(handle, config.tableId);
    page.worker[row] = worker;
    page.flags[row] = PLACED | CREATED | (config.mode === 0 ? 0 : REDO);
    if (config.range !== undefined) this.#ranges.set(handle, config.range);
    this.#size++;
    this.load[worker]!++;
    this.#countState(worker, CREATED, 1);
  }

  /** Frees the handle. Its generation stays on record: see {@link isOver}. */
  remove(handle: number): void {
    const page = this.#pages[handle >>> PAGE_SHIFT]!;
    const row = handle & PAGE_MASK;
    const worker = page.worker[row]!;
    this.#countState(worker, page.flags[row]! & STATE_MASK, -1);
    if ((page.flags[row]! & FORMER) !== 0) page.generation[row] = 0;
    page.flags[row] = 0;
    this.#ranges.delete(handle);
    this.#largeIds.delete(handle);
    this.#size--;
    this.#removals++;
    this.load[worker]!--;
  }

  /** Whether the dispatcher of this generation was here, or was asked back, and is gone for good: none is here, and none comes again. */
  isOver(handle: number, generation: number): boolean {
    const page = this.#pages[handle >>> PAGE_SHIFT];
    if (page === undefined) return false;
    const row = handle & PAGE_MASK;
    const last = page.generation[row]!;
    // Generations are counted in 32 bits and may wrap.
    return page.flags[row] === 0 && last !== 0 && ((last - generation) | 0) >= 0;
  }

  /** Puts on record that the dispatcher of this generation, which is not here, must not come any more. */
  bury(handle: number, generation: number): void {
    if (!(Number.isInteger(handle) && handle >= 0 && handle <= MAX_HANDLE) || this.isPlaced(handle)) return;
    if (!this.isOver(handle, generation)) this.#pageFor(handle).generation[handle & PAGE_MASK] = generation;
  }

  /** Another owner: the generations of what it creates have nothing to do with those of what was here before. */
  forgetOver(): void {
    for (const page of this.#pages) {
      for (let row = 0; page !== undefined && row < PAGE_ROWS; row++) {
        if (page.flags[row] === 0) page.generation[row] = 0;
        else page.flags[row]! |= FORMER;
      }
    }
  }

  /** True when any dispatcher has the handle. */
  isPlaced(handle: number): boolean {
    return this.#flags(handle) !== 0;
  }

  /** True when the dispatcher of this generation is here. */
  has(handle: number, generation: number): boolean {
    const page = this.#pages[handle >>> PAGE_SHIFT];
    if (page === undefined) return false;
    const row = handle & PAGE_MASK;
    return page.flags[row] !== 0 && page.generation[row] === (generation | 0);
  }

  /** True when all these dispatchers are here. `stretches`: where neighbours end, if it is known. */
  hasAll(handles: Uint32Array, generations: Uint32Array, stretches?: Uint32Array): boolean {
    return stretches === undefined
      ? this.#hasEach(handles, generations)
      : this.#find(handles, generations, stretches) !== NOT_ALL;
  }

  /** The worker that has all these dispatchers; -1 when there is none. */
  workerOfAll(handles: Uint32Array, generations: Uint32Array, stretches: Uint32Array): number {
    const found = this.#found.get(handles);
    const isKnown = found?.generations === generations && found.removals === this.#removals;
    return Math.max(isKnown ? found.worker : this.#find(handles, generations, stretches), -1);
  }

  /** The worker that has all of them; -1 when several have them, {@link NOT_ALL} when not all are here. */
  #find(handles: Uint32Array, generations: Uint32Array, stretches: Uint32Array): number {
    let worker = handles.length === 0 ? -1 : (this.#pages[handles[0]! >>> PAGE_SHIFT]?.worker[handles[0]! & PAGE_MASK] ?? -1);
    for (let row = 0, end = 0, next = 0; row < handles.length; row = end) {
      end = pieceEnd(handles, row, stretches[next]!, PAGE_ROWS);
      if (end === stretches[next]) next++;
      const page = this.#pages[handles[row]! >>> PAGE_SHIFT];
      const at = handles[row]! & PAGE_MASK;
      if (page === undefined || !areHere(page.flags, page.generation, at, generations, row, end)) return NOT_ALL;
      if (worker >= 0 && !areOn(page.worker, at, end - row, worker)) worker = -1;
    }
    this.#found.set(handles, { generations, worker, removals: this.#removals });
    return worker;
  }

  #hasEach(handles: Uint32Array, generations: Uint32Array): boolean {
    let index = -1;
    let page: Page | undefined;
    for (let at = 0; at < handles.length; at++) {
      const handle = handles[at]!;
      if (handle >>> PAGE_SHIFT !== index) {
        index = handle >>> PAGE_SHIFT;
        page = this.#pages[index];
        if (page === undefined) return false;
      }
      const row = handle & PAGE_MASK;
      if (page?.flags[row] === 0 || page?.generation[row] !== (generations[at]! | 0)) return false;
    }
    return true;
  }

  /**
   * The workers of dispatchers, -1 for each that is not here, and in `share` how many each worker has. Returns how many are
   * not here.
   */
  workersOf(handles: Uint32Array, generations: Uint32Array, workers: Int16Array, share: Uint32Array): number {
    let lost = 0;
    let index = -1;
    let page: Page | undefined;
    for (let at = 0; at < handles.length; at++) {
      const handle = handles[at]!;
      if (handle >>> PAGE_SHIFT !== index) {
        index = handle >>> PAGE_SHIFT;
        page = this.#pages[index];
      }
      const row = handle & PAGE_MASK;
      if (page === undefined || page.flags[row] === 0 || page.generation[row] !== (generations[at]! | 0)) {
        workers[at] = -1;
        lost++;
      } else {
        const worker = page.worker[row]!;
        workers[at] = worker;
        share[worker]!++;
      }
    }
    return lost;
  }

  /** The worker of a dispatcher, -1 when it is not here. */
  workerOf(handle: number, generation: number): number {
    const page = this.#pages[handle >>> PAGE_SHIFT];
    if (page === undefined) return -1;
    const row = handle & PAGE_MASK;
    return page.flags[row] !== 0 && page.generation[row] === (generation | 0) ? page.worker[row]! : -1;
  }

  /** Of a placed handle. */
  worker(handle: number): number {
    return this.#page(handle).worker[handle & PAGE_MASK]!;
  }

  generation(handle: number): number {
    return this.#page(handle).generation[handle & PAGE_MASK]! >>> 0;
  }

  seq(handle: number): number {
    return this.#page(handle).seq[handle & PAGE_MASK]!;
  }

  mode(handle: number): Mode {
    return (this.#flags(handle) & REDO) === 0 ? 0 : 1;
  }

  tableId(handle: number): number {
    return this.#largeIds.get(handle) ?? this.#page(handle).tableId[handle & PAGE_MASK]!;
  }

  startTs(handle: number): bigint {
    return this.#start.get(handle);
  }

  /** Absent: it serves the complete table. */
  range(handle: number): KeyRange | undefined {
    return this.#ranges.size === 0 ? undefined : this.#ranges.get(handle);
  }

  /** {@link CREATED} or a {@link ComponentState}. */
  state(handle: number): number {
    return this.#flags(handle) & STATE_MASK;
  }

  setState(handle: number, state: ComponentState): void {
    const page = this.#page(handle);
    const row = handle & PAGE_MASK;
    const worker = page.worker[row]!;
    this.#countState(worker, page.flags[row]! & STATE_MASK, -1);
    this.#countState(worker, state, 1);
    page.flags[row] = (page.flags[row]! & ~STATE_MASK) | state;
  }

  isSubscribed(handle: number): boolean {
    return (this.#flags(handle) & SUBSCRIBED) !== 0;
  }

  markSubscribed(handle: number): void {
    this.#page(handle).flags[handle & PAGE_MASK]! |= SUBSCRIBED;
  }

  clearSubscribed(handle: number): void {
    this.#page(handle).flags[handle & PAGE_MASK]! &= ~SUBSCRIBED;
  }

  isRemoving(handle: number): boolean {
    return (this.#flags(handle) & REMOVING) !== 0;
  }

  markRemoving(handle: number): void {
    this.#page(handle).flags[handle & PAGE_MASK]! |= REMOVING;
  }

  /** Calls `visit` for every placed handle, in order. */
  forEach(visit: (handle: number) => void): void {
    for (let index = 0; index < this.#pages.length; index++) {
      const page = this.#pages[index];
      if (page === undefined) continue;
      for (let row = 0; row < PAGE_ROWS; row++) if (page.flags[row] !== 0) visit((index << PAGE_SHIFT) | row);
    }
  }

  /** Dispatchers of a worker by the name of their state, without the states that nobody is in. */
  statesOf(worker: number): Record<string, number> {
    const counts: Record<string, number> = {};
    STATE_NAMES.forEach((name, state) => {
      const count = this.#states[worker * STATE_NAMES.length + state]!;
      if (count > 0) counts[name] = count;
    });
    return counts;
  }

  #flags(handle: number): number {
    return this.#pages[handle >>> PAGE_SHIFT]?.flags[handle & PAGE_MASK] ?? 0;
  }

  #page(handle: number): Page {
    return this.#pages[handle >>> PAGE_SHIFT]!;
  }

  #pageFor(handle: number): Page {
    let page = this.#pages[handle >>> PAGE_SHIFT];
    if (page === undefined) {
      page = new Page();
      this.#pages[handle >>> PAGE_SHIFT] = page;
    }
    return page;
  }

  #countState(worker: number, state: number, by: number): void {
    this.#states[worker * STATE_NAMES.length + state]! += by;
  }
}
