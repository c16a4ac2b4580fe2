import type { TopologyReply, TopologyRequest } from '@tidegate/protocol';
import type { Operators } from '../operator/operators.js';
import type { Scheduler } from '../operator/scheduler.js';
import type { SpanTable } from '../span/spanTable.js';
import { TaskState } from '../span/taskState.js';

/** What a topology is made with. */
export interface TopologyParts {
  readonly table: SpanTable;
  readonly operators: Operators;
  readonly scheduler: Scheduler;
}

/**
 * Changes of who serves what, in one mode: what is asked for ({@link request}) and what hosts that come and go make
 * necessary. It gives the orders; operators carry them out.
 */
export class Topology {
  readonly #parts: TopologyParts;

  constructor(parts: TopologyParts) {
    this.#parts = parts;
  }

  /** Begins a change, or refuses it and changes nothing. Its end is told as a `topology` event. */
  request(request: TopologyRequest): TopologyReply {
    return { accepted: false, code: 'TOPOLOGY_UNSUPPORTED', reason: `a ${request.change} cannot be begun yet` };
  }

  /**
   * T-9: the host at this index is gone, and {@link Hosts} and the watermarks know it. Operators are told, and its tasks
   * wait for another host.
   */
  hostLost(host: number): void {
    const { table, operators, scheduler } = this.#parts;
    operators.hostLost(host);
    for (let handle = 0; handle < table.end; handle++) {
      if (table.host[handle] !== host || table.state[handle] !== TaskState.REPLICATING) continue;
      table.markAbsent(handle);
      scheduler.reschedule(handle);
    }
  }

  /** T-10: the host at this index has answered its bootstrap and takes dispatchers, as {@link Hosts} knows. */
  hostJoined(_host: number): void {
    this.advance();
  }

  /** Goes on with what waits: to be called with {@link Scheduler.place}. Cheap when there is nothing to do. */
  advance(): void {}
}
