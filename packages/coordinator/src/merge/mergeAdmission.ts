import { ComponentState, type DispatcherConfig, isTrigger, MAX_HANDLE, type MergeRequest } from '@tidegate/protocol';
import type { Placement } from '../dispatchers/placement.js';
import { isRange, joinRanges } from './keyRanges.js';

/** Configs of the sources, or why the merge is not admitted. */
export type Admission = { readonly sources: readonly DispatcherConfig[] } | { readonly refused: string };

/**
 * T-7: whether a merge may begin. The sources' configs are copies (F-10): what the placement does not keep of them is
 * that of the target, which is of the same table.
 */
export function admitMerge(
  { target, sources }: MergeRequest,
  placement: Placement,
  isMerging: (handle: number) => boolean,
): Admission {
  if (/^0*$/.test(target.id)) return { refused: 'the target has no id' };
  if (!(Number.isInteger(target.handle) && target.handle <= MAX_HANDLE) || isTrigger(target.handle)) {
    return { refused: `the target's handle ${target.handle} is none of an ordinary dispatcher` };
  }
  if (sources.length < 2) return { refused: `${sources.length} sources; a merge has at least two` };
  const configs: DispatcherConfig[] = [];
  for (const { id, handle, generation } of sources) {
    if (!placement.has(handle, generation)) return { refused: `source ${handle} is not on this host` };
    if (isMerging(handle)) return { refused: `source ${handle} takes part in another merge` };
    if (configs.some((config) => config.handle === handle)) return { refused: `source ${handle} is named twice` };
    if (placement.isRemoving(handle)) return { refused: `source ${handle} is being removed` };
    if (placement.state(handle) !== ComponentState.WORKING) return { refused: `source ${handle} does not work` };
    if (placement.tableId(handle) !== target.tableId || placement.mode(handle) !== target.mode) {
      return { refused: `source ${handle} is of another table or mode than the target` };
    }
    const range = placement.range(handle);
    configs.push({
      id,
      handle,
      generation,
      mode: target.mode,
      tableId: target.tableId,
      schemaId: target.schemaId,
      startTs: placement.startTs(handle),
      skipDmlAsStartTs: false,
      ...(range && { range: { start: range.start.slice(), end: range.end.slice() } }),
    });
  }
  const joined = joinRanges(configs.map(({ range }) => range));
  if (joined === undefined) return { refused: 'the ranges of the sources are not consecutive' };
  if (!isRange(target.range, joined)) return { refused: 'the range of the target is not that of its sources together' };
  return { sources: configs };
}
