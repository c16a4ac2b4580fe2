import { type HostId, type MaintainerEvent, Mode } from '@tidegate/protocol';
import type { ActorContext } from '@tidegate/runtime';
import type { Changefeed } from './changefeed.js';

/* What a running maintainer does of its own accord, at the end of a turn and at every tick. */

/** Resend rounds in one turn at most: each settles what the one before moved on. */
const ROUNDS = 8;

/** T-E: resends that something has just made due, operators that are to be sent, and the redo log's own file. */
export function advance(changefeed: Changefeed, now: number): void {
  const { pipelines, outlet, epoch } = changefeed;
  for (const pipeline of pipelines) {
    for (let round = 0; round < ROUNDS && pipeline.barrier.takeProgress(); round++) {
      for (const message of pipeline.barrier.resend(now)) outlet.answer(message, pipeline.mode);
    }
    pipeline.topology.advance();
    pipeline.scheduler.place();
    for (const { host, create, remove, merge = [] } of pipeline.operators.take(now, pipeline.committed.committedTs)) {
      if (create.length + remove.length > 0) outlet.send(host, { type: 'schedule', epoch, create, remove }, 'lossless');
      for (const request of merge) outlet.send(host, { type: 'merge', epoch, ...request }, 'lossless');
    }
  }
  advanceRedo(changefeed, now);
}

/**
 * Milliseconds until the next tick (E-1). While nothing is under way time alone changes nothing, and no tick is needed until a
 * message comes: infinite. With redo on hosts are told again how far the log is.
 */
export function restOf({ pipelines, bootstrapper, redo, pipeline }: Changefeed, tick: number, now: number): number {
  if (!bootstrapper.complete) return tick;
  for (const { barrier, operators, scheduler, topology } of pipelines) {
    if (!barrier.atRest || !operators.atRest || !scheduler.atRest || !topology.atRest) return tick;
  }
  if (redo === undefined) return Number.POSITIVE_INFINITY;
  const log = pipelines.find(({ mode }) => mode === Mode.REDO)?.committed.committedTs ?? redo.ts;
  return redo.isSettled(log, pipeline.committed.committedTs) ? Math.max(tick, redo.forwardAt - now) : tick;
}

/** S-12: the tasks are built; the triggers may consume. */
export function sendPostBootstrap({ outlet, epoch }: Changefeed): void {
  outlet.send(0, { type: 'post-bootstrap', epoch }, 'control');
}

/** K-9: the host may let go of what stopped there by itself. Not while nothing is healed: then it still bounds the checkpoint. */
export function confirmHeartbeat({ hosts, outlet, epoch }: Changefeed, from: HostId, confirm: number): void {
  const host = hosts.indexOf(from);
  if (host >= 0) outlet.send(host, { type: 'heartbeat-taken', epoch, confirm }, 'control');
}

/** E-7: redo before default. And what hosts leave unanswered for too long is told (section 28). */
export function resend(changefeed: Changefeed, context: ActorContext): void {
  const { pipelines, outlet, epoch, redo } = changefeed;
  const now = context.now();
  for (const { barrier, mode } of pipelines) for (const message of barrier.resend(now)) outlet.answer(message, mode);
  if (redo?.forwardDue(now) === true) {
    outlet.sendAll({ type: 'redo-forward', epoch, resolvedTs: redo.ts }, { coalesce: 'redo-forward' });
  }
  warnOfOperators(changefeed, context);
}

function warnOfOperators({ pipelines, hosts }: Changefeed, context: ActorContext): void {
  for (const { operators } of pipelines) {
    const stuck = operators.late.due(context.now(), (index) => hosts.name(index));
    if (stuck === undefined) continue;
    context.count('maintainer.late-operators', stuck.count);
    context.emit(stuck satisfies MaintainerEvent);
  }
}

/** K-1, K-7, K-12: the checkpoint, told to the own host's sink and to the outside. */
export function calculate(changefeed: Changefeed, context: ActorContext): void {
  const { outlet, epoch, pipeline } = changefeed;
  const before = pipeline.committed.committedTs;
  const progress = changefeed.calculate();
  if (progress === undefined) return;
  const checkpointTs = pipeline.committed.committedTs;
  const { resolvedTs } = progress;
  if (checkpointTs > before) outlet.send(0, { type: 'checkpoint', epoch, checkpointTs }, { coalesce: 'checkpoint' });
  context.emit({ type: 'checkpoint', checkpointTs, resolvedTs } satisfies MaintainerEvent, 'checkpoint');
}

/** K-11: as soon as something has grown, and not more often than the option says, for default dispatchers wait for it. */
function advanceRedo({ redo, pipelines, pipeline, outlet, epoch }: Changefeed, now: number): void {
  const log = pipelines.find(({ mode }) => mode === Mode.REDO);
  if (redo === undefined || log === undefined) return;
  const progress = log.progress();
  if (progress !== undefined) log.committed.set(progress);
  log.barrier.committed(log.committed.committedTs);
  const meta = redo.metaDue(now, log.committed.committedTs, pipeline.committed.committedTs);
  if (meta !== undefined) outlet.send(0, { type: 'redo-meta', epoch, ...meta }, { coalesce: 'redo-meta' });
}
