import {
  type BlockStatusRequest,
  type HeartbeatRequest,
  type HostId,
  type Mode,
  maxTs,
  type RedoProgress,
} from '@tidegate/protocol';
import { Gate, type GatedRequest } from './gate.js';
import { HeartbeatMerge } from './heartbeatMerge.js';

/** Takes what the buffer held. */
export interface BufferHandler {
  heartbeat(heartbeat: HeartbeatRequest): void;
  /** A heartbeat that asked for it was handed out, with every component status that it had. */
  confirmed(from: HostId, confirm: number): void;
  statuses(request: BlockStatusRequest): void;
  /** Every status of this request was handled as part of earlier ones: it is owed an empty reply (B-10, T-I). */
  settled(from: HostId, mode: Mode, seq: number): void;
  /** K-11: how far the redo log is durable, as this host says. */
  redo(from: HostId, resolvedTs: bigint): void;
}

interface Sender {
  heartbeat: HeartbeatMerge | undefined;
  /** Numbers under which heartbeats asked to be confirmed. */
  readonly confirms: Set<number>;
  readonly requests: GatedRequest[];
  /** Requests that the gate suppressed whole. */
  readonly settled: { mode: Mode; seq: number }[];
  /** The largest redo ts that it told. */
  redo: bigint | undefined;
}

/** Suppressed requests of one host to which a reply is kept in mind. */
const SETTLED_KEPT = 1024;

/**
 * T-H: what hosts report, held until the maintainer is ready for it. Statuses pass the gate on their way in, so what is
 * held is bounded by the distinct keys, and by `capacity` less one and the rows of one request; beyond that they are refused,
 * and come again because they were not answered. Heartbeats merge by host. What is drained of one host is its heartbeat first and then its statuses, so a
 * status never overtakes a heartbeat, and "Working" is known before the first WAITING.
 */
export class StatusBuffer {
  readonly #gate = new Gate();
  readonly #capacity: number;
  readonly #senders = new Map<HostId, Sender>();
  #most = 0;
  /** Requests held: those without a key are bounded by their number. */
  #requests = 0;
  #refused = 0;
  #dropped = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Statuses held. */
  get size(): number {
    return this.#gate.reserved;
  }

  /** The most that were held at a time. */
  get most(): number {
    return this.#most;
  }

  get suppressed(): number {
    return this.#gate.suppressed;
  }

  /** Statuses refused, and component statuses dropped, at the bound. */
  get refused(): number {
    return this.#refused + this.#dropped;
  }

  /**
   * Takes a request whole, or at the bound not at all, and then it is not replied to either. A part would not do: the reply
   * would settle the DONE that were left out (T-I), and a repeat would be cut at the same place for ever.
   */
  offerStatuses(request: BlockStatusRequest): void {
    const isFull = this.#gate.reserved >= this.#capacity && request.handle.length > 0;
    if (isFull || this.#requests >= this.#capacity || this.#gate.exhausted) {
      this.#refused += request.handle.length;
      return;
    }
    const sender = this.#senderOf(request.from);
    const gated = this.#gate.admit(request);
    this.#most = Math.max(this.#most, this.#gate.reserved);
    if (gated !== undefined) {
      sender.requests.push(gated);
      this.#requests++;
    } else if (sender.settled.length < SETTLED_KEPT) sender.settled.push({ mode: request.mode, seq: request.seq });
  }

  offerHeartbeat(heartbeat: HeartbeatRequest): void {
    const sender = this.#senderOf(heartbeat.from);
    if (sender.heartbeat === undefined) sender.heartbeat = new HeartbeatMerge(heartbeat, this.#capacity);
    else sender.heartbeat.add(heartbeat);
    if (heartbeat.confirm !== undefined) sender.confirms.add(heartbeat.confirm);
  }

  /** Of several, the largest counts. */
  offerRedoProgress({ from, resolvedTs }: RedoProgress): void {
    const sender = this.#senderOf(from);
    sender.redo = sender.redo === undefined ? resolvedTs : maxTs(sender.redo, resolvedTs);
  }

  /** Hands out everything. A handler that throws ends it; what was left is forgotten, and the keys of all are free again (G-6). */
  drain(handler: BufferHandler): void {
    try {
      this.#drain(handler);
    } finally {
      for (const { requests } of this.#senders.values()) requests.length = 0;
      this.#requests = 0;
      this.#gate.releaseAll();
    }
  }

  #drain(handler: BufferHandler): void {
    for (const [from, sender] of this.#senders) {
      const { heartbeat } = sender;
      sender.heartbeat = undefined;
      if (heartbeat !== undefined) {
        this.#dropped += heartbeat.dropped;
        handler.heartbeat(heartbeat.result());
        // What was dropped was not taken: it comes again.
        if (heartbeat.dropped === 0) for (const confirm of sender.confirms) handler.confirmed(from, confirm);
        sender.confirms.clear();
      }
      for (const { request } of sender.requests) handler.statuses(request);
      sender.requests.length = 0;
      for (const { mode, seq } of sender.settled.splice(0)) handler.settled(from, mode, seq);
      const { redo } = sender;
      sender.redo = undefined;
      if (redo !== undefined) handler.redo(from, redo);
    }
  }

  /** T-9: what a lost host has said counts no more. */
  forget(host: HostId): void {
    for (const gated of this.#senders.get(host)?.requests.splice(0) ?? []) {
      this.#gate.release(gated);
      this.#requests--;
    }
    this.#senders.delete(host);
  }

  /** Forgets everything: the maintainer is going (T-H). */
  discard(): void {
    for (const host of [...this.#senders.keys()]) this.forget(host);
  }

  #senderOf(from: HostId): Sender {
    let sender = this.#senders.get(from);
    if (sender === undefined) {
      sender = { heartbeat: undefined, confirms: new Set(), requests: [], settled: [], redo: undefined };
      this.#senders.set(from, sender);
    }
    return sender;
  }
}
