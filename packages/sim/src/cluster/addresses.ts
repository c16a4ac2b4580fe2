import type { Address, LinkDeclaration } from '@tidegate/runtime';

/** Addresses of one host's actors. Hosts count from 1. */
export interface HostAddresses {
  readonly name: string;
  readonly source: Address;
  readonly workers: readonly Address[];
  readonly coordinator: Address;
  /** Stands between coordinator and maintainer; each takes it for the other. */
  readonly way: Address;
}

export const MAINTAINER: Address = 'maintainer';

export function hostAddresses(host: number, workers: number): HostAddresses {
  const name = `h${host}`;
  return {
    name,
    source: `${name}/source`,
    workers: Array.from({ length: workers }, (_, i) => `${name}/worker-${i}`),
    coordinator: `${name}/coordinator`,
    way: `${name}/way`,
  };
}

/** Messages that may wait in an outbox. */
const OUTBOX = 16;

/** Every link of a cluster. */
export function linksOf(hosts: readonly HostAddresses[], capacityBytes: number): LinkDeclaration[] {
  const pairs = hosts.flatMap(({ source, workers, coordinator, way }): [Address, Address][] => [
    [coordinator, source],
    [coordinator, way],
    [way, coordinator],
    [way, MAINTAINER],
    [MAINTAINER, way],
    ...workers.flatMap((worker): [Address, Address][] => [
      [source, worker],
      [worker, coordinator],
      [coordinator, worker],
    ]),
  ]);
  return pairs.map(([from, to]) => ({ from, to, capacityBytes, outbox: OUTBOX }));
}
