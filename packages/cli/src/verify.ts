import { decodeMessage } from '@tidegate/canal-json';
import { compareTables, type FinalTable, Fold, readFinalTables } from '@tidegate/canal-json/fold';
import { type Change, readChanges, readMetadata } from '@tidegate/storage';
import { checkPresent } from './directoryPath.js';
import { CliError } from './errors.js';
import { ExitCode } from './exitCode.js';
import type { Io } from './io.js';
import { jsonLine } from './json.js';
import { type Verdict, verdictText } from './verdict.js';
import type { VerifyOptions } from './verifyOptions.js';

/** Runs `tidegate verify`. Throws what cannot be read; what differs is reported. */
export async function verify(options: VerifyOptions, io: Pick<Io, 'stdout'>): Promise<ExitCode> {
  const verdict = await judge(options.dir, options.against, options.limit);
  if (options.json) {
    const { comparison, ...rest } = verdict;
    const { differences, count, ...compared } = comparison;
    for (const difference of differences) io.stdout.write(jsonLine({ event: 'difference', difference }));
    io.stdout.write(jsonLine({ event: 'verdict', ...compared, differences: count, ...rest }));
  } else if (!options.quiet) {
    io.stdout.write(verdictText(verdict));
  }
  return verdict.comparison.count === 0 ? ExitCode.OK : ExitCode.FAILED;
}

/** Carries out what `dir` holds up to its checkpoint and compares the outcome with the tables in the file `against`. */
async function judge(dir: string, against: string, limit: number): Promise<Verdict> {
  checkPresent(dir, 'what is verified');
  const metadata = await readMetadata(dir);
  if (metadata === undefined) {
    throw new CliError(
      'CLI_NOTHING',
      `${dir} has no checkpoint: nothing was replicated to it, or the run ended before its first one`,
    );
  }
  // Read first: it is the shorter of the two, and a wrong path is told at once.
  const final: FinalTable[] = [];
  for await (const table of readFinalTables(against)) final.push(table);

  const fold = new Fold();
  let changes = 0;
  let ddls = 0;
  // Above the checkpoint one table may have what another lacks.
  for await (const change of readChanges(dir, { upTo: metadata.checkpointTs })) {
    if (change.type === 'sync-point') continue;
    if (change.type === 'row') changes++;
    else ddls++;
    addTo(fold, change, dir);
  }
  return {
    dir,
    against,
    checkpointTs: metadata.checkpointTs,
    changes,
    ddls,
    overwritten: fold.overwritten,
    missing: fold.missing,
    comparison: compareTables(fold.tables(), final, { limit }),
  };
}

function addTo(fold: Fold, change: Exclude<Change, { readonly type: 'sync-point' }>, dir: string): void {
  const { schema, table, commitTs } = change;
  if (change.type === 'ddl') fold.add({ type: 'ddl', canalType: '', database: schema, table, commitTs, sql: change.query });
  else fold.add(decodeMessage(change.bytes, { file: `${dir}, ${schema}.${table} at ${commitTs}`, line: 1, offset: 0 }));
}
