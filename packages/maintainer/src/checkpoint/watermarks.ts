import { type HostId, minTs, type Watermark } from '@tidegate/protocol';

/** The latest accepted watermark of each host, of one mode. */
export class Watermarks {
  readonly #byHost: (Watermark | undefined)[] = [];

  /** E-5: the first; or a greater seq, even with a lower checkpoint; or the same seq with a strictly greater checkpoint. */
  offer(host: number, watermark: Watermark): boolean {
    if (!supersedes(watermark, this.#byHost[host])) return false;
    this.#byHost[host] = watermark;
    return true;
  }

  of(host: number): Watermark | undefined {
    return this.#byHost[host];
  }

  /**
   * K-9: a dispatcher at `checkpointTs` counts from now on. The watermark that told of it may have been refused (same seq,
   * lower checkpoint: E-5), and the one that stands may not account for it: it is lowered, until the next one comes.
   */
  include(host: number, checkpointTs: bigint): void {
    const current = this.#byHost[host];
    if (current === undefined || current.checkpointTs <= checkpointTs) return;
    this.#byHost[host] = { ...current, checkpointTs, resolvedTs: minTs(current.resolvedTs, checkpointTs) };
  }

  /** T-9 */
  forget(host: number): void {
    this.#byHost[host] = undefined;
  }

  inspect(hostName: (index: number) => HostId): Record<HostId, Watermark> {
    const shown: Record<HostId, Watermark> = {};
    this.#byHost.forEach((watermark, host) => {
      if (watermark !== undefined) shown[hostName(host)] = watermark;
    });
    return shown;
  }
}

/** E-5: whether `next` takes the place of `current`. */
export function supersedes(next: Watermark, current: Watermark | undefined): boolean {
  if (current === undefined || next.seq > current.seq) return true;
  return next.seq === current.seq && next.checkpointTs > current.checkpointTs;
}
