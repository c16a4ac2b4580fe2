import {
  type BootstrapResponse,
  type BootstrapSpan,
  ComponentState,
  FIRST_HANDLE,
  type HostId,
  MAX_HANDLE,
  type MergeJournalEntry,
} from '@tidegate/protocol';

/** A live dispatcher, as its host reported it. */
export interface Reported {
  readonly span: BootstrapSpan;
  readonly host: number;
}

/** What all hosts reported, of both modes. */
export interface ReportedWorld {
  /** In the order of the responses, one a handle. */
  readonly spans: readonly Reported[];
  /** Dispatchers whose handle another, later one has: nobody's task. */
  readonly outdated: readonly Reported[];
  readonly merges: readonly { readonly entry: MergeJournalEntry; readonly host: number }[];
}

/**
 * Reads the responses. Table triggers are left out: they are new for each maintainer (S-3). Of two dispatchers with one
 * handle the one of the later generation is the task's, for handles are given out again only so.
 */
export function readResponses(responses: readonly BootstrapResponse[], indexOf: (host: HostId) => number): ReportedWorld {
  const byHandle = new Map<number, Reported>();
  const outdated: Reported[] = [];
  for (const { from, spans } of responses) {
    const host = indexOf(from);
    for (const span of spans) {
      const { handle, generation } = span.config;
      if (handle < FIRST_HANDLE || handle > MAX_HANDLE || !isLive(span)) continue;
      const reported = { span, host };
      const other = byHandle.get(handle);
      if (other !== undefined && other.span.config.generation >= generation) outdated.push(reported);
      else {
        if (other !== undefined) outdated.push(other);
        byHandle.set(handle, reported);
      }
    }
  }
  const merges = responses.flatMap(({ from, merges: entries = [] }) => entries.map((entry) => ({ entry, host: indexOf(from) })));
  return { spans: [...byHandle.values()], outdated, merges };
}

function isLive({ state }: BootstrapSpan): boolean {
  return state !== ComponentState.STOPPED && state !== ComponentState.REMOVED;
}
