import type { DispatcherId, SpanSelector, TopologyRequest } from '@tidegate/protocol';
import { WHOLE_TABLE } from '../coverage/keyOrder.js';
import type { OperatorEnd } from '../operator/operatorBoard.js';
import { areNeighbours } from '../span/parts.js';
import { TaskState } from '../span/taskState.js';
import { Balancer } from './balancer.js';
import { type Change, type Refusal, refuse, type TopologyParts } from './contracts.js';
import { MergePlans } from './mergePlans.js';
import { areAscending, busy, cut, keysInside, select, tasksOf } from './selection.js';

/** Merges that may wait for their sources at a time. */
const MAX_PLANS = 1024;

/** Begins a change, and gives the ids of the dispatchers that it concerns; or why nothing can be begun. */
export type TopologyPlan = (() => readonly DispatcherId[]) | Refusal;

/**
 * Changes of who serves what, in one mode: what is asked for ({@link plan}) and what hosts that come and go make
 * necessary (T-9, T-10). It gives the orders; operators carry them out.
 */
export class Topology {
  readonly #parts: TopologyParts;
  readonly #balancer: Balancer;
  readonly #merges: MergePlans;

  constructor(parts: TopologyParts) {
    this.#parts = parts;
    this.#balancer = new Balancer(parts);
    this.#merges = new MergePlans(parts);
  }

  /** Nothing waits to go on. */
  get atRest(): boolean {
    return this.#merges.size === 0 && !this.#balancer.active;
  }

  /** What begins a change, or why it is refused. Nothing has changed then. The end of each move, split and merge is told as an event. */
  plan(request: TopologyRequest): TopologyPlan {
    switch (request.change) {
      case 'move':
        return this.#move(request, request.to);
      case 'split':
        return this.#split(request, request.keys);
      case 'merge':
        return this.#merge(request);
      case 'balance':
        return () => this.#balancer.begin((tableId) => this.#teller('move', tableId));
    }
  }

  /**
   * T-9: the host at this index is gone, and `Hosts` and the watermarks know it. Operators are told, and the tasks that it
   * had wait for another host.
   */
  hostLost(host: number): void {
    const { table, operators, scheduler } = this.#parts;
    operators.hostLost(host);
    for (let handle = 0; handle < table.end; handle++) {
      if (table.host[handle] !== host || table.state[handle] !== TaskState.REPLICATING) continue;
      table.markAbsent(handle);
      scheduler.reschedule(handle);
    }
    this.advance();
  }

  /** T-10: the host at this index has answered its bootstrap and takes dispatchers, as `Hosts` knows. */
  hostJoined(_host: number): void {
    if (this.#parts.options.balance === 'on-join') this.#balancer.begin();
  }

  /** Goes on with what waits, with each turn. Cheap when nothing does. */
  advance(): void {
    if (this.#merges.size > 0) this.#merges.advance();
    if (this.#balancer.active) this.#balancer.advance();
  }

  inspect(): { readonly balancing: boolean; readonly mergesWaiting: number } {
    return { balancing: this.#balancer.active, mergesWaiting: this.#merges.size };
  }

  #move(selector: SpanSelector, name: string): TopologyPlan {
    const { table, hosts, operators } = this.#parts;
    const selected = select(table, selector);
    if (!Array.isArray(selected)) return selected;
    const to = hosts.indexOf(name);
    if (!hosts.isReady(to)) return refuse('NO_SUCH_HOST', `host "${name}" is not one that takes dispatchers now`);
    const moving = selected.filter((handle) => table.host[handle] !== to);
    if (moving.length === 0) return refuse('NOTHING_TO_DO', `what is selected of table ${selector.tableId} is on host "${name}"`);
    const refusal = busy(table, operators, moving);
    if (refusal !== undefined) return refusal;
    const spans = this.#idsOf(moving);
    return () => {
      for (const handle of moving) operators.move(handle, to, this.#teller('move', selector.tableId));
      return spans;
    };
  }

  #split(selector: SpanSelector, keys: readonly Uint8Array[]): TopologyPlan {
    const { table, operators, options } = this.#parts;
    const { tableId } = selector;
    if (!options.splitTables) return refuse('SPLIT_OFF', 'tables are not split; set the maintainer option splitTables (V-5)');
    const selected = select(table, selector);
    if (!Array.isArray(selected)) return selected;
    if (table.tables.splittable[table.tables.slotOf(tableId)] !== 1) {
      return refuse(
        'NOT_SPLITTABLE',
        `table ${tableId} must be served by one dispatcher: its source says that it cannot be split`,
      );
    }
    if (keys.length === 0 || !areAscending(keys)) return refuse('BAD_KEYS', 'give at least one key, and keys in ascending order');
    const cuts = selected.flatMap((handle) => {
      const range = table.rangeOf(handle) ?? WHOLE_TABLE;
      const inside = keysInside(range, keys);
      return inside.length === 0 ? [] : [{ handle, keys: inside.length, ranges: cut(range, inside) }];
    });
    if (cuts.reduce((sum, one) => sum + one.keys, 0) !== keys.length) {
      return refuse('BAD_KEYS', `a key does not lie strictly inside of a selected span of table ${tableId}`);
    }
    const handles = cuts.map(({ handle }) => handle);
    const refusal = busy(table, operators, handles);
    if (refusal !== undefined) return refusal;
    const spans = this.#idsOf(handles);
    return () => {
      for (const { handle, ranges } of cuts) operators.split(handle, { ranges }, this.#teller('split', tableId));
      return spans;
    };
  }

  #merge(selector: SpanSelector): TopologyPlan {
    const { table, operators } = this.#parts;
    const selected = select(table, selector);
    if (!Array.isArray(selected)) return selected;
    let sources = selected;
    if (selector.start !== undefined) {
      const all = tasksOf(table, selector.tableId);
      const at = all.indexOf(selected[0] as number);
      sources = all.slice(at, at + 2);
    }
    if (sources.length < 2) return refuse('NOTHING_TO_DO', `nothing lies behind it to merge with in table ${selector.tableId}`);
    if (this.#merges.size >= MAX_PLANS) return refuse('TOO_MANY', `${MAX_PLANS} merges wait already; ask again later`);
    const refusal = busy(table, operators, sources);
    if (refusal !== undefined) return refusal;
    if (!areNeighbours(table, sources)) {
      return refuse('NOT_NEIGHBOURS', `the spans of table ${selector.tableId} do not lie next to each other now; ask again`);
    }
    const spans = this.#idsOf(sources);
    return () => {
      this.#merges.begin(sources);
      return spans;
    };
  }

  #idsOf(handles: readonly number[]): string[] {
    return handles.map((handle) => this.#parts.table.idOf(handle));
  }

  #teller(change: Change, tableId: number): (end: OperatorEnd) => void {
    const { tell, table } = this.#parts;
    return ({ finished, text }) => {
      tell({ type: 'topology', change, phase: finished ? 'finished' : 'aborted', tableId, mode: table.mode, text });
    };
  }
}
