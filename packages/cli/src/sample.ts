import type { HostSnapshot } from '@tidegate/host';

/** A barrier that is open, as the maintainer explains it. */
interface OpenBarrier {
  readonly commitTs: bigint;
  readonly isSyncPoint: boolean;
  readonly missingCount: number;
  /** Tables of some of the dispatchers that it waits for. */
  readonly missingTables: readonly number[];
}

/** What the command shows of a {@link HostSnapshot}. */
export interface Sample {
  /** Row changes that the source has handed out, the messages that held them, and the events between them. */
  readonly rows: number;
  readonly changes: number;
  readonly ddls: number;
  readonly syncPoints: number;
  /** Block statuses that were suppressed, by the stage that did it. */
  readonly suppressed: Readonly<Record<string, number>>;
  readonly barriers: readonly OpenBarrier[];
}

/** Counts of nothing. */
export const NO_SAMPLE: Sample = { rows: 0, changes: 0, ddls: 0, syncPoints: 0, suppressed: {}, barriers: [] };

/** Counts only grow: where a look found less than an earlier one, a thread did not answer, and the earlier one holds. */
export function laterSample(earlier: Sample, later: Sample): Sample {
  const suppressed: Record<string, number> = { ...earlier.suppressed };
  for (const [stage, count] of Object.entries(later.suppressed)) suppressed[stage] = Math.max(count, suppressed[stage] ?? 0);
  return {
    rows: Math.max(earlier.rows, later.rows),
    changes: Math.max(earlier.changes, later.changes),
    ddls: Math.max(earlier.ddls, later.ddls),
    syncPoints: Math.max(earlier.syncPoints, later.syncPoints),
    suppressed,
    barriers: later.barriers,
  };
}

type Plain = Readonly<Record<string, unknown>>;

/** How deep counts are looked for in what an actor says of itself. */
const DEPTH = 4;

/** Reads a snapshot. What a thread that does not answer would have said counts as nothing. */
export function sampleOf(snapshot: HostSnapshot): Sample {
  const suppressed: Record<string, number> = {};
  collectSuppressed(snapshot.coordinator, 'coordinator', suppressed, DEPTH);
  collectSuppressed(snapshot.maintainer, 'maintainer', suppressed, DEPTH);
  return {
    rows: snapshot.source?.rows ?? 0,
    changes: snapshot.source?.changes ?? 0,
    ddls: snapshot.source?.ddls ?? 0,
    syncPoints: snapshot.source?.syncPoints ?? 0,
    suppressed,
    barriers: openBarriers(snapshot.maintainer, DEPTH),
  };
}

/** A stage counts under `suppressed`: one number, named by the stage, or several by name. */
function collectSuppressed(value: unknown, stage: string, into: Record<string, number>, depth: number): void {
  if (!isPlain(value) || depth === 0) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key !== 'suppressed') {
      collectSuppressed(inner, key, into, depth - 1);
    } else if (typeof inner === 'number') {
      into[stage] = (into[stage] ?? 0) + inner;
    } else if (isPlain(inner)) {
      for (const [name, count] of Object.entries(inner)) {
        if (typeof count === 'number') into[name] = (into[name] ?? 0) + count;
      }
    }
  }
}

function openBarriers(value: unknown, depth: number): OpenBarrier[] {
  if (!isPlain(value) || depth === 0) return [];
  const open = value.open;
  const own = Array.isArray(open) ? open.flatMap(openBarrier) : [];
  return [...own, ...Object.values(value).flatMap((inner) => openBarriers(inner, depth - 1))];
}

function openBarrier(value: unknown): OpenBarrier[] {
  if (!isPlain(value) || !isPlain(value.key)) return [];
  const { commitTs, isSyncPoint } = value.key;
  if (typeof commitTs !== 'bigint') return [];
  const missing: unknown[] = Array.isArray(value.missing) ? value.missing : [];
  const missingTables = missing.flatMap((one) => (isPlain(one) && typeof one.tableId === 'number' ? [one.tableId] : []));
  const missingCount = typeof value.missingCount === 'number' ? value.missingCount : missing.length;
  return [{ commitTs, isSyncPoint: isSyncPoint === true, missingCount, missingTables }];
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}
