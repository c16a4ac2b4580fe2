import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRedoMeta } from '@tidegate/redo';
import { CliError } from './errors.js';
import { timestamp } from './format.js';
import type { StartPlan } from './resume.js';

/** Hidden, so that it counts as no data. */
const FILE = '.tidegate.redo';

/**
 * What a redo log and the directory that it is kept beside have in common. Were the directory continued without its log, and
 * with it once more, the log would lack what lies between and would not know: so a run without a log takes the bond away from
 * the directory, and a log whose bond the directory has not is not continued there.
 */
interface Bond {
  readonly token: string;
  /** The directory had everything at or below it when the log was begun; the log has not. */
  readonly from: bigint;
}

/** Refuses a redo log with `CLI_RESUME` that lacks what `to` was given without it. Touches nothing. */
export async function checkBond(to: string, redo: string | undefined, { resumed }: StartPlan): Promise<void> {
  if (redo === undefined || !resumed) return;
  const ofLog = bondOf(redo);
  // A log without metadata has promised nothing yet, and is begun anew.
  if (ofLog === undefined || ofLog.token === bondOf(to)?.token || (await readRedoMeta(redo)) === undefined) return;
  throw new CliError(
    'CLI_RESUME',
    `${redo} is no redo log of all that ${to} holds: ${to} was continued without it, or with another one; ` +
      'give --redo an empty directory, where a log begins at the checkpoint',
  );
}

/** Binds the redo log of a run to its directory; without one, what the directory was bound to is left behind. */
export async function bind(to: string, redo: string | undefined, { resumed, startTs }: StartPlan): Promise<void> {
  if (redo === undefined) {
    rmSync(join(to, FILE), { force: true });
    return;
  }
  const ofLog = bondOf(redo);
  if (ofLog !== undefined && ofLog.token === bondOf(to)?.token) return;
  const isNew = (await readRedoMeta(redo)) === undefined;
  mkdirSync(redo, { recursive: true });
  const text = `${JSON.stringify({ token: randomUUID(), from: String(resumed && isNew ? startTs : 0n) })}\n`;
  writeFileSync(join(redo, FILE), text);
  writeFileSync(join(to, FILE), text);
}

/** Refuses with `CLI_INCOMPLETE` to apply a log from below where it begins. */
export function checkBegin(redo: string, startTs: bigint): void {
  const from = bondOf(redo)?.from ?? 0n;
  if (startTs >= from) return;
  throw new CliError(
    'CLI_INCOMPLETE',
    `${redo} begins behind ${timestamp(from)}: what lies before was replicated without it; apply it to a copy of the directory that it was ` +
      `kept beside, or say --from ${from} where that is there already`,
  );
}

function bondOf(dir: string): Bond | undefined {
  try {
    const { token, from } = JSON.parse(readFileSync(join(dir, FILE), 'utf8')) as { token?: unknown; from?: unknown };
    return typeof token === 'string' && typeof from === 'string' ? { token, from: BigInt(from) } : undefined;
  } catch {
    // None, or cut off while it was written.
    return undefined;
  }
}
