import {
  Action,
  type Answer,
  type BlockEvent,
  type BlockFacts,
  type BlockStatusRequest,
  type ComponentStatuses,
  type CoordinatorToMaintainer,
  type CoordinatorToSource,
  type CoordinatorToWorker,
  configsOf,
  countTables,
  type DispatcherConfig,
  formatEventKey,
  type HostToCoordinator,
  type HostToMaintainer,
  type MaintainerToCoordinator,
  type SourceToWorker,
  STATUS_ALREADY_BIT,
  STATUS_FLAG_ALREADY,
  STATUS_FLAG_REDO,
  STATUS_FLAG_SYNC_POINT,
  STATUS_HANDLE,
  STATUS_TS_HIGH,
  STATUS_TS_LOW,
  type Stage,
  stageName,
  statusFlagsAt,
  statusStage,
  type WorkerToCoordinator,
} from '@tidegate/protocol';
import { rowOf } from '../workload/workload.js';

/** Everything that actors send each other. */
type Message =
  | CoordinatorToMaintainer
  | MaintainerToCoordinator
  | CoordinatorToWorker
  | CoordinatorToSource
  | SourceToWorker
  | WorkerToCoordinator
  | HostToMaintainer
  | HostToCoordinator;

const COMPONENT_STATES = ['WORKING', 'STOPPED', 'REMOVED', 'INITIALIZING', 'PREPARING', 'MERGE_READY', 'WAITING_MERGE'];
/** Dispatchers that a line names before it only counts. */
const MOST_NAMED = 8;

/** Whether a message is sent all the time and says little. */
export function isRoutine(content: unknown): boolean {
  const message = content as Message;
  switch (message.type) {
    case 'worker-heartbeat':
    case 'resolved':
    case 'sink-checkpoint':
    case 'checkpoint':
      return true;
    case 'heartbeat':
      return message.statuses === undefined && message.error === undefined && !message.complete;
    case 'answers':
      return message.answers.length === 0;
    default:
      return false;
  }
}

/** A message, or a status record, in a few words. Dispatchers are `d` and their handle. */
export function describe(content: unknown): string {
  if (content instanceof Uint32Array) return describeRecord(content);
  const message = content as Message;
  switch (message.type) {
    case 'block-statuses':
      return `statuses #${message.seq} e${message.epoch}: ${statusesOf(message)}`;
    case 'answers': {
      const reply = message.inReplyTo === undefined ? '' : ` to #${message.inReplyTo}`;
      return `answers${reply} e${message.epoch}: ${message.answers.map(answerText).join('; ') || 'nothing'}`;
    }
    case 'answer':
      return `answer: ${answerText(message.answer)}`;
    case 'heartbeat':
      return `${message.complete ? 'complete ' : ''}heartbeat e${message.epoch}${watermarkText(message)}${message.statuses ? ` ${statusText(message.statuses)}` : ''}${message.error ? ` ERROR ${message.error.message}` : ''}`;
    case 'component-statuses':
      return `states ${statusText(message.statuses)}`;
    case 'create':
    case 'create-many':
      return `create ${configsOf(message).map(configText).join(', ')}`;
    case 'schedule':
      return `schedule e${message.epoch}: create ${message.create.map(configText).join(', ') || 'nothing'}, remove ${names(message.remove.map(({ handle }) => handle))}`;
    case 'remove':
      return `remove ${names([...message.handle])}`;
    case 'subscribe':
      return `subscribe d${message.handle} to table ${message.tableId} from ${message.startTs} for ${message.worker}`;
    case 'subscribe-many':
      return `subscribe ${names([...message.handle])}`;
    case 'unsubscribe':
      return `unsubscribe d${message.handle}`;
    case 'stream':
      return `stream of d${message.handle} from ${message.resolvedTs}${message.caughtUp ? '' : ', behind'}`;
    case 'streams':
      return `streams of ${names([...message.handle])}`;
    case 'rows':
      return `rows ${rowsText(message)}`;
    case 'block-event': {
      const to = message.target.type === 'all' ? 'all' : names([...message.target.handle]);
      return `event ${eventText(message.event)} for ${to}`;
    }
    case 'resolved':
      return `resolved ${message.ts}${message.only ? ` for d${message.only.handle}` : ''}`;
    case 'lane-end':
      return 'the end of the lane';
    case 'facts':
      return `facts ${factsText(message.facts)}${message.lacksAdmissions === true ? ' without admissions' : ''}`;
    case 'worker-heartbeat':
      return `heartbeat ${message.checkpointTs} after ${message.created} creates`;
    case 'bootstrap':
      return `bootstrap e${message.epoch} from ${message.startTs}`;
    case 'bootstrap-response':
      return `bootstrap response e${message.epoch}: ${message.spans.map(({ config, checkpointTs, blockState }) => `${configText(config)} at ${checkpointTs}${blockState ? ` ${stageName(blockState.stage)} ${formatEventKey(blockState.facts.key)}` : ''}`).join(', ') || 'nothing'}`;
    case 'start':
      return `start e${message.epoch} at ${message.startTs} with ${countTables(message.tables)} tables on ${message.hosts.map(({ host }) => host).join(', ')}`;
    default:
      return plain(message);
  }
}

