import { describeTask, placeOf, placeText } from '../span/describeTask.js';
import type { BarrierCore } from './barrierCore.js';
import type { BarrierEvent } from './barrierEvent.js';
import type { OpenBarrier } from './contracts.js';

/** Missing dispatchers that an explanation names. */
const NAMED = 16;

/** T-F: who is missing, since when, and what that means, for a person. */
export function explain(core: BarrierCore, event: BarrierEvent): OpenBarrier {
  const phase = event.advanced ? 'passing' : event.selected ? 'writing' : 'waiting';
  const missing: OpenBarrier['missing'][number][] = [];
  const known = event.coverage.missingCount;
  let visited = 0;
  event.coverage.forEachMissing((handle) => {
    if (missing.length < NAMED) {
      const task = describeTask(core.table, handle, (index) => core.hostName(index));
      missing.push({ ...task, state: `${task.state}${core.parts.note?.(handle) ?? ''}` });
    }
    visited++;
    return known === undefined || missing.length < NAMED;
  });
  const missingCount = known ?? visited;
  const age = core.time - event.openedAt;
  const text = sentence(core, event, age, missing, missingCount);
  const routes = core.routes.explain(event);
  return {
    key: event.key,
    influence: event.influence.type,
    phase,
    age,
    overdue: event.deadlineReported,
    reported: event.coverage.reportedCount,
    writer: event.writer?.handle,
    missing,
    missingCount,
    text: routes === undefined ? text : `${text} ${routes}`,
  };
}

function sentence(
  core: BarrierCore,
  event: BarrierEvent,
  age: number,
  missing: OpenBarrier['missing'],
  missingCount: number,
): string {
  const head = `Block event ${event.name} (${event.influence.type}) is open for ${age} ms: ${event.coverage.describe()}.`;
  if (event.selected && !event.advanced) {
    const writer = event.writer;
    const what =
      writer === undefined
        ? 'no dispatcher'
        : `dispatcher ${writer.handle} on ${placeText(placeOf(core.table, writer.handle, (index) => core.hostName(index)))}`;
    const problem = event.writerUnknown ? '; it answers that it has no record of the event' : '';
    return `${head} ${what} was told to write, ${event.attempts + 1} times${problem}.`;
  }
  const first = missing[0];
  if (first === undefined) return head;
  const others = missingCount > 1 ? ` and ${missingCount - 1} more` : '';
  const verb = event.advanced ? 'to pass' : 'to arrive';
  return `${head} It waits for dispatcher ${first.handle} of table ${first.tableId} on ${placeText(first)} (${first.state})${others} ${verb}.`;
}
