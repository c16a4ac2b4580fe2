import {
  type AddedTable,
  type BootstrapResponse,
  type BootstrapSpan,
  ComponentState,
  countTables,
  forEachTable,
  type KeyRange,
  MAX_TS,
  type SchemaId,
  Stage,
  type TableId,
  type Tables,
} from '@tidegate/protocol';
import { compareKeys, isWhole, WHOLE_TABLE } from '../coverage/keyOrder.js';
import { BootstrapError } from '../errors.js';
import type { Hosts } from '../hosts.js';
import type { ResolvedOptions } from '../options.js';
import type { Pipeline } from '../pipeline.js';
import { eventWords } from '../span/eventSlots.js';
import type { Handles } from '../span/handles.js';
import { findHoles, overlaps } from './holes.js';
import { initialRanges } from './initialSplit.js';
import { type MergePlan, planMerges } from './merges.js';
import { type Reported, type ReportedWorld, readResponses } from './reported.js';

/** What a bootstrap is built into. */
export interface RebuildTarget {
  readonly pipelines: readonly Pipeline[];
  readonly hosts: Hosts;
  readonly handles: Handles;
  readonly options: ResolvedOptions;
}

/** Why a dispatcher of a known table is not simply kept. */
type Fate = 'kept' | 'target' | 'source' | 'removed';

interface Piece extends Reported {
  readonly handle: number;
  readonly range: KeyRange;
  fate: Fate;
}

/**
 * S-6: dispatchers of known tables are kept under their handles; what nobody serves becomes absent spans at `startTs`. Of
 * two that overlap the first by key stays, the other is removed, and what was its alone is made anew once it has
 * stopped; so is what was being removed. Unfinished merges go on. Dispatchers of unknown tables are left alone: their
 * heartbeats bring them up (E-8), or their table does ({@link Strays}). Then the barriers (S-7). Throws {@link BootstrapError}.
 */
export function rebuildTasks(
  target: RebuildTarget,
  responses: readonly BootstrapResponse[],
  tables: Tables,
  startTs: bigint,
): void {
  const world = readResponses(responses, (host) => target.hosts.indexOf(host));
  const known = knownTables(tables, world);
  const worlds = target.pipelines.map((pipeline) => {
    const plans = planMerges(world, pipeline.mode);
    pipeline.table.reserve(Math.max(countTables(tables), world.spans.length));
    return { pipeline, plans, pieces: adopt(pipeline, world, plans, known, startTs) };
  });
  hold(target.handles, world);
  for (const { pipeline, plans, pieces } of worlds) {
    const byTable = new Map<TableId, Piece[]>();
    for (const piece of pieces) {
      const { tableId } = piece.span.config;
      const others = byTable.get(tableId);
      if (others === undefined) byTable.set(tableId, [piece]);
      else others.push(piece);
    }
    forEachTable(tables, (tableId, schemaId, splittable) => {
      cover(target.options, pipeline, { tableId, schemaId, splittable }, byTable.get(tableId) ?? [], startTs);
    });
    restoreMerges(pipeline, plans);
    for (const { span, host } of world.outdated) {
      const { mode, handle, generation } = span.config;
      if (mode === pipeline.mode) pipeline.operators.removeOrphan(host, handle, generation);
    }
    for (const { handle, span } of pieces) {
      if (span.passed !== undefined) pipeline.table.positions.passed(handle, eventWords(span.passed));
    }
    pipeline.barrier.rebuild(
      pieces.flatMap(({ handle, span: { blockState } }) => (blockState === undefined ? [] : [{ handle, blockState }])),
    );
  }
}

/** Those tables of the start that some dispatcher serves. */
function knownTables(tables: Tables, { spans }: ReportedWorld): ReadonlyMap<TableId, AddedTable> {
  const served = new Set(spans.map(({ span }) => span.config.tableId));
  const known = new Map<TableId, AddedTable>();
  if (served.size === 0) return known;
  forEachTable(tables, (tableId, schemaId, splittable) => {
    if (served.has(tableId)) known.set(tableId, { tableId, schemaId, splittable });
  });
  return known;
}