function describeRecord(words: Uint32Array): string {
  const flags = statusFlagsAt(words, 0);
  const commitTs = (BigInt(words[STATUS_TS_HIGH] ?? 0) << 32n) | BigInt(words[STATUS_TS_LOW] ?? 0);
  const key = formatEventKey({ commitTs, isSyncPoint: (flags & STATUS_FLAG_SYNC_POINT) !== 0 });
  const redo = (flags & STATUS_FLAG_REDO) === 0 ? '' : ' (redo)';
  const already = (flags & STATUS_FLAG_ALREADY) === 0 ? '' : ' (already)';
  return `${stageName(statusStage(words, 0))} d${words[STATUS_HANDLE]}@${key}${already}${redo}`;
}

function statusesOf({ handle, stage, event, events }: BlockStatusRequest): string {
  const texts: string[] = [];
  for (let i = 0; i < handle.length && i < MOST_NAMED; i++) {
    const bits = stage[i] ?? 0;
    const key = events[event[i] ?? 0]?.key;
    const already = (bits & STATUS_ALREADY_BIT) === 0 ? '' : ' (already)';
    texts.push(`${stageName((bits & ~STATUS_ALREADY_BIT) as Stage)} d${handle[i]}@${key && formatEventKey(key)}${already}`);
  }
  return `${texts.join(', ')}${handle.length > MOST_NAMED ? `, ${handle.length - MOST_NAMED} more` : ''}`;
}

function answerText({ target, ack, ignored, action, unknown }: Answer): string {
  const to = target.type === 'normal' ? names([...target.handle]) : target.type === 'db' ? `schema ${target.schemaId}` : 'all';
  if (ack !== undefined) return `ack ${formatEventKey(ack)} to ${to}`;
  if (ignored !== undefined) return `not now ${formatEventKey(ignored)} to ${to}`;
  if (unknown !== undefined) return `unknown ${formatEventKey(unknown)} to ${to}`;
  if (action === undefined) return `nothing to ${to}`;
  return `${action.action === Action.WRITE ? 'WRITE' : 'PASS'} ${formatEventKey(action.key)} to ${to}`;
}

function statusText({ handle, state, checkpointTs }: ComponentStatuses): string {
  const texts = [...handle.subarray(0, MOST_NAMED)].map(
    (each, i) => `d${each} ${COMPONENT_STATES[state[i] ?? 0]} at ${checkpointTs[i]}`,
  );
  return `${texts.join(', ')}${handle.length > MOST_NAMED ? `, ${handle.length - MOST_NAMED} more` : ''}`;
}

function configText({ handle, generation, tableId, startTs, skipDmlAsStartTs, range, mode }: DispatcherConfig): string {
  const part = range === undefined ? '' : `[${hex(range.start)}, ${hex(range.end)})`;
  const redo = mode === 0 ? '' : ' (redo)';
  return `d${handle}.${generation} of table ${tableId}${part} from ${startTs}${skipDmlAsStartTs ? ' without rows' : ''}${redo}`;
}

function rowsText({ handle, commitTs, offset, bytes }: Extract<Message, { type: 'rows' }>): string {
  const texts = [...handle].map((each, i) => `d${each}@${commitTs[i]} no. ${rowOf(bytes.subarray(offset[i], offset[i + 1]))}`);
  return texts.join(', ');
}

function eventText(event: BlockEvent): string {
  return event.type === 'ddl' ? `"${event.query}" at ${event.commitTs}` : `sync point at ${event.commitTs}`;
}

function factsText({ key, blockTables, adds, drops }: BlockFacts): string {
  const blocks =
    blockTables === undefined ? 'nobody' : blockTables.type === 'normal' ? blockTables.tableIds.join(' ') : blockTables.type;
  const added = adds.length === 0 ? '' : `, adds ${adds.map(({ tableId }) => tableId).join(' ')}`;
  const dropped = drops === undefined ? '' : `, drops ${drops.type === 'normal' ? drops.tableIds.join(' ') : drops.type}`;
  return `${formatEventKey(key)} blocks ${blocks}${added}${dropped}`;
}

function watermarkText({ watermark }: Extract<Message, { type: 'heartbeat' }>): string {
  return watermark === undefined ? '' : ` checkpoint ${watermark.checkpointTs} seq ${watermark.seq}`;
}

function names(handles: readonly number[]): string {
  if (handles.length === 0) return 'nobody';
  const more = handles.length > MOST_NAMED ? ` and ${handles.length - MOST_NAMED} more` : '';
  return `${handles
    .slice(0, MOST_NAMED)
    .map((handle) => `d${handle}`)
    .join(' ')}${more}`;
}

function hex(bytes: Uint8Array): string {
  return bytes.length === 0 ? '' : Buffer.from(bytes).toString('hex');
}

function plain({ type, ...fields }: Message): string {
  const text = JSON.stringify(fields, (_, value: unknown) => {
    if (typeof value === 'bigint') return String(value);
    return ArrayBuffer.isView(value) ? [...(value as Uint32Array)] : value;
  });
  return `${type} ${text.length > 300 ? `${text.slice(0, 300)}…` : text}`;
}
