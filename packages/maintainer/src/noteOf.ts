import { NO_HOST } from './hosts.js';
import { OperatorKind, operatorKindName } from './operator/operatorKind.js';
import type { Pipeline } from './pipeline.js';

/** T-F: what is being done to a task, and for how long its host was not heard of. */
export function noteOf({ operators, table, heardAt }: Pipeline, handle: number, now: number): string {
  const kind = operators.kindOf(handle);
  const doing = kind === OperatorKind.NONE ? '' : `, operator ${operatorKindName(kind)}`;
  const host = table.host[handle] ?? NO_HOST;
  if (host === NO_HOST) return doing;
  const heard = heardAt.get(host);
  return `${doing}; its host was ${heard === undefined ? 'never heard of' : `last heard of ${now - heard} ms ago`}`;
}