/** Takes over the dispatchers of known tables of one mode. */
function adopt(
  { table, mode, operators }: Pipeline,
  world: ReportedWorld,
  plans: readonly MergePlan[],
  known: ReadonlyMap<TableId, AddedTable>,
  startTs: bigint,
): Piece[] {
  const ignored = new Set(plans.flatMap((plan) => plan.ignored));
  const removed = new Set(plans.flatMap((plan) => plan.removed));
  const merging = new Map<number, Fate>();
  for (const { restore } of plans) {
    if (restore === undefined) continue;
    merging.set(restore.target, 'target');
    for (const source of restore.sources) merging.set(source, 'source');
  }
  const ours = world.spans.filter(({ span }) => span.config.mode === mode);
  for (const { span, host } of ours) if (!known.has(span.config.tableId)) operators.strays.add({ ...span.config, host });
  const mine = ours.filter(({ span: { config, removing } }) => {
    return !ignored.has(config.handle) && (known.has(config.tableId) || removing === true);
  });
  table.adopt(
    mine.map(({ span, host }) => ({
      ...span.config,
      host,
      ...(span.worker !== undefined && { worker: span.worker }),
      schemaId: schemaOf(span),
      startTs: positionOf(span, startTs),
      splittable: known.get(span.config.tableId)?.splittable ?? false,
    })),
  );
  return mine.flatMap((reported) => {
    const { handle, tableId, range = WHOLE_TABLE } = reported.span.config;
    if (known.has(tableId)) {
      const isLeaving = reported.span.removing === true || removed.has(handle);
      return [{ ...reported, handle, range, fate: isLeaving ? 'removed' : (merging.get(handle) ?? 'kept') }];
    }
    // Its removal goes on, and nothing takes its place.
    operators.remove(handle);
    return [];
  });
}

/** Where a dispatcher stands for certain. That of an unfinished merge stands nowhere yet. */
function positionOf({ state, checkpointTs }: BootstrapSpan, startTs: bigint): bigint {
  const isNowhere = state === ComponentState.PREPARING || state === ComponentState.MERGE_READY || checkpointTs === MAX_TS;
  return isNowhere ? startTs : checkpointTs;
}

/**
 * D-29: a dispatcher takes the schema that an event moves it to when the event reaches it. Until the event is over it is a
 * member of the old one: as one of the new schema it would seem to be beyond events of that schema which it never met.
 */
function schemaOf({ config: { tableId, schemaId }, blockState }: BootstrapSpan): SchemaId {
  if (blockState === undefined || blockState.stage === Stage.DONE) return schemaId;
  return blockState.facts.schemaChanges.find((change) => change.tableId === tableId)?.oldSchemaId ?? schemaId;
}

/** Handles that somebody still has are given to nobody else: a worker has one dispatcher under each. */
function hold(handles: Handles, { spans }: ReportedWorld): void {
  for (const { span } of spans) {
    handles.claimUpTo(span.config.handle);
    handles.raiseGeneration(span.config.generation);
  }
  handles.withdraw(new Set(spans.map(({ span }) => span.config.handle)));
}

/** Makes one table whole. */
function cover(
  { splitTables, initialSplit }: ResolvedOptions,
  pipeline: Pipeline,
  added: AddedTable,
  pieces: Piece[],
  startTs: bigint,
): void {
  const { table, scheduler, operators, random } = pipeline;
  if (pieces.length === 0 && (initialSplit.length === 0 || !added.splittable)) {
    // The way of nearly every table at a start; there may be a million.
    scheduler.reschedule(table.add({ ...added, id: random, startTs }));
    return;
  }
  if (!splitTables && pieces.some(({ span }) => span.config.range !== undefined)) {
    throw new BootstrapError(`table ${added.tableId} is served in parts, and the option "splitTables" is off; turn it on`);
  }
  pieces.sort((a, b) => compareKeys(a.range.start, b.range.start));
  const served: KeyRange[] = [];
  for (const piece of pieces) {
    if (piece.fate === 'target' || piece.fate === 'removed') continue;
    if (piece.fate === 'kept' && served.some((range) => overlaps(range, piece.range))) piece.fate = 'removed';
    else served.push(piece.range);
  }
  for (const { fate, handle, range, span } of pieces) {
    // T-1: where it stood at an event, what takes its place stands as well.
    if (fate !== 'kept' && span.blockState !== undefined) {
      table.positions.report(handle, eventWords(span.blockState.facts.key), span.blockState.stage);
    }
    if (fate !== 'removed') continue;
    // What is its alone is served again once it has stopped, and not before.
    const ranges = findHoles(served, range);
    served.push(...ranges);
    operators.split(handle, { ranges });
  }
  const isNew = pieces.length === 0;
  for (const range of isNew ? initialRanges(initialSplit, added) : findHoles(served)) {
    const { tableId, schemaId, splittable } = added;
    const task = { id: random, tableId, schemaId, splittable, startTs, ...(!isWhole(range) && { range }) };
    scheduler.reschedule(table.add(task));
  }
}

/** F-10: merges that go on. One that cannot be taken up any more loses its target; the sources go on. */
function restoreMerges({ operators, table }: Pipeline, plans: readonly MergePlan[]): void {
  for (const { restore } of plans) {
    if (restore === undefined || !table.hasTask(restore.target)) continue;
    if (!operators.merge(restore.target, restore.sources)) operators.split(restore.target, { ranges: [] });
  }
}
