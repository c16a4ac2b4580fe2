import type { CoordinatorOptions } from '@tidegate/coordinator';
import type { MaintainerOptions } from '@tidegate/maintainer';
import { MESSAGE_STRUCTURES } from '@tidegate/protocol';
import type { ActorPlacement, LinkDeclaration, ThreadPlacement, Topology } from '@tidegate/runtime';
import { COORDINATOR, MAINTAINER, workerAddress } from './messages.js';

/** Where the actors of a status path live. */
export interface PathShape {
  readonly workers: number;
  /** Coordinator and maintainer on one thread, as a host has them unless told otherwise, or on one each. */
  readonly control: 'shared' | 'separate';
  /** What becomes of a status: a barrier handles it (default), or the maintainer's buffer and gate accept it and that is all. */
  readonly maintainer?: 'whole' | 'accepting';
}

const STATUS_LANE = 1 << 20;
/** Creates of 4 096 dispatchers travel in one message. */
const ORDER_LANE = 1 << 22;
/** Barriers stay open here (no table trigger reports), so there is nothing to resend. */
const NEVER = 600_000;

/** A host's control side and its workers, their dispatchers played by posting actors; no source and no sink. */
export function pathTopology({ workers, control, maintainer: kind = 'whole' }: PathShape): Topology {
  const addresses = Array.from({ length: workers }, (_, index) => workerAddress(index));
  // As in a host.
  const parking: ThreadPlacement['parking'] = 'blocking';
  const controlThreads: ThreadPlacement[] =
    control === 'shared'
      ? [{ name: 'control', actors: [coordinator(addresses), maintainer(kind)], parking }]
      : [
          { name: COORDINATOR, actors: [coordinator(addresses)], parking },
          { name: MAINTAINER, actors: [maintainer(kind)], parking },
        ];
  return {
    threads: [...addresses.map((address) => ({ name: address, actors: [posting(address)] })), ...controlThreads],
    links: [
      { from: COORDINATOR, to: MAINTAINER, capacityBytes: ORDER_LANE },
      { from: MAINTAINER, to: COORDINATOR, capacityBytes: ORDER_LANE },
      ...addresses.flatMap((address): LinkDeclaration[] => [
        { from: address, to: COORDINATOR, capacityBytes: STATUS_LANE },
        { from: COORDINATOR, to: address, capacityBytes: ORDER_LANE },
      ]),
    ],
    structures: MESSAGE_STRUCTURES,
    seed: 1,
  };
}

function coordinator(workers: readonly string[]): ActorPlacement {
  const options: CoordinatorOptions = { host: 'host-0', workers };
  const module = import.meta.resolve('@tidegate/coordinator/actor');
  return { address: COORDINATOR, module, factory: 'createCoordinator', options };
}

function maintainer(kind: 'whole' | 'accepting'): ActorPlacement {
  const options: MaintainerOptions = { barrierResend: NEVER, barrierResendMax: NEVER, unresolvedWarning: NEVER };
  const module = new URL('./countingMaintainer.js', import.meta.url);
  const factory = kind === 'whole' ? 'createCountingMaintainer' : 'createAcceptingMaintainer';
  return { address: MAINTAINER, module, factory, options };
}

function posting(address: string): ActorPlacement {
  return { address, module: new URL('./postingActor.js', import.meta.url), factory: 'createPostingActor' };
}
