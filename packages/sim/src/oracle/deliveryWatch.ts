import {
  type AnswerRequest,
  type BlockStatusRequest,
  type BootstrapResponse,
  type CreateDispatchers,
  type CreateMany,
  configsOf,
  type HostToCoordinator,
  type MaintainerEvent,
  type RemoveDispatchers,
  type WorkerAnswer,
} from '@tidegate/protocol';
import type { Delivered } from '@tidegate/runtime';
import type { Workload } from '../workload/workload.js';
import { CoverageWatch } from './coverageWatch.js';
import type { Oracle } from './oracle.js';
import { StatusWatch } from './statusWatch.js';
import type { Violations } from './violation.js';

type Watched =
  | Extract<HostToCoordinator, { type: 'worker-lost' }>
  | AnswerRequest
  | BlockStatusRequest
  | BootstrapResponse
  | CreateDispatchers
  | CreateMany
  | RemoveDispatchers
  | WorkerAnswer;

/** Sees every delivery of one life and checks what only deliveries show: I-6, I-8 and I-9. */
export class DeliveryWatch {
  readonly #statuses: StatusWatch;
  readonly #coverage: CoverageWatch;

  constructor(workload: Workload, violations: Violations, oracles: readonly Oracle[]) {
    this.#statuses = new StatusWatch(violations);
    this.#coverage = new CoverageWatch(workload, violations, oracles);
  }

  delivered({ kind, from, to, content }: Delivered): void {
    if (kind === 'record') this.#statuses.offered(content as Uint32Array, from, to);
    if (kind !== 'message') return;
    const message = content as Watched;
    switch (message.type) {
      case 'block-statuses':
        if (from.endsWith('/coordinator')) this.#statuses.sent(message, from);
        else this.#coverage.statuses(message);
        break;
      case 'bootstrap-response':
        if (!from.endsWith('/coordinator')) this.#coverage.bootstrap(message);
        break;
      case 'create':
      case 'create-many':
        for (const config of configsOf(message)) this.#coverage.created(config);
        break;
      case 'answer':
        this.#statuses.answered(message, to, from);
        break;
      case 'answers':
        if (to.endsWith('/coordinator')) this.#statuses.replied(message, to);
        break;
      case 'worker-lost':
        // What it had committed arrived after its death.
        this.#statuses.died(message.worker);
        break;
      case 'remove':
        this.#statuses.removed(message);
        break;
    }
  }

  event(event: MaintainerEvent): void {
    if (event.type === 'barrier' && event.phase === 'selected' && event.influence !== 'normal')
      this.#coverage.selected(event.mode, event.key);
  }

  /** An actor has died. */
  died(address: string): void {
    this.#statuses.died(address);
  }

  /** All is quiet at the end of the run. */
  finish(): void {
    this.#statuses.finish();
  }
}
