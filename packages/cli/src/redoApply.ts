import { resolve } from 'node:path';
import { type ApplyReport, applyRedoLog, readRedoMeta } from '@tidegate/redo';
import { createSink } from '@tidegate/storage';
import { DirectoryLock } from './directoryLock.js';
import { checkDirectory, checkPresent } from './directoryPath.js';
import { CliError } from './errors.js';
import { ExitCode } from './exitCode.js';
import { plural, timestamp } from './format.js';
import type { Io } from './io.js';
import { jsonLine } from './json.js';
import { checkBegin } from './redoBond.js';
import type { RedoOptions } from './redoOptions.js';
import { deliverBehind, planStart } from './resume.js';

/** Runs `tidegate redo apply`. Throws whatever goes wrong; what was applied before stays good, and the same command goes on there. */
export async function redoApply(options: RedoOptions, io: Pick<Io, 'stdout'>): Promise<ExitCode> {
  const { dir, to } = options;
  checkPresent(dir, 'the redo log');
  checkDirectory(to, '--to');
  await checkEnd(dir, options.upTo);
  const plan = await planStart(to, options.from, '--from');
  const { startTs, resumed } = plan;
  checkBegin(dir, startTs);
  // Found out before the lock, which needs the directory.
  const trial = await createSink({ dir: resolve(to) }, { worker: 'trial', signal: new AbortController().signal });
  await trial.close();
  const lock = DirectoryLock.take(to);
  try {
    const report = await apply(options, deliverBehind(plan));
    if (options.json) io.stdout.write(jsonLine({ event: 'summary', log: dir, to, startTs, resumed, ...report }));
    else if (!options.quiet) io.stdout.write(reportText(options, report));
  } finally {
    lock.release();
  }
  return ExitCode.OK;
}

async function apply({ dir, to, upTo }: RedoOptions, from: bigint): Promise<ApplyReport> {
  const abort = new AbortController();
  const sink = await createSink({ dir: resolve(to) }, { worker: 'worker-0', signal: abort.signal });
  try {
    return await applyRedoLog({ dir: resolve(dir), from, ...(upTo !== undefined && { upTo }), sink });
  } catch (error) {
    abort.abort();
    throw error;
  } finally {
    await sink.close();
  }
}

/** Beyond its resolved ts a log may have of one table what it lacks of another; a checkpoint there would not be true. */
async function checkEnd(dir: string, upTo: bigint | undefined): Promise<void> {
  const meta = await readRedoMeta(dir);
  if (meta === undefined && upTo === undefined) {
    throw new CliError(
      'CLI_INCOMPLETE',
      `${dir} has no meta file: it is no redo log, or one of which it is unknown up to where it is complete; ` +
        'check the path, or give --up-to, at most the checkpoint of what wrote it',
    );
  }
  if (upTo === undefined || meta === undefined || upTo <= meta.resolvedTs) return;
  throw new CliError(
    'CLI_INCOMPLETE',
    `${dir} is complete up to ${timestamp(meta.resolvedTs)} only, not up to ${timestamp(upTo)}; leave --up-to out to apply what is complete`,
  );
}

function reportText({ dir, to }: RedoOptions, { rows, changes, ddls, syncPoints, checkpointTs }: ApplyReport): string {
  const points = syncPoints === 0 ? '' : ` and ${plural(syncPoints, 'sync point')}`;
  return (
    `${to} holds the redo log ${dir} up to ${timestamp(checkpointTs)}\n` +
    `  applied     ${plural(rows, 'row')} in ${plural(changes, 'change')}, ${plural(ddls, 'DDL')}${points}\n`
  );
}
